import AudioFiles
import CJACK
import Enhancement
import Foundation
import LiveTestSupport
import Realtime
import Recording
import Synchronization
import Testing
import TestSupport

@testable import JackDevice

/// The live engine behind a real server's ports.
extension JackTests {
  @Suite struct EngineTests {
    static func engine(_ weights: String, bypass: Bool) throws -> LiveEngine {
      let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      let path = tests.appending(path: "EnhancementTests/Fixtures/\(weights).safetensors").path
      var settings = EnhancementSettings()
      settings.bypass = bypass
      var options = LiveOptions()
      options.adaptsSteps = false
      return try LiveEngine(model: try EnhancementModel(path: path), settings: settings, options: options)
    }

    /// One channel through the engine, soon back after the server went; it ends with `body`.
    static func whileRunning(_ server: JackServer, bypass: Bool, _ body: (LiveEngine) throws -> Void) throws {
      let engine = try engine("tiny", bypass: bypass)
      let client = JackClient(JackTests.configuration(server, channels: 1), processor: engine)
      client.retryNanoseconds = 50_000_000
      try client.start()
      defer {
        client.stop()
        try? engine.stop()
      }
      try body(engine)
    }

    @Test(arguments: [16, 128, 512, 1024]) func `bypass is as late as the graph says`(block: Int) throws {
      let server = try JackServer(block: block)
      let engine = try Self.engine("tiny", bypass: true)
      let client = JackClient(JackTests.configuration(server, channels: 2), processor: engine)
      try client.start()
      defer {
        client.stop()
        try? engine.stop()
      }
      let stated = try #require(engine.latencyBudget).totalInSamples
      let (source, sink) = try JackTests.SignalTests.probes(server)
      // An interruption of the server shows for as long as the latency is; what stays is what was stated.
      try wait("a signal \(stated) samples late") { sink.age == stated }
      #expect(source.latency("limpid:out_1", JackCaptureLatency) == stated...stated)
      #expect(source.latency("limpid:in_2", JackPlaybackLatency) == stated...stated)
      if block <= 512 { #expect(stated <= 33 * 48) }
    }

    /// The identity network through rings, worker, resamplers, transform: noise in, found again by correlation.
    @Test(arguments: [(256, 48000), (512, 44100)]) func `the enhanced signal is as late as the graph says`(
      block: Int, rate: Int
    )
      throws
    {
      let server = try JackServer(rate: rate, block: block)
      let engine = try Self.engine("identity", bypass: false)
      let client = JackClient(JackTests.configuration(server, channels: 1), processor: engine)
      try client.start()
      defer {
        client.stop()
        try? engine.stop()
      }
      let source = try JackNoise("noise", server: server, isSource: true, count: 0)
      let probe = try JackProbe("probe", server: server)
      try probe.connect("noise:port", "limpid:in_1")
      let stated = probe.latency("limpid:out_1", JackCaptureLatency)
      #expect(stated == stated.lowerBound...stated.lowerBound)
      // An interruption of the server shows for as long as the latency is, and a loaded machine has thirty a second: then
      // another half second is looked at. What stays is what was stated.
      var found: [Int] = []
      while found.last != stated.lowerBound, found.count < 8 {
        let sink = try JackNoise("recorder-\(found.count)", server: server, isSource: false, count: 2 * rate)
        try probe.connect("limpid:out_1", "recorder-\(found.count):port")
        try wait("two seconds of sound") { sink.isFull }
        sink.close()
        // The end, where nothing of the connecting is left.
        let start = 3 * rate / 2
        let shifts = stated.lowerBound - 300...stated.lowerBound + 300
        found.append(shifts.max { sink.correlation($0, from: start) < sink.correlation($1, from: start) }!)
      }
      source.close()
      #expect(found.last == stated.lowerBound, "\(found)")
    }

    /// A session of the server's, exported: the output of `limpid enhance`, later, to the bit.
    @Test(arguments: [64, 512]) func `in freewheel the output is that of the file`(block: Int) throws {
      let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      let model = try EnhancementModel(path: tests.appending(path: "EnhancementTests/Fixtures/tiny.safetensors").path)
      var settings = EnhancementSettings()
      settings.noiseSelection = .residual
      settings.maximumSteps = EnhancementSettings.largestSteps
      settings.steps = 2
      for attempt in 1...5 {
        let server = try JackServer(block: block)
        let folder = FileManager.default.temporaryDirectory.appending(path: "limpid-freewheel-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var options = LiveOptions()
        options.adaptsSteps = false
        options.recording = RecordingFolder(folder.path)
        settings.resamplerQuality = options.resamplerQuality
        let engine = try LiveEngine(model: model, settings: settings, options: options)
        let client = JackClient(JackTests.configuration(server, channels: 1), processor: engine)
        try client.start()
        let source = try JackNoise("noise", server: server, isSource: true, count: 0)
        let probe = try JackProbe("probe", server: server)
        try probe.connect("noise:port", "limpid:in_1")
        #expect(jack_set_freewheel(probe.client, 1) == 0)
        let before = try #require(engine.status)
        try wait("ten seconds of sound") { engine.status?.seconds ?? 0 > before.seconds + 10 }
        let status = try #require(engine.status)
        #expect(jack_set_freewheel(probe.client, 0) == 0)
        source.close()
        client.stop()
        try engine.stop()
        // Until it freewheels the machine may be late. What was not in time then is missing later, too.
        let counters = status.counters
        guard counters.reduced == 0, counters.referenceLate == 0, counters.overruns == 0 else {
          try #require(attempt < 5, "\(counters)")
          continue
        }
        let input = try Self.samples(folder.appending(path: "input.wav"))
        let output = try Self.samples(folder.appending(path: "output.wav"))
        var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: 48000)
        var offline = input
        offline.withUnsafeMutableBufferPointer { enhancer.process(UnsafeBufferPointer($0), into: $0) }
        let later = status.latencyInSamples - enhancer.latencyInSamples
        // From where it freewheels for sure, and what was faded before is gone, to where it did so for sure.
        let first = Int((before.seconds + 0.5) * 48000)
        let last = Int(status.seconds * 48000)
        #expect(last - first > 9 * 48000)
        #expect((first..<last).allSatisfy { output[$0].bitPattern == offline[$0 - later].bitPattern })
        #expect(output[first..<last].contains { $0 != 0 })
        return
      }
    }

    private static func samples(_ file: URL) throws -> [Float] {
      let reader = try AudioFileReader(path: file.path)
      var all: [Float] = []
      var room = [Float](repeating: 0, count: 1 << 16)
      while case let count = try room.withUnsafeMutableBufferPointer({ try reader.read(into: $0) }), count > 0 {
        all += room[..<count]
      }
      return all
    }

    @Test func `a restart at another rate goes on with the new latency`() throws {
      let server = try JackServer(rate: 48000, block: 128)
      try Self.whileRunning(server, bypass: true) { engine in
        let before = try #require(engine.status).latencyInSamples
        try engine.send(.attenuationLimit(9))
        server.kill(SIGTERM)
        try server.start(rate: 96000, block: 256)
        try wait("the client to come back") { engine.status?.format.sampleRate == 96000 }
        let after = try #require(engine.status)
        #expect(after.latencyInSamples != before)
        #expect(after.settings.attenuationLimitInDecibels == 9)
      }
    }

    /// libjack's thread runs 5 below the server, the worker 1 below that; a server that comes back at the same rate and block
    /// finds the same worker, and may have another priority.
    @Test(.enabled(if: mayBeRealTime, "the system allows no real-time priority here"))
    func `the worker stays below the server's thread, whatever its priority`() throws {
      let server = try JackServer(block: 256, priority: 50)
      try Self.whileRunning(server, bypass: false) { engine in
        try wait("priority 44") { Self.priority(of: "limpid-worker") == 44 }
        #expect(engine.status?.isRealTime == true)
        for (priority, expected) in [(20, 14), (nil, 0), (80, 60), (30, 24)] as [(Int?, Int)] {
          server.kill(SIGKILL)
          try server.start(rate: 48_000, block: 256, priority: priority)
          try wait("priority \(expected)") { Self.priority(of: "limpid-worker") == expected }
        }
        // In freewheel libjack gives its priority back, and takes it again.
        let probe = try JackProbe("probe", server: server)
        #expect(jack_set_freewheel(probe.client, 1) == 0)
        try wait("freewheel") { Self.priority(of: "limpid-worker") == 0 }
        #expect(jack_set_freewheel(probe.client, 0) == 0)
        try wait("priority 24") { Self.priority(of: "limpid-worker") == 24 }
      }
    }

    static let mayBeRealTime: Bool = {
      // Asked of a thread of its own, which then ends.
      var thread = pthread_t()
      pthread_create(
        &thread, nil,
        { _ in
          var parameters = sched_param(sched_priority: 80)
          return UnsafeMutableRawPointer(
            bitPattern: pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0 ? 1 : 0)
        }, nil)
      var answer: UnsafeMutableRawPointer?
      pthread_join(thread, &answer)
      return answer != nil
    }()

    /// SCHED_FIFO's priority of this process' only thread of that name; 0: ordinary; nil: there is none.
    private static func priority(of name: String) -> Int? {
      let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
      for task in tasks.map({ "/proc/self/task/\($0)/" }) {
        guard (try? String(contentsOfFile: task + "comm", encoding: .utf8)) == name + "\n",
          let line = try? String(contentsOfFile: task + "stat", encoding: .utf8)
        else { continue }
        // Behind the name in parentheses, from the third on: 40 is rt_priority (proc(5)).
        return line.split(separator: ")").last.flatMap { Int($0.split(separator: " ")[40 - 3]) }
      }
      return nil
    }
  }
}

/// A client that plays noise named by JACK's frame count, or keeps what comes in.
final class JackNoise {
  final class Work: @unchecked Sendable {
    let client: OpaquePointer
    let port: OpaquePointer
    let isSource: Bool
    let samples: UnsafeMutableBufferPointer<Float>
    let filled = Atomic(0)
    var firstFrame = 0

