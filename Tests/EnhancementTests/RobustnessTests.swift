import Testing
import TestSupport

@testable import Enhancement

@Suite struct RobustnessTests {
  @Test(arguments: [16000, 44100])
  func `silence in gives silence out`(rate: Int) throws {
    for method in EnhancementSettings.Method.allCases {
      var settings = EnhancementSettings()
      settings.method = method
      settings.steps = 2
      var enhancer = try StreamingEnhancer(model: try tinyModel(), settings: settings, sampleRate: rate)
      let silence = [Float](repeating: 0, count: rate / 2)
      #expect(run(&enhancer, silence).allSatisfy { $0 == 0 })
      #expect(enhancer.statistics.silentFrames == 50)
      let after = run(&enhancer, whiteNoise(rate / 2) + silence)
      #expect(after.allSatisfy { $0.isFinite })
      #expect(after.suffix(rate / 4).allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: [16000, 48000])
  func `extreme input comes out finite`(rate: Int) throws {
    let second = rate
    let signals: [(String, [Float])] = [
      ("full scale", (0..<second).map { $0 / 20 % 2 == 0 ? 1 : -1 }),
      ("direct current", [Float](repeating: 1, count: second)),
      ("one sample", [1] + [Float](repeating: 0, count: second - 1)),
      ("denormal", (0..<second).map { $0 % 2 == 0 ? 1e-38 : -2e-38 }),
      ("faint", whiteNoise(second, amplitude: 1e-6)),
      ("loud", whiteNoise(second, amplitude: 9e9)),
      ("step", [Float](repeating: 1e-5, count: second / 2) + [Float](repeating: 0.9, count: second / 2)),
    ]
    for method in EnhancementSettings.Method.allCases {
      for (name, signal) in signals {
        var settings = EnhancementSettings()
        settings.method = method
        settings.mix = 0.9
        var enhancer = try StreamingEnhancer(model: try tinyModel(), settings: settings, sampleRate: rate)
        #expect(run(&enhancer, signal).allSatisfy { $0.isFinite }, "\(method) \(name)")
        #expect(enhancer.statistics.fallbackFrames == 0, "\(method) \(name)")
        #expect(enhancer.statistics.nonFiniteInputSamples == 0)
      }
    }
  }

  @Test(arguments: [16000, 44100])
  func `samples that are not finite count as zeros`(rate: Int) throws {
    var settings = EnhancementSettings()
    settings.mix = 0.5
    var broken = voiceLike(rate / 2, rate: rate)
    var mended = broken
    for (n, value) in [
      (0, Float.nan), (777, .infinity), (778, -.infinity), (4000, 1e30), (4001, .signalingNaN),
    ] {
      broken[n] = value
      mended[n] = 0
    }
    let model = try tinyModel()
    var one = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
    var other = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
    let output = run(&one, broken)
    #expect(output.allSatisfy { $0.isFinite })
    #expect(bits(output) == bits(run(&other, mended)))
    #expect(one.statistics.nonFiniteInputSamples == 5)
    #expect(other.statistics.nonFiniteInputSamples == 0)
  }

  /// Bins of 1e18 are finite when they are expanded; their inverse transform is not.
  @Test(arguments: [Float.nan, .infinity, 1e30, 1e18])
  func `a model output that is not finite gives the noisy frame and a new state`(value: Float) throws {
    let log = Log()
    var chain = try makeChain(.failing(at: 7, value: value), log: log)
    let input = voiceLike(4800, rate: 16000)
    let output = run(&chain, input)
    #expect(largestDifference(output, delayed(input, by: 319)) < 2e-6)
    #expect(chain.statistics.fallbackFrames == 1)
    #expect(log.resets == 1)
  }

  /// Of predictions one after the other, one is the second pass's.
  @Test(arguments: [7, 8]) func `so does that of either of two passes`(prediction: Int) throws {
    let log = Log()
    var settings = EnhancementSettings()
    settings.passes = 2
    var chain = try makeChain(.failing(at: prediction, value: 1e18), settings: settings, log: log)
    let input = voiceLike(4800, rate: 16000)
    let output = run(&chain, input)
    #expect(output.allSatisfy { $0.isFinite })
    #expect(largestDifference(output, delayed(input, by: 319)) < 2e-6)
    #expect(log.resets == 1)
    #expect(chain.statistics.fallbackFrames == 1, "the second pass's was not counted")
  }

  /// Beside its energy no later one counted: the sums stood still, and what is made of their differences with them.
  @Test func `energies go on after the largest sample that is taken`() throws {
    func energies(after first: Float) throws -> (input: Double, output: Double) {
      var chain = try makeChain(.scale(0.5))
      _ = run(&chain, [first] + [Float](repeating: 0, count: 1599))
      let before = chain.statistics.counts
      _ = run(&chain, whiteNoise(16_000, amplitude: 0.01))
      let after = chain.statistics.counts
      return (after.inputEnergy - before.inputEnergy, after.outputEnergy - before.outputEnergy)
    }
    let (calm, loud) = (try energies(after: 0), try energies(after: 1e10))
    #expect(calm.input > 0 && abs(loud.input / calm.input - 1) < 0.001)
    // The level, and with it what the network hears, is another.
    #expect(loud.output > 0 && loud.output < loud.input)
  }

  @Test func `tokens that are not finite are not used`() throws {
    let log = Log()
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    var chain = try makeChain(.scale(0.1), settings: settings, log: log, token: .nan)
    _ = run(&chain, whiteNoise(16000))
    #expect(log.encodings.count == 3)
    #expect(log.tokens.isEmpty)
  }

  @Test func `the last bin takes the gain of the one before it`() throws {
    var chain = try makeChain(.scale(0.5))
    let input = (0..<8000).map { n in Float(n % 2 == 0 ? 0.25 : -0.25) }  // 8 kHz, bins 159 and 160
    let output = run(&chain, input)
    // 0.5 on the compressed magnitude is 0.25 on the magnitude.
    let expected = delayed(input, by: 319).map { 0.25 * $0 }
    #expect(largestDifference(output[1000...], expected[1000...]) < 1e-5)
  }
}
