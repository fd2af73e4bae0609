/// The coefficients of every step of one sampler on one grid: what the frame path reads, made once.
struct SamplerSchedule: Sendable {
  /// σ(t_1): the deviation of the start around y.
  let priorDeviation: Float
  /// From t_n to t_{n+1}; the last entry is unused.
  let interior: [StepUpdate]
  /// From t_n to 0, if n is the last; nil where the result is x̂0 itself.
  let final: [StepUpdate]?
  /// The corrector at t_n; nil without one.
  let corrector: [StepUpdate]?

  init(kind: SamplerKind, finalStep: FinalStep, sde: OrnsteinUhlenbeckSDE, times: [Float]) {
    let t = times.map(Double.init)
    let lengths = t.indices.map { t[$0] - ($0 + 1 < t.count ? t[$0 + 1] : 0) }
    priorDeviation = Float(sde.marginalDeviation(at: t[0]))
    var corrector: [StepUpdate]?
    var toZero: [StepUpdate]?
    switch kind {
    case .fewStep(let eta):
      precondition(eta >= 0 && eta <= 1, "eta must be from 0 to 1")
      interior = t.indices.map { n in
        StepUpdate(fewStep: sde, from: t[n], to: n + 1 < t.count ? t[n + 1] : t[n], eta: Double(eta))
      }
    case .reverseDiffusion, .predictorCorrector:
      interior = t.indices.map { StepUpdate(reverseDiffusion: sde, at: t[$0], by: lengths[$0]) }
      toZero = t.map { StepUpdate(reverseDiffusion: sde, at: $0, by: $0).withoutNoise }
    case .probabilityFlow:
      interior = t.indices.map { StepUpdate(probabilityFlow: sde, at: t[$0], by: lengths[$0]) }
      toZero = t.map { StepUpdate(probabilityFlow: sde, at: $0, by: $0) }
    }
    if case .predictorCorrector(let snr) = kind {
      precondition(snr > 0 && snr <= 1, "the corrector's snr must be above 0 and at most 1")
      corrector = t.map { StepUpdate(langevin: sde, at: $0, snr: Double(snr)) }
    }
    self.corrector = corrector
    final = finalStep == .euler ? toZero : nil
  }
}

extension StepUpdate {
  var withoutNoise: StepUpdate {
    var update = self
    update.noise = 0
    return update
  }
}
