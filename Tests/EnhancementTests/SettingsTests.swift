import Diffusion
import Foundation
import NeuralLayers
import Testing

@testable import Enhancement

@Suite struct SettingsTests {
  private static let wrong: [(EnhancementError, @Sendable (inout EnhancementSettings) -> Void)] = [
    (.stepsOutOfRange(0, maximum: 8), { $0.steps = 0 }),
    (.stepsOutOfRange(9, maximum: 8), { $0.steps = 9 }),
    (
      .stepsOutOfRange(4, maximum: 2),
      {
        $0.steps = 4
        $0.maximumSteps = 2
      }
    ),
    (.maximumStepsOutOfRange(9, maximum: 8), { $0.maximumSteps = 9 }),
    (.guidanceOutOfRange(-1), { $0.guidance = -1 }),
    (.guidanceOutOfRange(.infinity), { $0.guidance = .infinity }),
    (.etaOutOfRange(1.5), { $0.sampler = .fewStep(eta: 1.5) }),
    (.correctorOutOfRange(0), { $0.sampler = .predictorCorrector(snr: 0) }),
    (.attenuationLimitOutOfRange(-3), { $0.attenuationLimitInDecibels = -3 }),
    (.mixOutOfRange(1.1), { $0.mix = 1.1 }),
    (.referenceLengthOutOfRange(0.2), { $0.referenceLength = 0.2 }),
    (.startLevelOutOfRange(20), { $0.startLevel = 20 }),
  ]

  @Test func `a setting out of range is an error that names it`() throws {
    for (expected, change) in Self.wrong {
      var settings = EnhancementSettings()
      settings.method = .wiener
      change(&settings)
      #expect(throws: expected) { try settings.validate() }
      #expect(throws: expected) {
        _ = try StreamingEnhancer(model: nil, settings: settings, sampleRate: 48000)
      }
      #expect(expected.description.contains("give"))
      #expect(!expected.description.contains("\n"))
    }
    var settings = EnhancementSettings()
    settings.guidance = .nan
    #expect(throws: EnhancementError.self) { try settings.validate() }
    settings.guidance = 1
    settings.mix = .nan
    #expect(throws: EnhancementError.self) { try settings.validate() }
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
    #expect(throws: EnhancementError.stepsOutOfRange(2, maximum: 1)) { try chain.update(settings) }
  }

  @Test func `a model file that is none is one clear sentence`() {
    #expect(throws: ModelFileError.missing(path: "no-such-file.safetensors")) {
      _ = try EnhancementModel(path: "no-such-file.safetensors")
    }
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
