import Foundation
import Testing

@testable import Enhancement

/// A model of two networks in an enhancer: as one network where they are equal, and who is heard while something is removed.
@Suite struct TwoNetworksTests {
  private func learning() throws -> EnhancementModel {
    try EnhancementModel(path: fixture("tiny-learned.safetensors").path)
  }

  private func sound(_ seconds: Double) -> [Float] { voiceLike(Int(seconds * 48_000), rate: 48_000) }

  private func enhanced(
    _ model: EnhancementModel, _ sound: [Float], _ settings: EnhancementSettings = EnhancementSettings(),
    removing noises: [LearnedNoise] = [], before: (Int, inout MultichannelEnhancer) -> Void = { _, _ in }
  ) throws -> [Float] {
    var enhancer = try MultichannelEnhancer(model: model, settings: settings, sampleRate: 48_000, channelCount: 1)
    enhancer.setLearnedTokens(try model.learnedTokens(noises))
    var output = sound
    output.withUnsafeMutableBufferPointer { samples in
      for hop in 0..<samples.count / 480 {
        before(hop, &enhancer)
        let part = UnsafeMutableBufferPointer(rebasing: samples[hop * 480..<(hop + 1) * 480])
        enhancer.process(interleaved: UnsafeBufferPointer(part), into: part)
      }
    }
    return output
  }

  @Test(arguments: [1, 3]) func `a network twice is the network, to the bit, noise reference and all`(steps: Int) throws
  {
    var settings = EnhancementSettings()
    settings.steps = steps
    settings.noiseSelection = .residual
    let tiny = try tinyModel()
    let twice = try EnhancementModel(mean: tiny, tiny)
    let input = sound(3)
    #expect(try enhanced(twice, input, settings) == enhanced(tiny, input, settings))
    #expect(twice.parameterCount == 2 * tiny.parameterCount && twice.secondName == tiny.name)
    #expect(twice.multiplyAddsPerFrame == 2 * tiny.multiplyAddsPerFrame && tiny.secondName == nil)
  }

  @Test func `while something is removed, only a network that hears of it is heard`() throws {
    let learning = try learning()
    let pair = try EnhancementModel(mean: try tinyModel(), learning)
    #expect(pair.hearsLearnedNoise && pair.learning?.name == learning.name)
    let noise = try LearnedNoise(samples: whiteNoise(32_000), sampleRate: 16_000)
    let input = sound(2)
    let alone = try enhanced(learning, input, removing: [noise])
    #expect(try enhanced(pair, input, removing: [noise]) == alone)
    // In the other order, too.
    #expect(try enhanced(EnhancementModel(mean: learning, try tinyModel()), input, removing: [noise]) == alone)
    // Both that hear are heard, each with tokens of its own.
    #expect(try enhanced(EnhancementModel(mean: learning, learning), input, removing: [noise]) == alone)
    // Who wishes the other has it.
    var settings = EnhancementSettings()
    settings.networks = .first
    #expect(try enhanced(pair, input, settings, removing: [noise]) == enhanced(try tinyModel(), input))
  }

  @Test func `a choice takes effect while it runs, and the other network costs nothing then`() throws {
    let pair = try EnhancementModel(mean: try tinyModel(), try learning())
    let input = sound(2)
    let change = { (hop: Int, enhancer: inout MultichannelEnhancer) in
      guard hop == 50 else { return }
      var settings = EnhancementSettings()
      settings.networks = .first
      try? enhancer.update(settings)
    }
    let changed = try enhanced(pair, input, before: change)
    let both = try enhanced(pair, input)
    let first = try enhanced(try tinyModel(), input)
    #expect(changed[..<24_000] == both[..<24_000])
    // Two fades and the frames on their way later.
    #expect(changed[48_000...] == first[48_000...])
    #expect(changed[24_000..<48_000] != both[24_000..<48_000])
  }

  @Test func `the stream learns the tokens that the networks have for it`() throws {
    let learning = try learning()
    let pair = try EnhancementModel(mean: try tinyModel(), learning)
    let alone = try #require(StreamLearning(model: learning, channelCount: 1))
    let two = try #require(StreamLearning(model: pair, channelCount: 1))
    let noise = whiteNoise(32_000)
    for learning in [alone, two] {
      learning.begin()
      noise.withUnsafeBufferPointer { samples in
        for hop in 0..<200 { learning.keep(samples.baseAddress! + 160 * hop) }
      }
      learning.end()
    }
    var made = 0
    for _ in 0..<100 {
      let (a, b) = (alone.work()?.tokens, two.work()?.tokens)
      #expect((a == nil) == (b == nil))
      guard let a, let b else { continue }
      made += 1
      let sound = try #require(alone.sound())
      let values = try #require(try learning.learnedTokens([sound])).values
      #expect(Array(UnsafeBufferPointer(start: a, count: values.count)) == values)
      #expect(Array(UnsafeBufferPointer(start: b, count: values.count)) == values)
    }
    #expect(made == 1)
  }

  @Test func `models that do not go together are refused with the remedy`() throws {
    let tiny = try tinyModel()
    let pair = try EnhancementModel(mean: tiny, tiny)
    let narrow = try EnhancementModel(path: fixture("tiny-8k.safetensors").path)
    for (a, b) in [(tiny, narrow), (narrow, tiny), (pair, tiny), (tiny, pair)] {
      let error = #expect(throws: EnhancementModelError.self) { try EnhancementModel(mean: a, b) }
      #expect(error?.kind == .unusable)
      #expect(error?.description.contains("choose two models of one format") == true, "\(error?.description ?? "")")
    }
  }
}
