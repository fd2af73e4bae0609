import Testing

@testable import Diffusion

/// With a Gaussian prior every sampler is a chain of linear Gaussian updates: the mean and the variance of its output
/// follow exactly from the steps' textbook form, and must approach those of the prior as the grid becomes fine.
@Suite struct SamplerStatisticsTests {
  let sde = OrnsteinUhlenbeckSDE()
  let prior = GaussianPosterior.Prior(weight: 0.5, deviation: 0.05)
  static let kinds: [SamplerKind] = [
    .fewStep(eta: 0), .fewStep(eta: 0.5), .fewStep(eta: 1), .reverseDiffusion, .predictorCorrector(snr: 0.5),
    .probabilityFlow,
  ]

  /// Mean (for y = 1) and deviation of the output of a chain that starts at y + σ z.
  func moments(_ kind: SamplerKind, _ times: [Float]) -> (mean: Double, deviation: Double) {
    let t = times.map(Double.init)
    var (mean, variance) = (1.0, square(sde.marginalDeviation(at: t[0])))
    // x̂0 = offset + gain x.
    func estimate(_ n: Int) -> (offset: Double, gain: Double) {
      let (a, gain) = GaussianPosterior.gain(prior, sde, times[n])
      let m = Double(prior.weight)
      return (m - gain * (a * m + 1 - a), gain)
    }
    /// x ← x + pull (μ(x̂0) − x) + drift (y − x) + noise z.
    func step(_ n: Int, pull: Double, drift: Double, noise: Double) {
      let (a, (offset, gain)) = (sde.meanWeight(at: t[n]), estimate(n))
      mean += pull * (a * (offset + gain * mean) + (1 - a) - mean) + drift * (1 - mean)
      variance = square(1 + pull * (a * gain - 1) - drift) * variance + noise * noise
    }
    for n in t.indices {
      let sigma = sde.marginalDeviation(at: t[n])
      if case .predictorCorrector(let snr) = kind {
        let snr = Double(snr)
        step(n, pull: 2 * snr * snr, drift: 0, noise: 2 * snr * sigma)
      }
      if n == t.count - 1 { break }
      let (g, dt) = (sde.diffusion(at: t[n]), t[n] - t[n + 1])
      switch kind {
      case .fewStep(let eta):
        let (offset, gain) = estimate(n)
        let (a, b) = (sde.meanWeight(at: t[n]), sde.meanWeight(at: t[n + 1]))
        let next = sde.marginalDeviation(at: t[n + 1])
        let kept = next / sigma * (1 - square(Double(eta))).squareRoot()
        let clean = offset + gain * mean
        mean = b * clean + (1 - b) + kept * (mean - a * clean - (1 - a))
        variance = square(b * gain + kept * (1 - a * gain)) * variance + square(next * Double(eta))
      case .reverseDiffusion, .predictorCorrector:
        step(n, pull: g * g * dt / square(sigma), drift: -sde.theta * dt, noise: g * dt.squareRoot())
      case .probabilityFlow:
        step(n, pull: 0.5 * g * g * dt / square(sigma), drift: -sde.theta * dt, noise: 0)
      }
    }
    let (offset, gain) = estimate(t.count - 1)
    return (offset + gain * mean, gain * variance.squareRoot())
  }

  func square(_ x: Double) -> Double { x * x }

  /// Mean and deviation over `frames` frames of 160 bins, y = 1.
  func measure(_ kind: SamplerKind, _ grid: TimeGrid, frames: Int) -> (mean: Double, deviation: Double) {
    let times = FrameSampler<GaussianPosterior>.slotTimes(kind: kind, maximumSteps: grid.count, grid: grid)
    var sampler = FrameSampler(
      predictor: GaussianPosterior(times: times, binCount: 160), grid: grid, kind: kind,
      maximumSteps: grid.count, seed: 11)
    let y = (0..<320).map { $0 % 2 == 0 ? Float(1) : 0 }
    var output = [Float](repeating: .nan, count: 320)
    var (sum, power, count) = (0.0, 0.0, 0.0)
    let expected = moments(kind, grid.times).mean
    for frame in 0..<frames {
      #expect(sampler.enhance(noisy: y, frameIndex: frame, into: &output))
      for bin in 0..<160 {
        sum += Double(output[2 * bin])
        power += square(Double(output[2 * bin]) - expected) + square(Double(output[2 * bin + 1]))
        count += 1
      }
    }
    return (sum / count, (power / count).squareRoot())
  }

