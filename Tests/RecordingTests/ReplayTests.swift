import CKernels
import Enhancement
import Foundation
import LiveTestSupport
import NeuralLayers
import Synchronization
import Testing
import TestSupport

@testable import Realtime
@testable import Recording

@Suite struct ReplayTests {
  static let events: [SessionEvent] = [
    .command(position: 96000, .attenuationLimit(12.3)), .command(position: 0, .learn(seconds: 1.5)),
    .level(position: 123_456, 1), .gap(position: 7, count: 48000), .frameCut(frame: 12, channel: 3, steps: 2),
    .tokensLate(frame: 35, channel: 0), .clockDrift(position: 96000, ppm: -31.25),
    .dry(position: 12, count: 48, gain: 0.1),
  ]

  @Test(arguments: events) func `every event is read as it is written`(_ event: SessionEvent) {
    #expect(SessionEvent(line: event.line) == event)
  }

  @Test(arguments: [
    "", "sample", "sample 1 steps", "sample -1 steps 2", "frame 1 channel 0", "dry 1 2 nan", "dry 1 2", "noise 1 2 3",
    // Sums of such numbers once ended the program.
    "sample 0 gap 9223372036854775807", "dry 9223372036854775807 1 1", "frame 4611686018427387904 channel 0 steps 1",
  ])
  func `a line that is no event is refused`(_ line: String) { #expect(SessionEvent(line: line) == nil) }

  /// Stalls of the worker, a late encoder, commands, steps cut by the clock, lost input: all of it again, to the bit.
  @Test(arguments: [(48000, 128, 1), (44100, 512, 2), (16000, 64, 1)], [1, 2])
  func `a recording plays again to the bit`(format: (rate: Int, block: Int, channels: Int), passes: Int) throws {
    let (rate, block, channels) = format
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var settings = EnhancementSettings()
    settings.steps = 3
    settings.passes = passes
    var options = calm
    options.adaptsSteps = true
    let rig = try Rig(
      StreamFormat(sampleRate: rate, block: block, channelCount: channels), settings: settings,
      recording: RecordingFolder(folder.path), options: options)
    // A fast machine would do all steps of what waits after a stall, and cut none.
    rig.session.worker.catchUpTime = 0
    try rig.session.recorder?.start()
    let input = voiceLike(6 * rate / block * block, rate: rate, channels: channels)
    let commands: [EngineCommand] = [
      .attenuationLimit(12), .steps(2), .bypass(true), .guidance(1.5), .bypass(false), .learn(seconds: 0.5), .mix(0.7),
      .guidance(1), .steps(4), .clear, .freeze(false), .attenuationLimit(nil), .mix(1),
    ]
    let total = input.count / (block * channels)
    var random = Random(11)
    var stalled = 0
    for n in 0..<total {
      if n % (total / 20) == 3 { rig.send(commands[n / (total / 20) % commands.count]) }
      if n == total / 3 { stalled = Int(0.2 * Double(rate)) / block }
      if n == total / 2 { stalled = Int(1.6 * Double(rate)) / block }  // more than the ring holds
      rig.callback(Array(input[n * block * channels..<(n + 1) * block * channels]))
      if stalled > 0 {
        stalled -= 1
      } else if random.below(10) > 0 {
        rig.work(encodes: n / (total / 7) % 2 == 0)
      }
      if n % 200 == 0 { usleep(20_000) }  // the recorder's rings are finite
    }
    try rig.session.recorder?.finish()
    #expect(rig.shared.pointee.overruns.load(ordering: .relaxed) == 1)
    #expect(rig.shared.pointee.drySpans.load(ordering: .relaxed) >= 2)
    #expect(rig.meters.referenceLate.load(ordering: .relaxed) > 0)
    #expect(rig.meters.reduced.load(ordering: .relaxed) > 0)

    let replay = try Replay(path: folder.path, model: try model())
    #expect(replay.sampleCount == input.count / channels)
    #expect(try replay.verify() == nil)
    var played: [Float] = []
    try Replay(path: folder.path, model: try model()).run(output: { played += $0 })
    #expect(firstDifference(played, rig.output) == nil)
    // Each kind of event matters: without it the output is another.
    let text = try String(contentsOf: folder.appending(path: "events.txt"), encoding: .utf8)
    for word in ["dry", "tokens-late", "command", "gap"] {
      let without = text.split(separator: "\n").filter { !$0.contains(word) }.joined(separator: "\n")
      #expect(without.count < text.count)
      try Data(without.utf8).write(to: folder.appending(path: "events.txt"))
      #expect(try Replay(path: folder.path, model: try model()).verify() != nil, "without \(word)")
    }
  }

  /// Who is heard of two networks is chosen by commands and, where frames are late, by the governor.
  @Test func `a recording of two networks plays again to the bit, and with both alone`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = calm
    options.adaptsSteps = true
    let two = { try EnhancementModel(mean: try model(), try model("tiny-learned")) }
    let format = StreamFormat(sampleRate: 48000, block: 240, channelCount: 1)
    let rig = try Rig(format, model: try two(), recording: RecordingFolder(folder.path), options: options)
    rig.session.worker.quickFrame = 0
    try rig.session.recorder?.start()
    let input = voiceLike(6 * 48000, rate: 48000)
    let commands: [Int: EngineCommand] = [
      200: .networks(.second), 300: .networks(.both), 400: .learn(seconds: 1), 700: .networks(.first),
      800: .networks(.both),
      900: .forget,
    ]
    for n in 0..<input.count / 240 {
      if let command = commands[n] { rig.send(command) }
      rig.callback(Array(input[n * 240..<(n + 1) * 240]))
      // Late now and then, until the second network is left out.
      if !(1000..<1150).contains(n) || n % 10 == 0 { rig.work() }
      if n % 200 == 0 { usleep(20_000) }  // the recorder's rings are finite
    }
    let isSpared = rig.meters.sparesSecond.load(ordering: .relaxed)
    #expect(isSpared)
    try rig.session.recorder?.finish()

    #expect(Replay.networks(of: folder.path) == RecordedNetwork.all(of: try two()))
    #expect(try Replay(path: folder.path, model: try two()).verify() == nil)
    let events = folder.appending(path: "events.txt")
    let text = try String(contentsOf: events, encoding: .utf8)
    for word in ["level 1", "networks second", "networks first"] {
      #expect(text.contains(word), "\(text)")
      let without = text.split(separator: "\n").filter { !$0.contains(word) }.joined(separator: "\n")
      try Data(without.utf8).write(to: events)
      #expect(try Replay(path: folder.path, model: try two()).verify() != nil, "without \(word)")
    }
    for (other, words) in [
      (try model(), "give those of"), (try EnhancementModel(mean: try model(), try model()), "with --second-model"),
    ] {
      let error = #expect(throws: RecordingError.self) { try Replay(path: folder.path, model: other) }
      #expect(error.map { "\($0)".contains(words) } == true, "\(error.map { "\($0)" } ?? "")")
    }
  }

