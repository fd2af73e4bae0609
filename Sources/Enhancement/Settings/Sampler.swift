import Diffusion

extension EnhancementSettings {
  /// A way to solve the reverse process on the model's time grid, named as in the literature; the formulas stand at `SamplerKind`,
  /// which carries them out.
  public enum Sampler: Sendable, Equatable {
    /// Goes from each time straight to the next around the estimated clean spectrum (DDIM, carried over to OUVE). η from 0,
    /// deterministic, to 1, where every step draws anew. The live path.
    case fewStep(eta: Float)
    /// Euler–Maruyama, as sgmse's `ReverseDiffusionPredictor`.
    case reverseDiffusion
    /// Before each step of `reverseDiffusion` one of annealed Langevin dynamics at that signal-to-noise ratio (0.5 in sgmse): two
    /// evaluations a step.
    case predictorCorrector(snr: Float)
    /// Euler steps of the probability-flow ODE (Song et al. 2021).
    case probabilityFlow
  }
}

extension EnhancementSettings.Sampler {
  /// As settings name them.
  static let names = ["few-step", "reverse-diffusion", "predictor-corrector", "probability-flow"]

  var name: String {
    switch self {
    case .fewStep: "few-step"
    case .reverseDiffusion: "reverse-diffusion"
    case .predictorCorrector: "predictor-corrector"
    case .probabilityFlow: "probability-flow"
    }
  }

  /// The sampler of a name, with sgmse's ratio and no randomness where it has such a number.
  init?(name: String) {
    switch name {
    case "few-step": self = .fewStep(eta: 0)
    case "reverse-diffusion": self = .reverseDiffusion
    case "predictor-corrector": self = .predictorCorrector(snr: 0.5)
    case "probability-flow": self = .probabilityFlow
    default: return nil
    }
  }

  /// The same to the module that runs it.
  package var kind: SamplerKind {
    switch self {
    case .fewStep(let eta): .fewStep(eta: eta)
    case .reverseDiffusion: .reverseDiffusion
    case .predictorCorrector(let snr): .predictorCorrector(snr: snr)
    case .probabilityFlow: .probabilityFlow
    }
  }
}
