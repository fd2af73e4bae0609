import Foundation
import HeapCounter
import NeuralLayers
import ScoreModel
import Testing

@testable import Enhancement

/// The model `tiny-learned` with a speaker network beside it, whose decisions its last biases make: a logit of ±100, or of its own.
func speakerModel(isVoice: Bool, activity: Float) throws -> EnhancementModel {
  let file = try SafetensorsFile(path: fixture("tiny-learned.safetensors").path)
  let (width, embedding, slots, stride, bins) = (8, 5, 2, 2, 160)
  let sizes =
    #""speaker": {"format": 1, "bins": \#(bins), "stride": \#(stride), "width": \#(width), "embedding": \#(embedding), "slots": \#(slots)}, "#
  var writer = SafetensorsWriter(
    metadata: file.metadata.map { ($0.key, $0.key == "limpid" ? "{" + sizes + $0.value.dropFirst() : $0.value) })
  for tensor in file.tensors { writer.add(tensor.name, shape: tensor.shape, values: try file.floats(tensor)) }
  var seed: UInt64 = 40
  func add(_ name: String, _ shape: Int..., value: [Float]? = nil) {
    seed += 1
    let count = shape.reduce(1, *)
    writer.add("speaker.\(name)", shape: shape, values: value ?? whiteNoise(count, amplitude: 0.4, seed: seed))
  }
  func linear(_ name: String, _ inputs: Int, _ outputs: Int, bias: [Float]? = nil) {
    add("\(name).weight", outputs, inputs)
    add("\(name).bias", outputs, value: bias)
  }
  linear("stem", stride * bins, width)
  for gru in ["gru1", "gru2"] {
    for part in ["ih", "hh"] {
      add("\(gru).weight_\(part)_l0", 3 * width, width)
      add("\(gru).bias_\(part)_l0", 3 * width)
    }
  }
  linear("attention", width, 1)
  linear("embedding", 2 * width, embedding)
  linear("voice", 2 * width, 1, bias: [isVoice ? 100 : -100])
  linear("query", 2 * width, slots * embedding)
  add("agreement", 2, value: [10, activity])
  let path = FileManager.default.temporaryDirectory.appending(path: "limpid-\(UUID().uuidString).safetensors").path
  defer { try? FileManager.default.removeItem(atPath: path) }
  try writer.write(to: path)
  return try EnhancementModel(path: path)
}

/// A voice that was learned is removed all the time or while it is heard, as is wished; any other sound all the time.
@Suite struct LearnedVoiceTests {
  private let sound: LearnedNoise
  private let input = voiceLike(16_000, rate: 16_000)

  init() throws { sound = try LearnedNoise(samples: voiceLike(32_000, rate: 16_000, seed: 5), sampleRate: 16_000) }

