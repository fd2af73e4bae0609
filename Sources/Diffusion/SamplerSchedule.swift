import Ground

/// The coefficients of every step of one sampler on one grid: made once, read by the frame path.
///
/// Plain memory rather than arrays, so that reading it counts no references.
struct SamplerSchedule: ~Copyable {
  /// σ(t_1): the deviation of the start around y.
  let priorDeviation: Float
  /// (steps): from t_n to t_{n+1}; the last entry is unused.
  let interior: FixedArray<StepUpdate>
  /// (steps): from t_n to 0, for the case that n is the last; empty where the result is x̂0.
  let final: FixedArray<StepUpdate>
  /// (steps): the corrector at t_n; empty without one.
  let corrector: FixedArray<StepUpdate>

  init(kind: SamplerKind, finalStep: FinalStep, sde: OrnsteinUhlenbeckSDE, times: [Float]) {
    let t = times.map(Double.init)
    let lengths = t.indices.map { t[$0] - ($0 + 1 < t.count ? t[$0 + 1] : 0) }
    var toZero: [StepUpdate] = []
    switch kind {
    case .fewStep(let eta):
      precondition(eta >= 0 && eta <= 1, "eta must be from 0 to 1")
      interior = FixedArray(
        t.indices.map { n in
          StepUpdate(fewStep: sde, from: t[n], to: t[min(n + 1, t.count - 1)], eta: Double(eta))
        })
    case .reverseDiffusion, .predictorCorrector:
      interior = FixedArray(t.indices.map { StepUpdate(reverseDiffusion: sde, at: t[$0], by: lengths[$0]) })
      toZero = t.map { StepUpdate(reverseDiffusion: sde, at: $0, by: $0).withoutNoise }
    case .probabilityFlow:
      interior = FixedArray(t.indices.map { StepUpdate(probabilityFlow: sde, at: t[$0], by: lengths[$0]) })
      toZero = t.map { StepUpdate(probabilityFlow: sde, at: $0, by: $0) }
    }
    if case .predictorCorrector(let snr) = kind {
      precondition(snr > 0 && snr <= 1, "the corrector's snr must be above 0 and at most 1")
      corrector = FixedArray(t.map { StepUpdate(langevin: sde, at: $0, snr: Double(snr)) })
    } else {
      corrector = FixedArray([])
    }
    final = FixedArray(finalStep == .euler ? toZero : [])
    priorDeviation = Float(sde.marginalDeviation(at: t[0]))
  }
}

extension StepUpdate {
  var withoutNoise: StepUpdate {
    var update = self
    update.noise = 0
    return update
  }
}
