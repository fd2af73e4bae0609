import Testing

@testable import Diffusion

@Suite struct SDETests {
  let sde = OrnsteinUhlenbeckSDE()

  @Test func `The deviation has the values of the literature's parameters`() {
    for (time, deviation) in [(1, 0.3890), (0.75, 0.2184), (0.5, 0.1217), (0.25, 0.0638), (0.03, 0.0188)] {
      #expect(abs(sde.marginalDeviation(at: time) - deviation) < 5e-5, "t = \(time)")
    }
    #expect(abs(sde.meanWeight(at: 1) - 0.2231) < 5e-5)
    #expect(sde.marginalDeviation(at: 0) == 0)
    #expect(sde.meanWeight(at: 0) == 1)
  }

  /// In sgmse the docstring has −θ(y − x) and the code θ(y − x): the golden rows are the code's.
  @Test func `Mean, deviation, drift and diffusion agree with sgmse's equations`() {
    let golden = Golden.shared.manifest
    func near(_ value: Double, _ expected: Double, _ what: String, _ time: Double) {
      let error = abs(value - expected) / abs(expected)
      #expect(error < golden.tolerance.sde, "\(what) at \(time): \(value), expected \(expected)")
    }
    for row in golden.sde {
      near(sde.meanWeight(at: row.time), row.meanWeight, "mean weight", row.time)
      near(sde.marginalDeviation(at: row.time), row.deviation, "deviation", row.time)
      near(sde.diffusion(at: row.time), row.diffusion, "diffusion", row.time)
      near(sde.drift(state: row.state, noisy: row.noisy), row.drift, "drift", row.time)
      near(sde.marginalMean(clean: row.state, noisy: row.noisy, at: row.time), row.mean, "mean", row.time)
    }
  }

  /// dμ/dt = θ(y − μ) and dv/dt = −2θ v + g² follow from drift and diffusion alone; Runge and Kutta, order 4.
  @Test func `Mean and deviation solve the moment equations of drift and diffusion`() {
    let (x0, y, count) = (0.7, -0.4, 2000)
    var (mean, variance) = (x0, 0.0)
    let h = 1 / Double(count)
    func slope(_ t: Double, _ mean: Double, _ variance: Double) -> (Double, Double) {
      let g = sde.diffusion(at: t)
      return (sde.drift(state: mean, noisy: y), -2 * sde.theta * variance + g * g)
    }
    for i in 0..<count {
      let t = Double(i) * h
      let a = slope(t, mean, variance)
      let b = slope(t + h / 2, mean + h / 2 * a.0, variance + h / 2 * a.1)
      let c = slope(t + h / 2, mean + h / 2 * b.0, variance + h / 2 * b.1)
      let d = slope(t + h, mean + h * c.0, variance + h * c.1)
      mean += h / 6 * (a.0 + 2 * b.0 + 2 * c.0 + d.0)
      variance += h / 6 * (a.1 + 2 * b.1 + 2 * c.1 + d.1)
      if (i + 1) % 100 == 0 {
        let time = Double(i + 1) * h
        #expect(abs(mean - sde.marginalMean(clean: x0, noisy: y, at: time)) < 1e-10)
        #expect(abs(variance.squareRoot() - sde.marginalDeviation(at: time)) < 1e-10)
      }
    }
  }

  @Test func `The drift leads towards the noisy spectrum`() {
    #expect(sde.drift(state: 0, noisy: 1) == 1.5)
    #expect(sde.drift(state: 1, noisy: 1) == 0)
  }

  @Test func `The score is sgmse's gradient of the log density`() {
    // For E|z|² = 1, log p = −|x − μ|² / σ²; ∇ by the parts is twice the score.
    let (x0, y, time, x, h) = (0.3, 0.9, 0.4, 0.1, 1e-5)
    func logDensity(_ x: Double) -> Double {
      let distance = x - sde.marginalMean(clean: x0, noisy: y, at: time)
      let deviation = sde.marginalDeviation(at: time)
      return -distance * distance / (deviation * deviation)
    }
    let gradient = (logDensity(x + h) - logDensity(x - h)) / (2 * h)
    #expect(abs(gradient / 2 - sde.score(cleanEstimate: x0, state: x, noisy: y, at: time)) < 1e-6)
  }

  @Test(arguments: [0.03, 0.2, 0.606, 1]) func `Score and clean estimate are inverse`(time: Double) {
    let score = sde.score(cleanEstimate: 0.123, state: -0.4, noisy: 0.77, at: time)
    #expect(abs(sde.cleanEstimate(score: score, state: -0.4, noisy: 0.77, at: time) - 0.123) < 1e-13)
  }

  @Test func `Parameters from outside are checked`() throws {
    let usual = try OrnsteinUhlenbeckSDE(theta: 1.5, sigmaMin: 0.05, sigmaMax: 0.5)
    #expect(usual == sde)
    for (theta, low, high) in [
      (0, 0.05, 0.5), (-1, 0.05, 0.5), (1.5, 0, 0.5), (1.5, 0.5, 0.5), (1.5, 0.5, 0.05), (.nan, 0.05, 0.5),
      (1.5, .nan, 0.5), (1.5, 0.05, .nan), (.infinity, 0.05, 0.5), (1.5, 0.05, .infinity), (1e300, 0.05, 0.5),
    ] {
      let error = #expect(throws: DiffusionParameterError.self) {
        try OrnsteinUhlenbeckSDE(theta: theta, sigmaMin: low, sigmaMax: high)
      }
      #expect(error?.description.contains("theta must be positive") == true)
    }
  }

  @Test func `A score at time 0 is a caller's mistake`() async {
    await #expect(processExitsWith: .failure) {
      _ = OrnsteinUhlenbeckSDE().score(cleanEstimate: 0, state: 0, noisy: 0, at: 0)
    }
  }
}