  /// - Parameter rounds: times that the input is enhanced, from a reset each.
  private func enhanced(
    _ model: EnhancementModel, learns: Bool = true, when voices: EnhancementSettings.LearnedVoices = .heard,
    rounds: Int = 1
  ) throws -> (sound: [Float], removing: Int) {
    var settings = EnhancementSettings()
    settings.learnedVoices = voices
    var enhancer = try MultichannelEnhancer(model: model, settings: settings, sampleRate: 16_000, channelCount: 1)
    if learns { enhancer.setLearnedTokens(try model.learnedTokens([sound])) }
    var output: [Float] = []
    for _ in 0..<rounds {
      enhancer.reset()
      output = input
      output.withUnsafeMutableBufferPointer { enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    }
    let removing = enhancer.statistics.counts.removingFrames
    return (output, removing)
  }

  @Test func `a voice that is not heard changes nothing`() throws {
    let model = try speakerModel(isVoice: true, activity: -100)
    let tokens = try #require(try model.learnedTokens([sound]))
    #expect(tokens.voices?.count == 5)
    let absent = try enhanced(model)
    #expect(absent.removing == 0)
    #expect(try absent.sound == enhanced(model, learns: false).sound)
    #expect(EnhancementSettings().learnedVoices == .always, "without a wish nothing of it is missed")
    #expect(try enhanced(model, when: .always).sound == enhanced(try tinyModel("tiny-learned")).sound)
  }

  @Test func `a voice that is heard is removed from the first step on`() throws {
    let model = try speakerModel(isVoice: true, activity: 100)
    let present = try enhanced(model)
    #expect(present.removing == 99, "of 100 frames, a step of two")
    let always = try enhanced(try tinyModel("tiny-learned"))
    #expect(always.removing == 100)
    // The score network is the same; it heard the first frame without tokens, and keeps that in its state.
    #expect(largestDifference(present.sound, try enhanced(model, learns: false).sound) > 1e-4)
    #expect(try enhanced(model, rounds: 3).sound == present.sound, "a reset begins anew and keeps what was learned")
  }

  /// Also of whom it heard before: of several biases the first with which a voice comes and goes.
  @Test func `a reset forgets who was heard`() throws {
    for activity in stride(from: Float(-9), to: 0, by: 0.5) {
      let model = try speakerModel(isVoice: true, activity: activity)
      let once = try enhanced(model)
      guard once.removing > 20 && once.removing < 90 else { continue }
      let again = try enhanced(model, rounds: 2)
      #expect(again.removing == once.removing && again.sound == once.sound)
      return
    }
    Issue.record("with no bias it comes and goes")
  }

  @Test func `what is no voice is removed all the time`() throws {
    let model = try speakerModel(isVoice: false, activity: -100)
    #expect(try #require(try model.learnedTokens([sound])).voices == nil)
    let without = try tinyModel("tiny-learned")
    #expect(model.tellsVoicesApart && !without.tellsVoicesApart)
    let always = try enhanced(model)
    #expect(always.removing == 100)
    #expect(try always.sound == enhanced(try tinyModel("tiny-learned")).sound)
  }

  /// Voices together are each listened for; with more than there is room for all of them are removed all the time.
  @Test func `several voices`() throws {
    let model = try speakerModel(isVoice: true, activity: -100)
    let most = SpeakerActivity.mostVoices
    for count in [2, most, most + 1] {
      let tokens = try #require(try model.learnedTokens(Array(repeating: sound, count: count)))
      #expect(tokens.voices?.count == (count <= most ? 5 * count : nil))
    }
  }

  @Test func `a voice that the stream learned is the same`() throws {
    let model = try speakerModel(isVoice: true, activity: 0)
    let learning = try #require(StreamLearning(model: model, channelCount: 1))
    learning.begin()
    learning.note(energy: 1, channel: 0)
    #expect(learning.chosenChannel() == 0)
    sound.samples.withUnsafeBufferPointer { buffer in
      for hop in 0..<buffer.count / 160 { learning.keep(buffer.baseAddress! + hop * 160) }
    }
    learning.end()
    var voice: [Float]?
    for _ in 0..<100 {
      if let result = learning.work() { voice = result.voice.map { Array(UnsafeBufferPointer(start: $0, count: 5)) } }
    }
    #expect(try voice == model.learnedTokens([try #require(learning.sound())])?.voices)
    #expect(voice != nil)
  }

  /// Of two channels with other sounds; the speaker network's numbers are random, so what tells them apart is looked for.
  @Test func `linked channels remove it together`() throws {
    let noise = whiteNoise(64_000, seed: 9)
    let stereo = zip(voiceLike(64_000, rate: 16_000), noise).flatMap { [$0, $1] }
    func removing(activity: Float, isLinked: Bool) throws -> [Int] {
      let model = try speakerModel(isVoice: true, activity: activity)
      var settings = EnhancementSettings()
      settings.linksChannels = isLinked
      settings.learnedVoices = .heard
      var enhancer = try MultichannelEnhancer(model: model, settings: settings, sampleRate: 16_000, channelCount: 2)
      enhancer.setLearnedTokens(try model.learnedTokens([sound]))
      var samples = stereo
      samples.withUnsafeMutableBufferPointer { enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0) }
      var counts: [Int] = []
      for channel in 0..<2 { counts.append(enhancer.withChannel(channel) { $0.statistics.counts.removingFrames }) }
      return counts
    }
    let activity = try #require(
      try stride(from: Float(-9), to: 0, by: 0.5).first {
        let counts = try removing(activity: $0, isLinked: false)
        return abs(counts[0] - counts[1]) > 100
      })
    let apart = try removing(activity: activity, isLinked: false)
    let linked = try removing(activity: activity, isLinked: true)
    #expect(abs(linked[0] - linked[1]) < 40, "each change comes a frame later in the other: \(linked)")
    #expect(linked.min()! > apart.max()! - 40, "\(linked), by themselves \(apart)")
  }

  #if !canImport(Darwin)
    /// It comes and goes: the network is told of it between frames.
    @Test func `listening for a voice makes no heap call`() throws {
      let model = try speakerModel(isVoice: true, activity: -3)
      let service = NoiseEncodingService(model: model, wake: {}, pause: {})
      var settings = EnhancementSettings()
      settings.learnedVoices = .heard
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: 16_000, service: service)
      enhancer.setLearnedTokens(try model.learnedTokens([sound]))
      var samples = voiceLike(160_000, rate: 16_000)
      var heapCalls: UInt = 0
      samples.withUnsafeMutableBufferPointer { memory in
        for hop in 0..<1000 {
          service.runPending()
          let block = UnsafeMutableBufferPointer(rebasing: memory[hop * 160..<(hop + 1) * 160])
          let before = heap_call_count()
          enhancer.process(UnsafeBufferPointer(block), into: block)
          if hop > 100 { heapCalls += heap_call_count() - before }
        }
      }
      #expect(heapCalls == 0)
      let removing = enhancer.statistics.counts.removingFrames
      #expect(removing > 0 && removing < 1000, "it came and went: \(removing) frames")
    }
  #endif
}
