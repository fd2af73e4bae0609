import Foundation
import KernelLevels
import SignalProcessing
import Testing

@testable import Enhancement

/// The whole enhancer at the model's rate, 16 kHz or another, against tools/golden/enhancement.py: NumPy and the PyTorch network in double precision.
@Suite struct GoldenTests {
  @Test(arguments: Manifest.shared.cases)
  func `the whole chain is the reference's`(example: Manifest.Case) throws {
    try atEveryKernelLevel {
      var settings = EnhancementSettings()
      settings.steps = example.steps
      settings.guidance = example.guidance
      settings.startLevel = example.startLevel
      settings.seed = Manifest.shared.seed
      settings.passes = example.passes ?? 1
      let model = try tinyModel(example.learned == true ? "tiny-learned" : example.narrow == true ? "tiny-8k" : "tiny")
      let frame = model.frameFormat
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: frame.sampleRate)
      if example.learned == true {
        let sound = try LearnedNoise(samples: fixtureFloats("learned-sound"), sampleRate: 16000)
        enhancer.setLearnedTokens(try model.learnedTokens([sound]))
      }
      if example.profile {
        try enhancer.setNoiseProfile(
          NoiseProfile(magnitudes: fixtureFloats(example.narrow == true ? "profile-8k" : "profile"), format: frame))
      }
      enhancer.freezeNoiseReference(true)
      let input = try fixtureFloats("\(example.name)-input")
      let expected = try fixtureFloats("\(example.name)-output")
      // Output begins with the zeros of the queue, a hop less one; the hop of the last frame ends 1 sample after the last block.
      let output = run(&enhancer, input)[(frame.hopLength - 1)...]
      var error = 0.0
      var power = 0.0
      for (a, b) in zip(output, expected) {
        error += pow(Double(a) - Double(b), 2)
        power += pow(Double(b), 2)
      }
      let decibels = 10 * log10(error / power)
      #expect(decibels < Manifest.shared.toleranceInDecibels, "error \(decibels) dB")
      #expect(power > 0)
    }
  }

  /// The case would show nothing if the network did not listen.
  @Test func `the profile changes the result`() throws {
    let example = Manifest.shared.cases.first { $0.profile }!
    let input = try fixtureFloats("\(example.name)-input")
    var with = try StreamingEnhancer(model: try tinyModel(), sampleRate: 16000)
    try with.setNoiseProfile(NoiseProfile(magnitudes: fixtureFloats("profile")))
    var without = try StreamingEnhancer(model: try tinyModel(), sampleRate: 16000)
    #expect(largestDifference(run(&with, input), run(&without, input)) > 1e-3)
  }
}
