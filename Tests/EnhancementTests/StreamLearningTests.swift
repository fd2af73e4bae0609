import Foundation
import HeapCounter
import ScoreModel
import Testing

@testable import Enhancement

/// Learning from the stream on its own thread, as plugins do: the same tokens as from a file, a share of the work in every frame.
@Suite struct StreamLearningTests {
  private let model: EnhancementModel

  init() throws { model = try EnhancementModel(path: fixture("tiny-learned.safetensors").path) }

  /// A sound with a pause, in hops of the model.
  private func sound(_ seconds: Double) -> [Float] {
    (0..<Int(seconds * 16_000)).map { n in
      let (voice, tremor) = (sin(0.12 * Double(n)), sin(0.0007 * Double(n)))
      return n / 4000 % 5 == 3 ? 0 : Float(0.1 * voice + 0.05 * tremor)
    }
  }

  private func learn(_ learning: StreamLearning, _ samples: [Float]) -> [Float]? {
    learning.begin()
    learning.note(energy: 1, channel: 0)
    #expect(learning.chosenChannel() == 0)
    samples.withUnsafeBufferPointer { buffer in
      for hop in 0..<samples.count / 160 where learning.isListening { learning.keep(buffer.baseAddress! + hop * 160) }
    }
    learning.end()
    for _ in 0..<100 {
      if let tokens = learning.work()?.tokens {
        let count = model.weights.configuration.tokenCount * model.weights.configuration.tokenDimension
        return Array(UnsafeBufferPointer(start: tokens, count: count))
      }
    }
    return nil
  }

  @Test(arguments: [0.8, 2.0, 4.6, 7.0]) func `the tokens are those of the sound that is saved`(seconds: Double) throws
  {
    let learning = try #require(StreamLearning(model: model, channelCount: 1))
    #expect(learning.sound() == nil && learning.seconds == 0)
    let tokens = try #require(learn(learning, sound(seconds)))
    let kept = try #require(learning.sound())
    #expect(kept.duration == min(seconds, StreamLearning.longest))
    #expect(learning.seconds == kept.duration)
    let expected = try #require(try model.learnedTokens([kept]))
    #expect(tokens == expected.values)
    let given = try LearnedNoise(samples: Array(sound(seconds).prefix(80_000)), sampleRate: 16_000)
    #expect(kept == given)
  }

  @Test func `too little leaves what was learned before`() throws {
    let learning = try #require(StreamLearning(model: model, channelCount: 1))
    #expect(learn(learning, sound(0.4)) == nil)
    #expect(learning.sound() == nil)
    #expect(learn(learning, sound(1)) != nil)
    let before = learning.sound()
    #expect(learn(learning, sound(0.4)) == nil)
    #expect(learn(learning, [Float](repeating: 0, count: 32_000)) == nil)
    #expect(learning.sound() == before && before != nil)
    #expect(learn(learning, sound(1.5)) != nil)
    #expect(learning.sound()?.duration == 1.5)
    learning.forget()
    #expect(learning.sound() == nil && learning.seconds == 0)
  }

  @Test func `a model without tokens for it cannot, and learns its noise reference`() throws {
    #expect(StreamLearning(model: try tinyModel(), channelCount: 1) == nil)
    #expect(StreamLearning(model: nil, channelCount: 1) == nil)
    var enhancer = try MultichannelEnhancer(model: try tinyModel(), sampleRate: 16_000, channelCount: 1)
    var noise = whiteNoise(16_000)
    func run(_ count: Int) {
      noise.withUnsafeMutableBufferPointer {
        enhancer.process(
          interleaved: UnsafeBufferPointer(rebasing: $0[..<count]),
          into: UnsafeMutableBufferPointer(rebasing: $0[..<count]))
      }
      noise = whiteNoise(16_000)
    }
    run(16_000)
    enhancer.beginLearning()
    var (frames, isFrozen) = (enhancer.noiseReferenceFrameCount, enhancer.isNoiseReferenceFrozen)
    #expect(frames == 0 && !isFrozen)
    run(8000)
    enhancer.endLearning()
    (frames, isFrozen) = (enhancer.noiseReferenceFrameCount, enhancer.isNoiseReferenceFrozen)
    #expect(isFrozen && frames > 25)
    run(8000)
    let later = enhancer.noiseReferenceFrameCount
    #expect(later == frames)
  }

  @Test func `a reference that is held too early is held when it is full`() throws {
    var enhancer = try MultichannelEnhancer(model: try tinyModel(), sampleRate: 16_000, channelCount: 2)
    enhancer.holdNoiseReferences(true)
    var isFrozen = enhancer.isNoiseReferenceFrozen
    #expect(!isFrozen)
    for _ in 0..<8 {
      var noise = whiteNoise(32_000)
      noise.withUnsafeMutableBufferPointer { enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    }
    let frames = enhancer.noiseReferenceFrameCount
    isFrozen = enhancer.isNoiseReferenceFrozen
    #expect(frames == 200 && isFrozen)
    enhancer.reset()
    isFrozen = enhancer.isNoiseReferenceFrozen
    #expect(!isFrozen)
  }

  /// The loudest channel is learned from, and the work takes effect at the same frame however the stream is cut.
  @Test(arguments: [1, 160, 4096]) func `blocks do not matter`(block: Int) throws {
    func rendered(_ block: Int) throws -> [Float] {
      var enhancer = try MultichannelEnhancer(model: model, sampleRate: 48_000, channelCount: 2)
      enhancer.prepareLearning(model)
      let voice = voiceLike(48_000 * 3, rate: 48_000)
      var samples = voice.flatMap { [0.1 * $0, $0] }
      samples.withUnsafeMutableBufferPointer { memory in
        var done = 0
        while done < 144_000 {
          if done == 24_000 { enhancer.beginLearning() }
          if done == 72_000 { enhancer.endLearning() }
          let next = done < 24_000 ? 24_000 : done < 72_000 ? 72_000 : 144_000
          let part = 2 * done..<2 * min(done + block, next)
          let slice = UnsafeMutableBufferPointer(rebasing: memory[part])
          enhancer.process(interleaved: UnsafeBufferPointer(slice), into: slice)
          done += part.count / 2
        }
      }
      let seconds = enhancer.learning?.seconds
      #expect(seconds == 1)
      return samples
    }
    #expect(try rendered(block) == rendered(480))
  }

  #if !canImport(Darwin)
    @Test(arguments: [false, true]) func `learning makes no heap call`(withSpeakers: Bool) throws {
      let model = withSpeakers ? try speakerModel(isVoice: true, activity: 0) : model
      var enhancer = try MultichannelEnhancer(model: model, sampleRate: 16_000, channelCount: 1)
      enhancer.prepareLearning(model)
      var calls: UInt = 0
      var noise = whiteNoise(160)
      noise.withUnsafeMutableBufferPointer { memory in
        for hop in 0..<600 {
          for n in 0..<160 { memory[n] = 0.1 * Float(n % 7 - 3) }
          let before = heap_call_count()
          if hop % 250 == 50 { enhancer.beginLearning() }
          if hop % 250 == 150 { enhancer.endLearning() }
          if hop == 500 { enhancer.forgetLearned() }
          let begun = heap_call_count() - before
          calls += hop < 300 ? 0 : begun
          enhancer.process(interleaved: UnsafeBufferPointer(memory), into: memory)
        }
      }
      #expect(calls == 0)
    }
  #endif
}