    init(client: OpaquePointer, port: OpaquePointer, isSource: Bool, count: Int) {
      self.client = client
      self.port = port
      self.isSource = isSource
      samples = .allocate(capacity: count)
      samples.initialize(repeating: 0)
    }
    deinit { samples.deallocate() }

    /// Uniform noise of frame n, the mean of 8 neighbours so that 8 kHz and more are faint.
    static func noise(_ frame: Int) -> Float {
      var sum: Float = 0
      for k in 0..<16 {
        var x = UInt64(truncatingIfNeeded: frame + k) &* 0x9E37_79B9_7F4A_7C15
        x ^= x >> 29
        x = x &* 0xBF58_476D_1CE4_E5B9
        x ^= x >> 32
        sum += Float(Int32(truncatingIfNeeded: x)) * 0x1p-31
      }
      return 0.1 * sum / 4
    }

    func run(_ count: Int) {
      let start = Int(jack_last_frame_time(client))
      let memory = jack_port_get_buffer(port, jack_nframes_t(count)).assumingMemoryBound(to: Float.self)
      if isSource {
        for n in 0..<count { memory[n] = Self.noise(start + n) }
        return
      }
      if filled.load(ordering: .relaxed) == 0 { firstFrame = start }
      // Where the server was interrupted, frames are missing.
      let place = min(start - firstFrame, samples.count)
      let part = min(count, samples.count - place)
      for n in 0..<part { samples[place + n] = memory[n] }
      filled.store(place + part, ordering: .releasing)
    }
  }

