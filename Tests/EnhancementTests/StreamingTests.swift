import Ground
import SignalProcessing
import Testing
import TestSupport

@testable import Enhancement

@Suite struct StreamingTests {
  static let blocks: [Blocks] = [
    .size(1), .size(48), .size(127), .size(160), .size(480), .size(512), .size(1024), .random(3),
  ]

  @Test(arguments: [16000, 44100, 48000])
  func `every split into blocks gives the same bits`(rate: Int) throws {
    let model = try tinyModel()
    var settings = EnhancementSettings()
    settings.steps = 2
    settings.guidance = 1.5
    settings.noiseSelection = .residual
    settings.attenuationLimitInDecibels = 30
    let input = voiceLike(rate / 2, rate: rate)
    var first = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
    let whole = bits(run(&first, input, .whole))
    for split in Self.blocks {
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
      #expect(bits(run(&enhancer, input, split)) == whole, "\(split.testDescription)")
    }
  }

  @Test(arguments: [44100])
  func `blocks of 1 to 1024 samples in a row never find the queue empty`(rate: Int) throws {
    let input = whiteNoise(1024 * 1025 / 2)
    var one = try makeChain(.memory, rate: rate)
    var other = try makeChain(.memory, rate: rate)
    #expect(bits(run(&one, input, .growing)) == bits(run(&other, input, .whole)))
  }

  @Test func `output may be the input's memory`() throws {
    let input = voiceLike(24000, rate: 48000)
    var settings = EnhancementSettings()
    settings.method = .wiener
    settings.mix = 0.7
    var one = try StreamingEnhancer(model: nil, settings: settings, sampleRate: 48000)
    var other = try StreamingEnhancer(model: nil, settings: settings, sampleRate: 48000)
    let apart = run(&one, input, .size(480))
    var samples = input
    samples.withUnsafeMutableBufferPointer { memory in
      for at in stride(from: 0, to: memory.count, by: 480) {
        let block = UnsafeMutableBufferPointer(rebasing: memory[at..<at + 480])
        other.process(UnsafeBufferPointer(block), into: block)
      }
    }
    #expect(bits(samples) == bits(apart))
  }

  @Test(arguments: [16000, 44100])
  func `reset gives a new enhancer`(rate: Int) throws {
    let model = try tinyModel()
    var settings = EnhancementSettings()
    settings.steps = 2
    settings.noiseSelection = .residual
    let input = voiceLike(rate / 2, rate: rate)
    var fresh = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
    let expected = bits(run(&fresh, input))
    var used = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
    try used.setNoiseProfile(NoiseProfile(magnitudes: fixtureFloats("profile")))
    used.freezeNoiseReference(true)
    _ = run(&used, whiteNoise(rate + 77, amplitude: 0.9, seed: 5))
    used.reset()
    #expect(used.statistics == EnhancementStatistics())
    #expect(used.isNoiseReferenceFrozen == false)
    #expect(bits(run(&used, input)) == expected)
  }

  @Test func `the same seed gives the same bits and another seed others`() throws {
    let model = try tinyModel()
    let input = voiceLike(8000, rate: 16000)
    func output(seed: UInt64) throws -> [UInt32] {
      var settings = EnhancementSettings()
      settings.seed = seed
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: 16000)
      return bits(run(&enhancer, input))
    }
    #expect(try output(seed: 4) == output(seed: 4))
    #expect(try output(seed: 4) != output(seed: 5))
  }

  @Test func `channels that are not linked give what each gives alone`() throws {
    let model = try tinyModel()
    var settings = EnhancementSettings()
    settings.linksChannels = false
    let left = voiceLike(24000, rate: 48000, seed: 1)
    let right = voiceLike(24000, rate: 48000, seed: 2)
    var together = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: 48000, channelCount: 2)
    var interleaved = zip(left, right).flatMap { [$0, $1] }
    interleaved.withUnsafeMutableBufferPointer {
      together.process(interleaved: UnsafeBufferPointer($0), into: $0)
    }
    for (channel, input) in [left, right].enumerated() {
      var alone = try StreamingEnhancer(model: model, sampleRate: 48000)
      let expected = run(&alone, input)
      #expect(bits(stride(from: channel, to: 48000, by: 2).map { interleaved[$0] }) == bits(expected))
    }
    #expect(together.statistics.frames == 100)
    #expect(together.withChannel(1) { $0.statistics.frames } == 50)
    #expect(together.latencyInSamples == together.withChannel(0) { $0.latencyInSamples })

    var planar = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: 48000, channelCount: 2)
    var copyOfRight = right
    var copyOfLeft = left
    copyOfLeft.withUnsafeMutableBufferPointer { a in
      copyOfRight.withUnsafeMutableBufferPointer { b in
        let inputs = [UnsafePointer(a.baseAddress!), UnsafePointer(b.baseAddress!)]
        let outputs = [a.baseAddress!, b.baseAddress!]
        planar.process(planar: inputs, into: outputs, count: 24000)
      }
    }
    #expect(bits(zip(copyOfLeft, copyOfRight).flatMap { [$0, $1] }) == bits(interleaved))
  }

  /// A voice on the left, faint on the right, in noise that both have: the model hears both at the left one's level, and
  /// what the left takes for speech is no noise for the right.
  @Test(arguments: [1, 480, 1000]) func `linked channels share level and judgement of noise`(block: Int) throws {
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    let left = voiceLike(96000, rate: 48000, seed: 1)
    let right = left.map { 0.05 * $0 }
    func play(links: Bool) throws -> (outputs: [[Float]], levels: [Float], references: [Int]) {
      settings.linksChannels = links
      var enhancer = try MultichannelEnhancer(
        model: try tinyModel(), settings: settings, sampleRate: 48000, channelCount: 2)
      var samples = zip(left, right).flatMap { [$0, $1] }
      samples.withUnsafeMutableBufferPointer { memory in
        for start in stride(from: 0, to: memory.count, by: 2 * block) {
          let part = UnsafeMutableBufferPointer(rebasing: memory[start..<min(start + 2 * block, memory.count)])
          enhancer.process(interleaved: UnsafeBufferPointer(part), into: part)
        }
      }
      let outputs = (0..<2).map { channel in stride(from: channel, to: samples.count, by: 2).map { samples[$0] } }
      let levels = (0..<2).map { enhancer.enhancers[$0].chain.frames.level.level }
      return (outputs, levels, (0..<2).map { enhancer.enhancers[$0].noiseReferenceFrameCount })
    }
    let linked = try play(links: true)
    let apart = try play(links: false)
    #expect(linked.levels[0] == linked.levels[1])
    #expect(linked.levels[0] == apart.levels[0], "the loudest decides")
    #expect(apart.levels[1] < apart.levels[0] - 10)
    #expect(linked.references[1] <= linked.references[0])
    #expect(bits(linked.outputs[1]) != bits(apart.outputs[1]))
  }

  @Test(arguments: [7, 32, 128, 480, 512, 4096]) func `a granularity takes off latency and changes nothing else`(
    granularity: Int
  ) throws {
    let model = try tinyModel()
    let input = voiceLike(48000 / granularity * granularity, rate: 48000)
    var fine = try StreamingEnhancer(model: model, sampleRate: 48000)
    var coarse = try StreamingEnhancer(model: model, sampleRate: 48000, granularity: granularity)
    let sooner = fine.latencyInSamples - coarse.latencyInSamples
    #expect(sooner >= 0)
    let late = run(&fine, input)
    let early = run(&coarse, input, .size(granularity * 3))
    #expect(bits(late.dropFirst(sooner)) == bits(early.dropLast(sooner)))
  }
}