  /// Records a second of voice at 16 kHz, in blocks of a hop.
  private func recordSecond(_ rig: Rig) throws {
    try rig.session.recorder?.start()
    let input = voiceLike(16000, rate: 16000)
    for n in 0..<100 {
      rig.callback(Array(input[n * 160..<(n + 1) * 160]))
      rig.work()
    }
    try rig.session.recorder?.finish()
  }

  /// Of two networks and two passes, on machines that begin with all of it, and with less and less.
  @Test(arguments: [(0.0, 4), (0.0013, 3), (0.0020, 2), (0.0030, 1)])
  func `a recording that began with less than all plays again to the bit`(step: Double, level: Int) throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var settings = EnhancementSettings()
    settings.passes = 2
    var options = calm
    options.adaptsSteps = true
    let pair = { try EnhancementModel(mean: model(), model("tiny-learned")) }
    let rig = try Rig(
      StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), settings: settings, model: try pair(),
      recording: RecordingFolder(folder.path), options: options,
      measure: { enhancer, _ in
        let running = enhancer.withChannel(0) { $0.settings }
        let networks: Double = running.networks == .both ? 2 : 1
        let second: Double = running.secondPass == .whole ? networks : running.secondPass == .light ? 1 : 0
        return step * (networks + second)
      })
    #expect(rig.session.worker.governor.level == level)
    try recordSecond(rig)
    #expect(try Replay(path: folder.path, model: try pair()).verify() == nil)
  }

  @Test(.enabled(if: EnhancementModel.Precision.bfloat16.isSupported, "this processor has no AVX512_BF16"))
  func `a recording in bfloat16 plays again in bfloat16 alone`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let rig = try Rig(
      StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), model: try model(precision: .bfloat16),
      recording: RecordingFolder(folder.path))
    try recordSecond(rig)
    #expect(Replay.precision(of: folder.path) == .bfloat16)
    #expect(try Replay(path: folder.path, model: try model(precision: .bfloat16)).verify() == nil)
    #expect(
      throws: RecordingError.badRecording(
        path: folder.path, reason: "made in bfloat16, the model was loaded in float32; load it in bfloat16")
    ) { try Replay(path: folder.path, model: try model()) }
    // A header that did not say so would play another output.
    let header = folder.appending(path: "session.txt")
    let text = try String(contentsOf: header, encoding: .utf8)
    try Data(text.replacing("precision bfloat16\n", with: "").utf8).write(to: header)
    #expect(Replay.precision(of: folder.path) == .float32)
    #expect(try Replay(path: folder.path, model: try model()).verify() != nil)
    try Data(text.replacing("precision bfloat16\n", with: "precision float16\n").utf8).write(to: header)
    #expect(throws: RecordingError.self) { try Replay(path: folder.path, model: try model()) }
    // Elsewhere.
    try Data(text.utf8).write(to: header)
    #expect(ck_level_force(Int32(ck_level_v3.rawValue)))
    defer { ck_level_force(-1) }
    #expect(Replay.precision(of: folder.path) == .float32)
    #expect(
      throws: RecordingError.badRecording(
        path: folder.path,
        reason: "made in bfloat16, which takes a processor with AVX512_BF16; play it where it was made")
    ) { try Replay(path: folder.path, model: try model()) }
  }

  /// The input's file was a block longer than the output's, so what there was did not play again.
  @Test func `a recording that ends for want of room is whole up to there`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let format = StreamFormat(sampleRate: 16000, block: 160, channelCount: 1)
    let rig = try Rig(format, recording: RecordingFolder(folder.path))
    let tap = try #require(rig.session.recorder?.tap)
    let input = voiceLike(16000, rate: 16000)
    for n in 0..<100 {
      // Of the output nothing was taken away; of the input all of it.
      if n == 50 {
        input.withUnsafeBufferPointer { samples in while tap.pointee.output.write([samples.baseAddress!], count: 160) {}
        }
      }
      rig.callback(Array(input[n * 160..<(n + 1) * 160]))
      rig.work()
      let isBroken = tap.pointee.isBroken.load(ordering: .relaxed)
      #expect(isBroken == (n >= 50))
    }
    let kept = tap.pointee.input.writePosition
    #expect(kept == 50 * 160, "what has no output has no input either")
  }

  /// A span of delayed input found no room in the middle of a block: the block was recorded and the span was not, so the
  /// recording differed from its replay in its last block. The worker's decisions could be lost in the same way.
  @Test(arguments: ["dry", "events"]) func `a recording that ends for want of room for decisions plays again`(
    _ full: String
  ) throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let rig = try Rig(
      StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), recording: RecordingFolder(folder.path))
    let tap = try #require(rig.session.recorder?.tap)
    let input = voiceLike(2 * 16000, rate: 16000)
    for n in 0..<200 {
      // The reader is away: what is there already leaves room for no whole block's worth.
      if n == 50, full == "dry" {
        while tap.pointee.dry.room > 1 {
          tap.pointee.noteDry(position: 0, count: 0, gain: 1)
        }
      } else if n == 50 {
        while tap.pointee.events.room > 1 {
          tap.pointee.note(WorkerEvent(position: 0, kind: .overrun))
        }
      }
      if n == 52 { rig.send(.bypass(true)) }
      rig.callback(Array(input[n * 160..<(n + 1) * 160]))
      if n < 40 || n > 60 { rig.work() }
    }
    try rig.session.recorder?.finish()
    let replay = try Replay(path: folder.path, model: try model())
    #expect(replay.sampleCount == 50 * 160, "it ends where a block begins")
    #expect(try replay.verify() == nil)
  }

  /// A recording that keeps what it has to say.
  private struct TellingRecording: SessionRecording {
    var folder: RecordingFolder
    let sentences = Sentences()

    func makeRecorder(
      segment: Int, start: SessionStart, remark: @escaping @Sendable (String) -> Void
    ) throws -> any SessionRecorder {
      try folder.makeRecorder(segment: segment, start: start, remark: { sentences.add($0) })
    }
    func place(ofSegment segment: Int) -> String { folder.place(ofSegment: segment) }
  }

  /// The write that found no room took all of it away, however many hours.
  @Test func `a recording ends before the disk is full, and is kept`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recording = TellingRecording(folder: RecordingFolder(folder.path))
    let rig = try Rig(StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), recording: recording)
    let recorder = try #require(rig.session.recorder as? Recorder)
    // More than any disk has.
    recorder.leastRoom = .max
    let input = voiceLike(16000, rate: 16000)
    for n in 0..<100 {
      // From here on it looks at the disk.
      if n == 50 {
        try recorder.start()
        try wait("the recording's end") { recorder.tap.pointee.isBroken.load(ordering: .relaxed) }
      }
      rig.callback(Array(input[n * 160..<(n + 1) * 160]))
      rig.work()
    }
    try recorder.finish()
    let isWhole = recorder.isWhole
    #expect(!isWhole, "the device's next format gets no folder")
    let told = recording.sentences.all.withLock { $0 }
    #expect(told == ["\(folder.path): the recording ends here and is kept, since the disk is nearly full"])
    let replay = try Replay(path: folder.path, model: try model())
    #expect(replay.sampleCount == 50 * 160)
    #expect(try replay.verify() == nil)
  }

  /// It was made of no sound, and kept.
  @Test
  func
    `a recording does not begin on a disk that is nearly full, nor where its files cannot be made, and leaves nothing`()
    throws
  {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var recording = RecordingFolder(folder.path)
    recording.leastRoom = .max
    let format = StreamFormat(sampleRate: 16000, block: 160, channelCount: 1)
    #expect(
      throws: RecordingError.cannotRecord(
        path: folder.path, reason: "the disk is nearly full; make room, or record elsewhere")
    ) { _ = try Rig(format, recording: recording) }
    #expect(!FileManager.default.fileExists(atPath: folder.path))

    // An empty folder of the user's stays, what was learned from somebody's voice does not stay in it.
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let model = try model()
    let noise = try LearnedNoise(samples: voiceLike(32_000, rate: 16_000), sampleRate: 16_000)
    var header = RecordingHeader(
      SessionStart(
        format: format, lead: 160, settings: EnhancementSettings(), level: 1, model: model, profile: nil,
        isFrozen: false,
        learned: [noise], endsLive: false))
    header.format.sampleRate = 0  // no WAV has it
    #expect(throws: RecordingError.self) {
      _ = try Recorder(
        path: folder.path, header: header, frames: model.frameFormat, profile: nil, learned: [noise], leastRoom: 0,
        remark: { _ in })
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  /// All the sound was there, under names that nobody was told.
  @Test func `a recording whose session was killed says how it can be played`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let rig = try Rig(
      StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), recording: RecordingFolder(folder.path))
    let input = voiceLike(16000, rate: 16000)
    try rig.session.recorder?.start()
    for n in 0..<100 {
      rig.callback(Array(input[n * 160..<(n + 1) * 160]))
      rig.work()
    }
    // As it lies there while it runs, for ever where nobody ends it.
    let left = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: left) }
    func size(_ name: String) -> Int {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      let file = names.first { $0.hasPrefix(".\(name)") }.map { folder.appending(path: $0) }
      return file.flatMap { try? Data(contentsOf: $0).count } ?? 0
    }
    try wait("all to be written") { size("input.wav") > 16000 * 4 && size("output.wav") > 16000 * 4 }
    try FileManager.default.copyItem(at: folder, to: left)
    try rig.session.recorder?.finish()
    let model = try model()
    do {
      _ = try Replay(path: left.path, model: model)
      Issue.record("it has no input.wav")
    } catch let error as RecordingError {
      let words = "\(error)".split(separator: " ").map(String.init)
      let places = words.indices.filter { words[$0].hasPrefix(".") && words[$0].hasSuffix(".tmp") }
      #expect(places.count == 2, "\(error)")
      for place in places {
        try FileManager.default.moveItem(
          at: left.appending(path: words[place]),
          to: left.appending(path: words[place + 2].trimmingCharacters(in: CharacterSet(charactersIn: ","))))
      }
    }
    let replay = try Replay(path: left.path, model: model)
    #expect(replay.sampleCount == 16000)
    #expect(try replay.verify() == nil)
  }

  /// A drain that came twice while a device without a clock waited for the worker ended the files at different lengths.
  @Test func `a recording that ends within a block has all of the block`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let rig = try Rig(
      StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), recording: RecordingFolder(folder.path))
    let recorder = try #require(rig.session.recorder)
    let silence = [Float](repeating: 0, count: 160)
    try recorder.start()
    silence.withUnsafeBufferPointer { samples in
      recorder.tap.pointee.recordInput([samples.baseAddress!], count: 160)
      recorder.tap.pointee.isBroken.store(true, ordering: .relaxed)
      // Several drains.
      usleep(300_000)
      recorder.tap.pointee.recordOutput([UnsafeMutablePointer(mutating: samples.baseAddress!)], count: 160)
    }
    try recorder.finish()
    let sizes = try ["input.wav", "output.wav"].map { try Data(contentsOf: folder.appending(path: $0)).count }
    #expect(sizes[0] == sizes[1] && sizes[0] > 160 * 4, "\(sizes)")
  }

  /// They lay in memory until the recording's end, which a crash never sees.
  @Test func `what was decided is in its file while the recording runs`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let rig = try Rig(
      StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), recording: RecordingFolder(folder.path))
    try rig.session.recorder?.start()
    rig.send(.bypass(true))
    let input = voiceLike(3200, rate: 16000)
    for n in 0..<20 {
      rig.callback(Array(input[n * 160..<(n + 1) * 160]))
      rig.work()
    }
    let events = folder.appending(path: "events.txt")
    try wait("the command in its file") { try String(contentsOf: events, encoding: .utf8).contains("command") }
    try rig.session.recorder?.finish()
  }

  @Test func `a session with threads and a device's pace plays again to the bit`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = calm
    options.recording = RecordingFolder(folder.path)
    options.adaptsSteps = true
    let input = voiceLike(48000, rate: 48000)
    let live = try playLive(
      input, StreamFormat(sampleRate: 48000, block: 128, channelCount: 1), options: options, isPaced: true,
      between: { engine, position in
        if position == 24 * 128 { try engine.send(.steps(3)) }
        if position == 48 * 128 { engine.note(.clockDrift(ppm: 17.5)) }
      })
    #expect(live.output.contains { $0 != 0 })
    #expect(try Replay(path: folder.path, model: try model()).verify() == nil)
    let text = try String(contentsOf: folder.appending(path: "events.txt"), encoding: .utf8)
    #expect(text.split(separator: "\n").filter { $0.hasSuffix("clock-drift 17.5") }.count == 1)
  }

  /// JACK's buffer size and then its rate change: the recording once ended at the first of them.
  @Test func `a recording goes on where the device changes its format`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = calm
    options.recording = RecordingFolder(folder.path)
    let sentences = Sentences()
    let engine = try LiveEngine(
      model: try model(), settings: EnhancementSettings(), options: options, remark: { sentences.add($0) })
    // The third lasts no block.
    var played: [[Float]] = []
    for (rate, block, count) in [(16000, 160, 32000), (16000, 64, 16000), (32000, 64, 0), (48000, 256, 51200)] {
      let format = StreamFormat(sampleRate: rate, block: block, channelCount: 1)
      let player = try PacedPlayer(processor: engine, format: format, isPaced: false)
      var sound = voiceLike(count, rate: rate)
      sound.withUnsafeMutableBufferPointer { player.play($0) }
      // What the user and the room changed is the next segment's beginning.
      if rate == 16000 { try engine.send(.attenuationLimit(block == 160 ? 12 : 6)) }
      played.append(sound)
    }
    try engine.stop()
    let segments = Replay.segments(of: folder.path)
    #expect(segments.count == 4)
    for (segment, sound) in zip(segments, played) {
      let replay = try Replay(path: segment, model: try model())
      #expect(try replay.verify() == nil)
      var again: [Float] = []
      try replay.run(output: { again += $0 })
      #expect(firstDifference(again, sound) == nil)
    }
    #expect(sentences.all.withLock { $0.filter { $0.contains("goes on in") }.count } == 3)
  }

  /// It held only where a profile came with it.
  @Test func `a wish to keep the noise from before any was heard holds over two formats, and plays again`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = calm
    options.recording = RecordingFolder(folder.path)
    let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: options)
    engine.measure = { _, _ in 0 }
    try engine.send(.freeze(true))
    var random = Random(1)
    // Too little in the first.
    for (block, count) in [(160, 1600), (64, 64_000)] {
      let format = StreamFormat(sampleRate: 16000, block: block, channelCount: 1)
      let player = try PacedPlayer(processor: engine, format: format, isPaced: false)
      var noise = (0..<count).map { _ in 0.1 * random.sample() }
      noise.withUnsafeMutableBufferPointer { player.play($0) }
    }
    let status = try #require(engine.status)
    #expect(status.isFrozen && status.referenceFrames == 200)
    try engine.stop()
    let segments = Replay.segments(of: folder.path)
    #expect(segments.count == 2)
    for segment in segments { #expect(try Replay(path: segment, model: try model()).verify() == nil) }
  }

  /// A damaged one: what came after its first gap was never played.
  @Test func `a gap of fewer samples than it would leave out ends nothing`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try recordSecond(
      Rig(StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), recording: RecordingFolder(folder.path)))
    try Data("sample 200 gap 10\nsample 1000 gap 480\n".utf8).write(to: folder.appending(path: "events.txt"))
    var played: [Float] = []
    try Replay(path: folder.path, model: try model()).run(output: { played += $0 })
    #expect(played.count == 16000 && played.suffix(1600).contains { $0 != 0 })
  }

  @Test func `a segment that cannot be made ends the recording and not the sound`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = calm
    options.recording = RecordingFolder(folder.path)
    let sentences = Sentences()
    let engine = try LiveEngine(
      model: try model(), settings: EnhancementSettings(), options: options, remark: { sentences.add($0) })
    var formats = [160, 64, 32].map { StreamFormat(sampleRate: 16000, block: $0, channelCount: 1) }
    _ = try PacedPlayer(processor: engine, format: formats.removeFirst(), isPaced: false)
    try Data().write(to: folder.appending(path: "segment-2"))
    for format in formats {
      let player = try PacedPlayer(processor: engine, format: format, isPaced: false)
      var sound = voiceLike(8000, rate: 16000)
      sound.withUnsafeMutableBufferPointer { player.play($0) }
      #expect(sound.contains { $0 != 0 })
    }
    try engine.stop()
    #expect(sentences.all.withLock { $0.filter { $0.contains("the recording has ended: ") }.count } == 1)
  }

  @Test func `a folder that is no recording is refused in a sentence`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: RecordingError.self) { try Replay(path: folder.path, model: try model()) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for text in ["", "limpid-recording 9\n", "limpid-recording 1\nblock x\n", "\u{0}\u{1}"] {
      try Data(text.utf8).write(to: folder.appending(path: "session.txt"))
      #expect(throws: RecordingError.self) { try Replay(path: folder.path, model: try model()) }
    }
  }

  @Test func `a recording never takes the other one's place`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = calm
    options.recording = RecordingFolder(folder.path)
    let format = StreamFormat(sampleRate: 16000, block: 160, channelCount: 1)
    _ = try playLive(voiceLike(1600, rate: 16000), format, options: options)
    #expect(throws: RecordingError.self) { try playLive(voiceLike(1600, rate: 16000), format, options: options) }
    #expect(try Replay(path: folder.path, model: try model()).verify() == nil)
  }

  @Test func `other weights are refused`() throws {
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = calm
    options.recording = RecordingFolder(folder.path)
    let format = StreamFormat(sampleRate: 16000, block: 160, channelCount: 1)
    _ = try playLive(voiceLike(1600, rate: 16000), format, options: options)
    #expect(throws: RecordingError.self) { try Replay(path: folder.path, model: try model("identity")) }
    #expect(throws: RecordingError.self) { try Replay(path: folder.path, model: nil) }
  }
}
