import Ground

/// One update of the reverse process: every sampler here is affine in state, noisy spectrum, estimate and noise.
///
/// x ← state·x + noisy·y + clean·x̂0 + noise·z. Coefficients are computed in `Double` once, applied in `Float`.
struct StepUpdate: Sendable, Equatable {
  var state: Float
  var noisy: Float
  var clean: Float
  var noise: Float

  /// From the textbook's form x ← keep·x + pull·(μ − x) + drift·(y − x) + noise·z, where μ = a x̂0 + (1 − a) y.
  init(meanWeight a: Double, pull: Double, drift: Double, noise: Double) {
    state = Float(1 - pull - drift)
    noisy = Float(pull * (1 - a) + drift)
    clean = Float(pull * a)
    self.noise = Float(noise)
  }

  /// `SamplerKind.fewStep` from time t to time u.
  init(fewStep sde: OrnsteinUhlenbeckSDE, from t: Double, to u: Double, eta: Double) {
    let (a, b) = (sde.meanWeight(at: t), sde.meanWeight(at: u))
    let (sigma, next) = (sde.marginalDeviation(at: t), sde.marginalDeviation(at: u))
    let kept = next * squareRoot(1 - eta * eta) / sigma
    state = Float(kept)
    noisy = Float((1 - b) - kept * (1 - a))
    clean = Float(b - kept * a)
    noise = Float(next * eta)
  }

  /// Euler–Maruyama on the reverse SDE at time t, backwards by dt.
  init(reverseDiffusion sde: OrnsteinUhlenbeckSDE, at t: Double, by dt: Double) {
    let (g, sigma) = (sde.diffusion(at: t), sde.marginalDeviation(at: t))
    self.init(
      meanWeight: sde.meanWeight(at: t), pull: g * g * dt / (sigma * sigma), drift: -sde.theta * dt,
      noise: g * squareRoot(dt))
  }

  /// Euler on the probability-flow ODE at time t, backwards by dt.
  init(probabilityFlow sde: OrnsteinUhlenbeckSDE, at t: Double, by dt: Double) {
    let (g, sigma) = (sde.diffusion(at: t), sde.marginalDeviation(at: t))
    self.init(
      meanWeight: sde.meanWeight(at: t), pull: 0.5 * g * g * dt / (sigma * sigma), drift: -sde.theta * dt,
      noise: 0)
  }

  /// One step of annealed Langevin dynamics at time t: ε = 2 (snr σ)², so ε/σ² = 2 snr² and √(2ε) = 2 snr σ.
  init(langevin sde: OrnsteinUhlenbeckSDE, at t: Double, snr: Double) {
    self.init(
      meanWeight: sde.meanWeight(at: t), pull: 2 * snr * snr, drift: 0,
      noise: 2 * snr * sde.marginalDeviation(at: t))
  }

  var isStochastic: Bool { noise != 0 }

  /// x ← the update, elementwise over `count` `Float`s. `z` is read only if the update is stochastic.
  @_noLocks
  func apply(
    state x: UnsafeMutablePointer<Float>, noisy y: UnsafePointer<Float>, clean: UnsafePointer<Float>,
    noise z: UnsafePointer<Float>, count: Int
  ) {
    combine(state, x, noisy, y, self.clean, clean, noise, noise != 0 ? z : nil, count: count)
  }
}