  private let client: OpaquePointer
  private let work: Work
  private var isOpen = true

  init(_ name: String, server: JackServer, isSource: Bool, count: Int) throws {
    var status = JackStatus(rawValue: 0)
    guard let client = limpid_jack_client_open(name, JackNoStartServer.rawValue, &status, server.name),
      let port = jack_port_register(
        client, "port", jackAudioType, UInt((isSource ? JackPortIsOutput : JackPortIsInput).rawValue), 0)
    else { throw Failure("the client \(name) found no server") }
    self.client = client
    work = Work(client: client, port: port, isSource: isSource, count: count)
    jack_set_process_callback(
      client,
      { count, context in
        Unmanaged<Work>.fromOpaque(context!).takeUnretainedValue().run(Int(count))
        return 0
      }, Unmanaged.passUnretained(work).toOpaque())
    guard jack_activate(client) == 0 else { throw Failure("the client \(name) did not run") }
  }

  deinit { close() }
  func close() {
    if isOpen { closeClient(client) }
    isOpen = false
  }

  var isFull: Bool { work.filled.load(ordering: .acquiring) == work.samples.count }

  /// With the noise of so many frames before.
  func correlation(_ shift: Int, from start: Int) -> Float {
    if table.isEmpty {
      table = (0..<work.samples.count + 8192).map { Work.noise(work.firstFrame - 8192 + $0) }
    }
    var sum: Float = 0
    for n in start..<min(work.samples.count, start + 20000) { sum += work.samples[n] * table[n + 8192 - shift] }
    return sum
  }
  private var table: [Float] = []
}
