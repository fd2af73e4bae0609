import Enhancement
import Foundation
import LiveTestSupport
import Realtime
import Recording
import Synchronization
import Testing
import TestSupport

@testable import Realtime

/// Learning live: collected by the worker, made into tokens beside it, taken up between two blocks, played again to the bit.
@Suite struct LearningTests {
  private let format = StreamFormat(sampleRate: 16_000, block: 160, channelCount: 1)

  private func play(
    _ seconds: Double, commands: [Int: EngineCommand], recording: RecordingFolder? = nil, options: LiveOptions = calm,
    live: LearnedNoise? = nil, encodes: (Int) -> Bool = { _ in true }
  ) throws -> Rig {
    let rig = try Rig(format, model: try model("tiny-learned"), recording: recording, options: options, live: live)
    try rig.session.recorder?.start()
    let input = voiceLike(Int(seconds * 16_000), rate: 16_000)
    for n in 0..<input.count / 160 {
      if let command = commands[n] { rig.send(command) }
      rig.callback(Array(input[n * 160..<(n + 1) * 160]))
      rig.work(encodes: encodes(n))
      if n % 200 == 0 { usleep(20_000) }  // the recorder's rings are finite
    }
    try rig.session.recorder?.finish()
    return rig
  }

  private func isRemoving(_ rig: Rig) -> Bool { rig.meters.isLearned.load(ordering: .relaxed) }

  @Test func `what was learned changes the output from then on, and forgetting ends it`() throws {
    let plain = try play(4, commands: [:])
    let learned = try play(4, commands: [100: .learn(seconds: 1)])
    #expect(plain.session.desk.live == nil && learned.session.desk.live != nil)
    let noise = try #require(learned.session.desk.live)
    #expect(abs(noise.duration - 1) < 0.03)
    let first = try #require(firstDifference(plain.output, learned.output))
    #expect((200 * 160...210 * 160 + learned.latency).contains(first), "not before it was heard: \(first)")
    #expect(isRemoving(learned))
    let forgotten = try play(4, commands: [100: .learn(seconds: 1), 250: .forget])
    #expect(!isRemoving(forgotten))
    #expect(try #require(firstDifference(learned.output, forgotten.output)) > 249 * 160)
  }

  @Test func `pressing again ends it early, and more than there is room for is the end`() throws {
    let early = try play(3, commands: [50: .learn(seconds: 4), 150: .endLearning])
    #expect(abs(try #require(early.session.desk.live).duration - 1) < 0.03)
    let full = try play(7, commands: [50: .learn(seconds: 60)])
    #expect(abs(try #require(full.session.desk.live).duration - LearningDesk.longest) < 0.03)
  }

  @Test func `too little is refused with a sentence, and what was learned before stays`() throws {
    let rig = try play(4, commands: [20: .learn(seconds: 1), 200: .learn(seconds: 0.3)])
    #expect(abs(try #require(rig.session.desk.live).duration - 1) < 0.03)
    #expect(isRemoving(rig))
  }

  @Test func `forgetting ends what is being heard, and what is being made of it`() throws {
    let heard = try play(4, commands: [50: .learn(seconds: 2), 100: .forget])
    #expect(!isRemoving(heard) && heard.session.desk.sounds.isEmpty && heard.session.desk.state == .idle)
    for late in [155, 170] {  // the tokens are there before the worker hears of it; or made afterwards
      let made = try play(4, commands: [50: .learn(seconds: 1), 160: .forget], encodes: { $0 < 140 || $0 > late })
      #expect(!isRemoving(made) && made.session.desk.sounds.isEmpty && made.session.desk.state == .idle)
    }
    let plain = try play(4, commands: [:])
    #expect(firstDifference(plain.output, heard.output) == nil)
  }

  @Test func `what cannot be learned just now changes nothing`() throws {
    let once = try play(4, commands: [50: .learn(seconds: 1)], encodes: { $0 < 140 || $0 > 170 })
    // The encoder's thread has not made the first one's tokens yet.
    let twice = try play(
      4, commands: [50: .learn(seconds: 1), 160: .learn(seconds: 1)], encodes: { $0 < 140 || $0 > 170 })
    #expect(firstDifference(once.output, twice.output) == nil)
    #expect(twice.meters.learningLeft.load(ordering: .relaxed) < 0)
  }

