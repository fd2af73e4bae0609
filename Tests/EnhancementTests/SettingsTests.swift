import Diffusion
import Foundation
import NeuralLayers
import Testing

@testable import Enhancement

@Suite struct SettingsTests {
  private static let wrong: [(sentence: String, change: @Sendable (inout EnhancementSettings) -> Void)] = [
    ("0 steps cannot be run; give 1 to 8", { $0.steps = 0 }),
    ("9 steps cannot be run; give 1 to 8", { $0.steps = 9 }),
    (
      "4 steps cannot be run; give 1 to 2",
      {
        $0.steps = 4
        $0.maximumSteps = 2
      }
    ),
    ("room for 9 steps cannot be made; give 1 to 8", { $0.maximumSteps = 9 }),
    ("the guidance weight -1.0 is out of range; give 0 to 10 (1 is no guidance)", { $0.guidance = -1 }),
    ("the guidance weight inf is out of range; give 0 to 10 (1 is no guidance)", { $0.guidance = .infinity }),
    ("the guidance weight nan is out of range; give 0 to 10 (1 is no guidance)", { $0.guidance = .nan }),
    ("the sampler's eta 1.5 is out of range; give 0 (deterministic) to 1", { $0.sampler = .fewStep(eta: 1.5) }),
    (
      "the corrector's signal-to-noise ratio 0.0 is out of range; give more than 0 and at most 1",
      { $0.sampler = .predictorCorrector(snr: 0) }
    ),
    (
      "the attenuation limit -3.0 dB is out of range; give 0 to 200 dB, or none",
      { $0.attenuationLimitInDecibels = -3 }
    ),
    ("the mix 1.1 is out of range; give 0 (the input) to 1 (the enhanced signal)", { $0.mix = 1.1 }),
    ("the mix nan is out of range; give 0 (the input) to 1 (the enhanced signal)", { $0.mix = .nan }),
    ("the reference length 0.2 s is out of range; give 0.25 to 2 s", { $0.referenceLength = 0.2 }),
    ("the start level 20.0 dB is out of range; give -75 to 10 dB", { $0.startLevel = 20 }),
    ("the resampler quality 11 is out of range; give 0 to 10", { $0.resamplerQuality = 11 }),
  ]

  @Test func `a setting out of range is an error that names it`() throws {
    for (sentence, change) in Self.wrong {
      var settings = EnhancementSettings()
      settings.method = .wiener
      change(&settings)
      #expect(throws: EnhancementError.self) { try settings.validate() }
      do { try settings.validate() } catch { #expect(error.description == sentence) }
      do {
        _ = try StreamingEnhancer(model: nil, settings: settings, sampleRate: 48000)
        Issue.record("made with \(sentence)")
      } catch { #expect(error.description == sentence) }
    }
  }

  @Test func `rates, channels, blocks and a missing model are errors`() throws {
    var settings = EnhancementSettings()
    #expect(throws: EnhancementError.modelRequired) {
      _ = try StreamingEnhancer(model: nil, sampleRate: 48000)
    }
    settings.method = .wiener
    for rate in [-1, 0, 7999, 192_001, Int.max] {
      #expect(throws: EnhancementError.unsupportedSampleRate(rate)) {
        _ = try StreamingEnhancer(model: nil, settings: settings, sampleRate: rate)
      }
    }
    for count in [0, 33] {
      #expect(throws: EnhancementError.unsupportedChannelCount(count)) {
        _ = try MultichannelEnhancer(model: nil, settings: settings, sampleRate: 48000, channelCount: count)
      }
    }
    #expect(throws: EnhancementError.unsupportedBlock(0)) {
      _ = try StreamingEnhancer(model: nil, settings: settings, sampleRate: 48000, granularity: 0)
    }
  }

  @Test func `what cannot change while running is refused and nothing changes`() throws {
    var chain = try makeChain()
    let fixed: [(inout EnhancementSettings) -> Void] = [
      { $0.seed = 1 }, { $0.sampler = .probabilityFlow }, { $0.noiseSelection = .residual },
      { $0.startLevel = -30 }, { $0.referenceLength = 1 }, { $0.method = .wiener }, { $0.maximumSteps = 8 },
    ]
    for change in fixed {
      var settings = chain.settings
      settings.mix = 0.5
      change(&settings)
      #expect(throws: EnhancementError.self) { try chain.update(settings) }
      #expect(chain.settings == EnhancementSettings())
    }
    var settings = chain.settings
    settings.steps = 2
    #expect(
      throws: EnhancementError.outOfRange(setting: "steps", sentence: "2 steps cannot be run; give 1 to 1")
    ) { try chain.update(settings) }
  }

  @Test func `a model file that is none is one clear sentence`() {
    let error = #expect(throws: EnhancementModelError.self) {
      try EnhancementModel(path: "no-such-file.safetensors")
    }
    #expect(error?.kind == .missing)
    #expect(error?.cause == .missing(path: "no-such-file.safetensors"))
    #expect(
      error?.description == "no-such-file.safetensors: there is no such file; give the path of a .safetensors file")
  }

  @Test func `the model tells its name and size`() throws {
    let model = try tinyModel()
    #expect(model.name == "tiny")
    #expect(model.parameterCount > 10_000)
    #expect(model.multiplyAddsPerFrame > 100_000)
  }

  @Test func `frame times are counted and percentiles are near`() {
    var counter = FrameTimeCounter()
    for n in 1...1000 { counter.add(nanoseconds: UInt64(n) * 10_000) }
    let histogram = counter.histogram
    #expect(histogram.count == 1000)
    #expect(abs(histogram.percentile(0.5) / 5e-3 - 1) < 0.017)
    #expect(abs(histogram.percentile(0.99) / 9.9e-3 - 1) < 0.017)
    #expect(histogram.percentile(1) <= histogram.maximum)
    #expect(histogram.maximum == 10e-3)
    #expect(abs(histogram.mean - 5.005e-3) < 1e-9)
    var sum = histogram
    sum += histogram
    #expect(sum.count == 2000 && sum.maximum == 10e-3)
    #expect(sum.percentile(0.5) == histogram.percentile(0.5))
    #expect(FrameTimeHistogram().percentile(0.5) == 0)
    counter.add(nanoseconds: 0)
    counter.add(nanoseconds: .max)
    #expect(FrameTimeCounter.bin(of: .max) == FrameTimeCounter.binCount - 1)
  }

  @Test func `noise reduction is measured on what is heard`() throws {
    for limit in [nil, 6] as [Float?] {
      var settings = EnhancementSettings()
      settings.attenuationLimitInDecibels = limit
      var chain = try makeChain(.scale(0.5), settings: settings)  // 0.25 on the magnitude
      _ = run(&chain, whiteNoise(16000))
      let statistics = chain.statistics
      let d = settings.dryWeight
      let gain = Double(0.25 + d * 0.75)
      #expect(abs(statistics.noiseReductionInDecibels! + 20 * log10(gain)) < 0.01)
      #expect(abs(statistics.levelReductionInDecibels! + 20 * log10(gain)) < 0.01)
      if limit == nil { #expect(abs(statistics.levelReductionInDecibels! - 12.041) < 0.01) }
      #expect(statistics.frames == 100 && statistics.frameTimes.count == 100)
    }
    #expect(EnhancementStatistics().noiseReductionInDecibels == nil)
  }
}
