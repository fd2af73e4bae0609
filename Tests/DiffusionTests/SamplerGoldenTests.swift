import KernelLevels
import Testing

@testable import Diffusion

@Suite struct SamplerGoldenTests {
  /// The largest difference over the largest magnitude of a case, all frames.
  func error<P: CleanSpectrumPredictor & ~Copyable>(
    _ golden: Golden.Case, _ predictor: consuming P
  ) -> Float {
    let manifest = Golden.shared.manifest
    let count = 2 * manifest.bins
    var sampler = FrameSampler(
      predictor: predictor, kind: golden.samplerKind, maximumSteps: manifest.maximumSteps,
      binCount: manifest.bins, finalStep: golden.final == "euler" ? .euler : .posteriorMean)
    sampler.steps = golden.steps
    sampler.guidance = golden.guidance
    let (noisy, noise) = (Array(Golden.array("noisy")), Array(Golden.array("noise")))
    let expected = Array(Golden.array(golden.name))
    var (worst, largest): (Float, Float) = (0, 0)
    for frame in 0..<manifest.frames {
      var output = [Float](repeating: .nan, count: count)
      let finite = noisy.withUnsafeBufferPointer { y in
        noise.withUnsafeBufferPointer { z in
          sampler.enhance(
            noisy: y.baseAddress! + frame * count,
            explicitNoise: UnsafeBufferPointer(rebasing: z[(frame * 2 * manifest.maximumSteps * count)...]),
            into: &output)
        }
      }
      #expect(finite, "\(golden.name)")
      for i in 0..<count {
        let reference = expected[frame * count + i]
        // A NaN in the output makes the difference NaN, which no comparison lets pass: count it as infinite.
        let difference = abs(output[i] - reference)
        worst = difference.isNaN ? .infinity : max(worst, difference)
        largest = max(largest, abs(reference))
      }
    }
    return worst / largest
  }

  @Test func `Every sampler, step count and weight agrees with the NumPy reference`() {
    atEveryKernelLevel {
      let manifest = Golden.shared.manifest
      #expect(manifest.cases.count == 144)
      var worst = (error: Float(0), name: "")
      for golden in manifest.cases {
        let times = FrameSampler<LinearToy>.slotTimes(
          kind: golden.samplerKind, maximumSteps: manifest.maximumSteps, grid: .standard)
        let error =
          golden.predictor == "linear-toy"
          ? error(golden, LinearToy(times: times, binCount: manifest.bins))
          : error(golden, GaussianPosterior(times: times, binCount: manifest.bins))
        #expect(error < manifest.tolerance.samplers, "\(golden.name): \(error)")
        if error > worst.error { worst = (error, golden.name) }
      }
      print("sampler vectors: largest error \(worst.error) of the peak, in \(worst.name)")
    }
  }
}