  /// - Parameter live: whether the session begins with a sound of the one before.
  @Test(
    arguments: [
      ([20: EngineCommand.learn(seconds: 0.3), 100: .learn(seconds: 1)], false), ([100: .learn(seconds: 1)], true),
      ([50: .forget, 100: .learn(seconds: 1)], true), ([50: .learn(seconds: 1), 160: .learn(seconds: 1)], true),
      ([50: .learn(seconds: 1), 160: .forget, 180: .learn(seconds: 1)], false),
    ])
  func `a recording plays again where learning failed, was refused or begun anew`(
    commands: [Int: EngineCommand], live: Bool
  ) throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = calm
    options.learned = [try LearnedNoise(samples: voiceLike(32_000, rate: 16_000, seed: 5), sampleRate: 16_000)]
    let before = try LearnedNoise(samples: voiceLike(32_000, rate: 16_000, seed: 9), sampleRate: 16_000)
    let rig = try play(
      4, commands: commands, recording: RecordingFolder(folder.path), options: options, live: live ? before : nil,
      encodes: { $0 < 140 || $0 > 170 })
    #expect(isRemoving(rig))
    #expect(try Replay(path: folder.path, model: try model("tiny-learned")).verify() == nil)
  }

  /// The tokens come late here: the encoder's thread is kept from running for a while.
  @Test func `a recording with it plays again to the bit`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = calm
    let samples = voiceLike(32_000, rate: 16_000, seed: 5)
    options.learned = [try LearnedNoise(samples: samples, sampleRate: 16_000)]
    let rig = try play(
      5, commands: [100: .learn(seconds: 1), 350: .forget, 400: .learn(seconds: 0.7)],
      recording: RecordingFolder(folder.path), options: options, encodes: { $0 < 190 || $0 > 260 })
    let replay = try Replay(path: folder.path, model: try model("tiny-learned"))
    #expect(try replay.verify() == nil)
    var played: [Float] = []
    try replay.run(output: { played += $0 })
    #expect(firstDifference(played, rig.output) == nil)
    // Without the moment of effect, or the sound of the start, it is another output.
    let events = folder.appending(path: "events.txt")
    let text = try String(contentsOf: events, encoding: .utf8)
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("learned") }.count == 2)
    let without = text.split(separator: "\n").filter { !$0.hasPrefix("learned") }.joined(separator: "\n")
    try Data(without.utf8).write(to: events)
    #expect(try Replay(path: folder.path, model: try model("tiny-learned")).verify() != nil)
    try Data(text.utf8).write(to: events)
    let session = folder.appending(path: "session.txt")
    let header = try String(contentsOf: session, encoding: .utf8)
    try Data(header.replacing("learned 1", with: "learned 0").utf8).write(to: session)
    #expect(try Replay(path: folder.path, model: try model("tiny-learned")).verify() != nil)
  }

  @Test func `a model without tokens for it learns the noise reference as before`() throws {
    let rig = try Rig(format, model: try model("tiny"))
    rig.send(.learn(seconds: 1))
    let input = voiceLike(32_000, rate: 16_000)
    for n in 0..<200 {
      rig.callback(Array(input[n * 160..<(n + 1) * 160]))
      rig.work()
    }
    let isFrozen = rig.meters.isFrozen.load(ordering: .relaxed)
    #expect(isFrozen && !isRemoving(rig))
  }

  /// Ended too soon, it left a reference that is too short for tokens, or empty, for ever.
  @Test func `where too little was heard the noise reference is kept as soon as it is full`() throws {
    let rig = try Rig(format, model: try model("tiny"))
    var random = Random(1)
    var frozen: [Bool] = []
    rig.send(.learn(seconds: 1))
    for n in 0..<300 {
      if n == 10 { rig.send(.endLearning) }
      rig.callback((0..<160).map { _ in 0.1 * random.sample() })
      rig.work()
      if n == 20 || n == 299 { frozen.append(rig.meters.isFrozen.load(ordering: .relaxed)) }
    }
    #expect(frozen == [false, true])
    let frames = rig.meters.referenceFrames.load(ordering: .relaxed)
    #expect(frames == 200)
  }
}
