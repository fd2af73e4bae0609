/// A way to solve the reverse process on the time grid, named as in the literature.
///
/// With x̂0 = D(x, y, t), a = e^{−θt}, μ = a x̂0 + (1 − a) y, score s = (μ − x)/σ², dt = t_n − t_{n+1}. All start at
/// x = y + σ(t_1) z; none adds noise at the end.
package enum SamplerKind: Sendable, Equatable {
  /// x ← μ(x̂0, y, t_{n+1}) + σ(t_{n+1}) (√(1−η²) (x − μ)/σ(t_n) + η z); the output is the last x̂0.
  ///
  /// η from 0, deterministic (DDIM, Song et al. 2021, carried over to OUVE), to 1, where every step draws from the
  /// forward marginal around x̂0. The live path. For η = 0 many steps sample the posterior; redrawing noise around
  /// x̂0 narrows what is sampled, for η = 1 to its deviation over √2 (tested with a Gaussian prior).
  case fewStep(eta: Float)

  /// x ← x − (θ(y − x) − g² s) dt + g √dt z: Euler–Maruyama, sgmse's `ReverseDiffusionPredictor` @ae690e8.
  case reverseDiffusion

  /// Before each step of `reverseDiffusion` one of annealed Langevin dynamics: x ← x + ε s + √(2ε) z,
  /// ε = 2 (snr σ)²: sgmse's `AnnealedLangevinDynamics` @ae690e8, where snr is 0.5. Two evaluations a step.
  case predictorCorrector(snr: Float)

  /// x ← x − (θ(y − x) − ½ g² s) dt: Euler steps of the probability-flow ODE (Song et al. 2021).
  case probabilityFlow

  /// How many network evaluations `steps` steps take (each one batch of one or two).
  package func evaluations(steps: Int) -> Int {
    if case .predictorCorrector = self { 2 * steps } else { steps }
  }

  /// How many draws of z a frame of `steps` steps uses: the rows of explicit noise, in their order of use.
  ///
  /// Draw 0 is the prior's. Then one per step but the last, where the kind is stochastic; with the corrector,
  /// its draw comes before that of its step: prior, corrector 1, step 1, corrector 2, …, corrector N.
  package func noiseCount(steps: Int) -> Int {
    switch self {
    case .fewStep(let eta): eta == 0 ? 1 : steps
    case .reverseDiffusion: steps
    case .predictorCorrector: 2 * steps
    case .probabilityFlow: 1
    }
  }
}

/// How the score-based kinds go from their last time t_N to 0. The few-step sampler always ends at x̂0.
package enum FinalStep: Sendable, Equatable {
  /// The mean of p(x_0 | x_{t_N}), which is x̂0 itself (Tweedie): one exact step of size t_N. The default.
  ///
  /// Euler's error in that step is governed by g² t_N / σ(t_N)², which has to be near 1. On the standard grid it is
  /// 1.1 at N = 8, but 2.0, 4.5 and 7.6 at N = 4, 2 and 1: Euler would multiply the noise that is to be removed.
  case posteriorMean

  /// One Euler step of size t_N, returning its mean, as sgmse's `pc_sampler` @ae690e8 with `denoise=True`.
  /// For comparison with sgmse on fine grids.
  case euler
}
