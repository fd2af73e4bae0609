import Enhancement
import Foundation
import LiveTestSupport
import Synchronization
import Testing
import TestSupport

@testable import Realtime

/// Learned sounds that are chosen by name while it runs.
@Suite struct RemovalTests {
  private let format = StreamFormat(sampleRate: 16_000, block: 160, channelCount: 1)

  private func sound(_ seed: UInt64) throws -> LearnedNoise {
    try LearnedNoise(samples: voiceLike(2 * 16_000, rate: 16_000, seed: seed), sampleRate: 16_000)
  }

  /// - Parameter uses: what is to be removed from before a block on.
  private func play(_ uses: [Int: [LearnedNoise]], options: LiveOptions = calm) throws -> Rig {
    let rig = try Rig(format, model: try model("tiny-learned"), options: options)
    let input = voiceLike(3 * 16_000, rate: 16_000)
    for n in 0..<input.count / 160 {
      if let sounds = uses[n] { #expect(rig.session.desk.use(sounds)) }
      rig.callback(Array(input[n * 160..<(n + 1) * 160]))
      rig.work()
    }
    return rig
  }

  @Test func `what is chosen changes the output from then on, another choice changes it again`() throws {
    let (one, other) = (try sound(5), try sound(6))
    let plain = try play([:])
    let chosen = try play([100: [one]])
    let areLearned = [plain, chosen].map { $0.meters.isLearned.load(ordering: .relaxed) }
    #expect(areLearned == [false, true])
    #expect([plain, chosen].map { $0.meters.isRemoving.load(ordering: .relaxed) } == [false, true])
    let first = try #require(firstDifference(plain.output, chosen.output))
    #expect((100 * 160...103 * 160 + chosen.latency).contains(first), "\(first)")
    let changed = try play([100: [one], 200: [one, other]])
    let second = try #require(firstDifference(chosen.output, changed.output))
    #expect((200 * 160...203 * 160 + chosen.latency).contains(second), "\(second)")
  }

  @Test func `what was learned counts as removed only while a network is heard that can`() throws {
    var options = calm
    options.learned = [try sound(5)]
    let two = try EnhancementModel(mean: try tinyModel(), try model("tiny-learned"))
    let engine = try LiveEngine(model: two, settings: EnhancementSettings(), options: options)
    _ = try engine.prepare(format)
    defer { try? engine.stop() }
    #expect(engine.status?.networkNames.count == 2 && engine.status?.canLearn == true)
    for (networks, isRemoved) in [(EnhancementSettings.Networks.both, true), (.first, false), (.second, true)] {
      try engine.send(.networks(networks))
      #expect(engine.status?.networks == networks && engine.status?.isLearned == isRemoved)
    }
  }

  @Test func `while something is learned the choice has to wait, and after it both are removed`() throws {
    let rig = try Rig(format, model: try model("tiny-learned"))
    let input = voiceLike(2 * 16_000, rate: 16_000)
    func play(_ blocks: Range<Int>) {
      for n in blocks {
        rig.callback(Array(input[n % 200 * 160..<(n % 200 + 1) * 160]))
        rig.work()
      }
    }
    rig.send(.learn(seconds: 1))
    play(0..<20)
    #expect(try !rig.session.desk.use([sound(5)]))
    play(20..<150)
    #expect(rig.session.desk.live != nil && rig.session.desk.named.isEmpty)
    #expect(try rig.session.desk.use([sound(5)]))
    play(150..<170)
    #expect(rig.session.desk.sounds.count == 2 && rig.session.desk.state == .idle)
  }

  @Test func `the engine tells what is removed, and forgets it; a model without tokens and a recording refuse`() throws
  {
    let input = voiceLike(3 * 16_000, rate: 16_000)
    let noise = try sound(5)
    var names: [[String]] = []
    _ = try playLive(input, format, modelName: "tiny-learned") { engine, position in
      if position == 8000 { try engine.remove([noise], named: ["tv"]) }
      if position == 24_000 { try engine.remove([], named: []) }
      if position == 16_000 || position == 40_000 {
        // The ordinary thread makes the tokens at its own time.
        try wait("its effect") { engine.status?.isLearned == (position == 16_000) }
        names.append(try #require(engine.status).removedNames)
      }
    }
    #expect(names == [["tv"], []])
    let engine = try LiveEngine(model: try model("tiny-learned"), settings: EnhancementSettings(), options: calm)
    #expect(throws: LiveError.notRunning) { try engine.remove([noise], named: ["tv"]) }
    _ = try engine.prepare(format)
    let tooShort = #expect(throws: LiveError.self) { try engine.send(.learn(seconds: 0.5)) }
    #expect(tooShort?.description.contains("give 0.6 or more") == true)
    try engine.send(.learn(seconds: 1))
    try engine.stop()
    let light = try LiveEngine(model: try model("tiny"), settings: EnhancementSettings(), options: calm)
    _ = try light.prepare(format)
    #expect(throws: LiveError.self) { try light.remove([noise], named: ["tv"]) }
    try light.stop()
  }

  /// `use` without a name ended what was being learned, and emptied the noise reference of a model without tokens.
  @Test func `to remove nothing where nothing is removed changes nothing`() throws {
    let input = voiceLike(3 * 16_000, rate: 16_000)
    var isLearned = false
    _ = try playLive(input, format, modelName: "tiny-learned") { engine, position in
      if position == 8000 { try engine.send(.learn(seconds: 1)) }
      if position == 16_000 { try engine.remove([], named: []) }
      if position == 40_000 {
        try wait("the tokens") { engine.status?.isLearned == true }
        isLearned = engine.learnedNoise != nil
      }
    }
    #expect(isLearned)
    var settings = EnhancementSettings()
    settings.noiseSelection = .spp
    var frames: [Int] = []
    _ = try playLive(input, format, settings: settings) { engine, position in
      if position == 32_000 || position == 32_160 { frames.append(engine.noiseProfile()?.frameCount ?? 0) }
      if position == 32_000 { try engine.remove([], named: []) }
    }
    #expect(frames.count == 2 && frames[0] >= 25 && frames[1] >= frames[0], "\(frames)")
  }

  @Test func `to remove nothing ends what is removed by name`() throws {
    let noise = try sound(5)
    var options = calm
    options.learned = [noise]
    options.learnedNames = ["tv"]
    let engine = try LiveEngine(model: try model("tiny-learned"), settings: EnhancementSettings(), options: options)
    engine.measure = { _, _ in 0 }
    _ = try engine.prepare(format)
    defer { try? engine.stop() }
    try engine.remove([], named: [])
    try wait("the end of it") { engine.status?.isLearned == false }
    #expect(engine.status?.removedNames == [])
  }

  /// The old session took what was chosen while the next one was made, and said that it was removed.
  @Test func `while the device changes its format nothing can be chosen`() throws {
    let noise = try sound(5)
    let engine = try LiveEngine(model: try model("tiny-learned"), settings: EnhancementSettings(), options: calm)
    engine.measure = { _, _ in 0 }
    _ = try engine.prepare(format)
    defer { try? engine.stop() }
    var refusals = 0
    engine.measure = { _, _ in
      do { try engine.remove([noise], named: ["tv"]) } catch LiveError.notRunning { refusals += 1 }
      return 0
    }
    _ = try engine.prepare(StreamFormat(sampleRate: 16_000, block: 64, channelCount: 1))
    engine.measure = { _, _ in 0 }
    #expect(refusals > 0)
    #expect(engine.status?.removedNames == [])
    try engine.remove([noise], named: ["tv"])
    #expect(engine.status?.removedNames == ["tv"])
  }

  /// The next session had taken it over by then, and the next thing learned would have brought it back.
  @Test func `what is forgotten while the device changes its format stays forgotten`() throws {
    var options = calm
    options.learned = [try sound(5)]
    options.learnedLive = try sound(6)
    let engine = try LiveEngine(model: try model("tiny-learned"), settings: EnhancementSettings(), options: options)
    engine.measure = { _, _ in 0 }
    _ = try engine.prepare(format)
    defer { try? engine.stop() }
    #expect(engine.learnedNoise != nil)
    engine.measure = { _, _ in
      try engine.send(.forget)
      return 0
    }
    _ = try engine.prepare(StreamFormat(sampleRate: 16_000, block: 64, channelCount: 1))
    engine.measure = { _, _ in 0 }
    #expect(engine.learnedNoise == nil)
    try wait("the worker to hear of it") { engine.status?.isLearned == false }
  }
}