  @Test(arguments: kinds, [1, 2, 4, 8])
  func `Samples have the mean and deviation that theory gives`(kind: SamplerKind, steps: Int) throws {
    let grid = try TimeGrid(times: Array(TimeGrid.standard.first(steps)))
    let frames = 25
    let (expected, measured) = (moments(kind, grid.times), measure(kind, grid, frames: frames))
    let count = Double(160 * frames)
    // Five standard errors: of the real part's mean σ/√(2n), of the deviation about σ/(2√n).
    #expect(abs(measured.mean - expected.mean) < 5 * expected.deviation / (2 * count).squareRoot() + 1e-5)
    #expect(
      abs(measured.deviation - expected.deviation) < 5 * expected.deviation / (2 * count.squareRoot()) + 1e-5)
  }

  @Test(arguments: kinds)
  func `The output approaches the prior as the grid becomes fine`(kind: SamplerKind) {
    // Towards 0.001, so that what is left at the end (x̂0 instead of a draw) vanishes; y − E[x_1 | y] remains, since
    // the start y + σ z is not the marginal at t = 1: a shift that the samplers forget only in part.
    let errors = [16, 64, 256, 1024].map { count in
      let (mean, deviation) = moments(kind, TimeGrid.geometric(count: count, last: 0.001).times)
      return (mean: abs(mean - 0.5), deviation: abs(deviation - 0.05))
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      #expect(fine.mean < max(coarse.mean, 0.016) && fine.deviation < max(coarse.deviation, 0.0015))
    }
    #expect(errors[3].mean < 0.016, "\(errors[3])")
    if kind == .fewStep(eta: 1) {
      // Not the discretisation of an SDE: redrawing all noise around x̂0 at every step ends at the prior's
      // deviation over √2. The documentation of `SamplerKind.fewStep` says so.
      #expect(abs(errors[3].deviation - 0.05 * (1 - 0.5.squareRoot())) < 2e-4, "\(errors[3])")
    } else {
      #expect(errors[3].deviation < 0.002, "\(errors[3])")
    }
    #expect(
      abs(measure(kind, TimeGrid.geometric(count: 64, last: 0.001), frames: 4).deviation - 0.05)
        < errors[1].deviation + 0.005)
  }

  /// Why the score-based kinds end at x̂0: on the standard grid the step from t_N to 0 is too long for Euler.
  @Test func `Euler's last step multiplies the noise at few steps and agrees at many`() {
    func deviation(_ steps: Int, _ finalStep: FinalStep, _ grid: TimeGrid) -> Float {
      var sampler = FrameSampler(
        predictor: GaussianPosterior(times: grid.times, binCount: 160), grid: grid, kind: .reverseDiffusion,
        maximumSteps: grid.count, finalStep: finalStep)
      sampler.steps = steps
      let y = [Float](repeating: 0, count: 320)
      var output = y
      var power: Float = 0
      for frame in 0..<10 {
        sampler.enhance(noisy: y, frameIndex: frame, into: &output)
        for value in output { power += value * value / 1600 }
      }
      return power.squareRoot()
    }
    #expect(deviation(1, .euler, .standard) > 1.5)
    #expect(deviation(1, .posteriorMean, .standard) < 0.01)
    for steps in 2...8 { #expect(deviation(steps, .posteriorMean, .standard) < 0.08) }
    let fine = TimeGrid.uniform(count: 60, last: 0.03)
    #expect(abs(deviation(60, .euler, fine) - deviation(60, .posteriorMean, fine)) < 0.003)
  }
}
