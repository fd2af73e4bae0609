import Testing

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

  @Test func `a small maximum block changes nothing`() throws {
    let input = voiceLike(24000, rate: 48000)
    var settings = EnhancementSettings()
    settings.method = .wiener
    var one = try StreamingEnhancer(model: nil, settings: settings, sampleRate: 48000)
    var other = try StreamingEnhancer(model: nil, settings: settings, sampleRate: 48000)
    #expect(bits(run(&one, input, .whole)) == bits(run(&other, input, .whole)))
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
    used.setNoiseProfile(try NoiseProfile(magnitudes: fixtureFloats("profile")))
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

  @Test func `channels together give what each gives alone`() throws {
    let model = try tinyModel()
    let left = voiceLike(24000, rate: 48000, seed: 1)
    let right = voiceLike(24000, rate: 48000, seed: 2)
    var together = try MultichannelEnhancer(
      model: model, sampleRate: 48000, channelCount: 2)
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

    var planar = try MultichannelEnhancer(model: model, sampleRate: 48000, channelCount: 2)
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
}
