import CJACK
import Glibc
import Synchronization
import Testing

@testable import JackDevice

/// A small JACK client of the test's: either numbers its output's samples by JACK's own frame count, or finds how old the
/// numbers are that come in.
final class JackProbe {
  /// What the process callback works on.
  final class Work: @unchecked Sendable {
    let client: OpaquePointer
    let ports: [OpaquePointer]
    let isSource: Bool
    let ownLatency: UInt32
    /// How old the samples of all channels are, and for how many blocks in a row they have been.
    let age = Atomic(-1)
    let steadyBlocks = Atomic(0)
    init(client: OpaquePointer, ports: [OpaquePointer], isSource: Bool, ownLatency: UInt32) {
      self.client = client
      self.ports = ports
      self.isSource = isSource
      self.ownLatency = ownLatency
    }

    /// Channel c carries (frame mod 2¹⁹) / 2²⁰ + c / 2.
    func run(_ count: Int) {
      let start = Int(jack_last_frame_time(client))
      var age: Int?
      var isSteady = true
      for (channel, port) in ports.enumerated() {
        let samples = jack_port_get_buffer(port, jack_nframes_t(count)).assumingMemoryBound(to: Float.self)
        for n in 0..<count {
          let frame = (start + n) & 0x7ffff
          if isSource {
            samples[n] = Float(frame) / 1_048_576 + Float(channel) / 2
          } else {
            let number = (samples[n] - Float(channel) / 2) * 1_048_576
            let found = (frame - Int(number.rounded())) & 0x7ffff
            if age == nil { age = found }
            if found != age || number < 0 { isSteady = false }
          }
        }
      }
      guard !isSource, let age else { return }
      if isSteady, age == self.age.load(ordering: .relaxed) {
        steadyBlocks.add(1, ordering: .releasing)
      } else {
        steadyBlocks.store(0, ordering: .relaxed)
        self.age.store(isSteady ? age : -1, ordering: .releasing)
      }
    }
  }

  let name: String
  let client: OpaquePointer
  private let work: Work
  private var isOpen = true

  /// - Parameters:
  ///   - channelCount: 0: no ports, a client that only asks.
  ///   - ownLatency: what it states for its ports, in samples, whatever is connected to them; nil: nothing.
  ///   - isActive: false: `activate()` follows.
  init(
    _ name: String, server: JackServer, channelCount: Int = 0, isSource: Bool = false, ownLatency: UInt32? = nil,
    isActive: Bool = true
  ) throws {
    var status = JackStatus(rawValue: 0)
    guard let client = limpid_jack_client_open(name, JackNoStartServer.rawValue, &status, server.name) else {
      throw Failure("the probe \(name) found no server")
    }
    self.name = name
    self.client = client
    let side = isSource ? JackPortIsOutput : JackPortIsInput
    let ports = (0..<channelCount).compactMap {
      jack_port_register(client, "port_\($0 + 1)", jackAudioType, UInt(side.rawValue), 0)
    }
    work = Work(client: client, ports: ports, isSource: isSource, ownLatency: ownLatency ?? 0)
    if channelCount > 0 {
      jack_set_process_callback(
        client,
        { count, context in
          Unmanaged<Work>.fromOpaque(context!).takeUnretainedValue().run(Int(count))
          return 0
        }, Unmanaged.passUnretained(work).toOpaque())
    }
    if ownLatency != nil {
      jack_set_latency_callback(
        client,
        { mode, context in
          let work = Unmanaged<Work>.fromOpaque(context!).takeUnretainedValue()
          var range = jack_latency_range_t(min: work.ownLatency, max: work.ownLatency)
          for port in work.ports { jack_port_set_latency_range(port, mode, &range) }
        }, Unmanaged.passUnretained(work).toOpaque())
    }
    if isActive { try activate() }
  }

  func activate() throws {
    guard jack_activate(client) == 0 else { throw Failure("the probe \(name) did not run") }
  }

  deinit { close() }
  func close() {
    if isOpen { closeClient(client) }
    isOpen = false
  }

  /// How many samples late the numbers come in, once 20 blocks in a row agree.
  var age: Int? { work.steadyBlocks.load(ordering: .acquiring) >= 20 ? work.age.load(ordering: .acquiring) : nil }

  func connect(_ from: String, _ to: String) throws {
    guard jack_connect(client, from, to) == 0 else { throw Failure("\(from) was not connected to \(to)") }
  }
  func disconnect(_ from: String, _ to: String) throws {
    guard jack_disconnect(client, from, to) == 0 else { throw Failure("\(from) was not disconnected from \(to)") }
  }
  /// What `jack_lsp -l` shows.
  func latency(_ port: String, _ mode: JackLatencyCallbackMode) -> ClosedRange<Int> {
    var range = jack_latency_range_t()
    jack_port_get_latency_range(jack_port_by_name(client, port), mode, &range)
    return Int(range.min)...Int(range.max)
  }
  func property(_ port: String, _ key: String) -> String? {
    jack_port_by_name(client, port).flatMap { property(jack_port_uuid($0), key) }
  }
  func property(_ subject: jack_uuid_t, _ key: String) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    var type: UnsafeMutablePointer<CChar>?  // libjack writes it without a look
    guard jack_get_property(subject, "http://jackaudio.org/metadata/" + key, &value, &type) == 0, let value else {
      return nil
    }
    defer {
      jack_free(value)
      jack_free(type)
    }
    return String(cString: value)
  }
  func connections(_ port: String) -> [String] {
    guard let names = jack_port_get_all_connections(client, jack_port_by_name(client, port)) else { return [] }
    defer { jack_free(names) }
    var all: [String] = []
    while let name = names[all.count] { all.append(String(cString: name)) }
    return all.sorted()
  }
}

/// libjack may hang where a client is closed just as another one leaves: the test fails then, instead of hanging too.
func closeClient(_ client: OpaquePointer) {
  usleep(20_000)
  if !JackClosing(client).finish(nanoseconds: 10_000_000_000) { Issue.record("libjack hangs in jack_client_close") }
}
