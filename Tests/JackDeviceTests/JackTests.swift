import CJACK
import Glibc
import Ground
import LiveTestSupport
import Realtime
import Synchronization
import Testing
import TestSupport

@testable import JackDevice

/// On a real server with the dummy driver. libjack knows one server per process, so these tests run one by one.
@Suite(.serialized) struct JackTests {
  static func configuration(
    _ server: JackServer, channels: Int = 2, connections: JackConfiguration.Connections = .none
  ) -> JackConfiguration {
    var configuration = JackConfiguration()
    configuration.serverName = server.name
    configuration.startsServer = false
    configuration.channelCount = channels
    configuration.connections = connections
    return configuration
  }

  @Suite struct SignalTests {
    @Test(arguments: [16, 64, 256, 1024])
    func `sound arrives as late as the graph says`(block: Int) throws {
      let server = try JackServer(block: block)
      let standIn = DeviceStandIn(extra: 37)
      let client = JackClient(configuration(server), processor: standIn)
      try client.start()
      defer { client.stop() }
      #expect(client.actualName == "limpid")
      #expect(client.format == StreamFormat(sampleRate: 48_000, block: block, channelCount: 2))
      let (source, sink) = try Self.probes(server)
      try wait("a steady signal") { sink.age != nil }
      #expect(sink.age == block + 37)
      for channel in 1...2 {
        #expect(source.latency("limpid:out_\(channel)", JackCaptureLatency) == block + 37...block + 37)
        #expect(source.latency("limpid:in_\(channel)", JackPlaybackLatency) == block + 37...block + 37)
        #expect(source.latency("sink:port_\(channel)", JackCaptureLatency) == block + 37...block + 37)
      }
      #expect(client.connections.count == 4)
    }

    @Test func `latency adds to that of the hardware`() throws {
      let server = try JackServer(block: 256)
      let client = JackClient(configuration(server, connections: .automatic), processor: DeviceStandIn(extra: 100))
      try client.start()
      defer { client.stop() }
      let probe = try JackProbe("probe", server: server)
      try wait("the connections' latency") { probe.latency("limpid:in_2", JackCaptureLatency).lowerBound > 0 }
      let capture = probe.latency("system:capture_1", JackCaptureLatency)
      let playback = probe.latency("system:playback_1", JackPlaybackLatency)
      #expect(capture.lowerBound > 0 && playback.lowerBound > 0)
      try wait("the latency to pass through") {
        probe.latency("limpid:out_1", JackCaptureLatency) == capture.lowerBound + 356...capture.upperBound + 356
          && probe.latency("limpid:in_2", JackPlaybackLatency) == playback.lowerBound + 356...playback.upperBound + 356
      }
    }

    /// A latency offset of less than nothing, as PipeWire has them, is a number near 2³² to JACK. The sum trapped.
    @Test func `a peer may state a latency below 0`() throws {
      let server = try JackServer(block: 256)
      let client = JackClient(configuration(server, channels: 1), processor: DeviceStandIn(extra: 100))
      try client.start()
      defer { client.stop() }
      let source = try JackProbe(
        "source", server: server, channelCount: 1, isSource: true, ownLatency: UInt32(bitPattern: -10))
      try source.connect("source:port_1", "limpid:in_1")
      try wait("the sum") { source.latency("limpid:out_1", JackCaptureLatency) == 346...346 }
    }

    /// As with PipeWire's libjack, which hangs where the callback itself states them.
    @Test func `a latency that the callback only notes is stated by the supervisor`() throws {
      let server = try JackServer(block: 256)
      let client = JackClient(configuration(server, channels: 1), processor: DeviceStandIn(extra: 100))
      try client.start()
      defer { client.stop() }
      client.process.pointee.notesLatency.store(true, ordering: .relaxed)
      let source = try JackProbe("source", server: server, channelCount: 1, isSource: true, ownLatency: 50)
      try source.connect("source:port_1", "limpid:in_1")
      try wait("the sum") { source.latency("limpid:out_1", JackCaptureLatency) == 406...406 }
    }

    @Test func `a change of block size is prepared for and stated`() throws {
      let server = try JackServer(block: 128)
      let standIn = DeviceStandIn(extra: 5)
      let client = JackClient(configuration(server), processor: standIn)
      try client.start()
      defer { client.stop() }
      let (source, sink) = try Self.probes(server)
      for block in [128, 512, 64] {
        if block != 128 { #expect(jack_set_buffer_size(source.client, UInt32(block)) == 0) }
        try wait("a signal \(block + 5) samples late") { sink.age == block + 5 }
        try wait("the latency to be stated") {
          source.latency("limpid:out_1", JackCaptureLatency) == block + 5...block + 5
            && source.latency("limpid:in_2", JackPlaybackLatency) == block + 5...block + 5
        }
        #expect(client.format?.block == block)
      }
      #expect(standIn.formats.map(\.block) == [128, 512, 64])
      #expect(standIn.wrongBlocks == 0)
      #expect(client.end == nil)
    }

    @Test func `a change that the processor refuses ends with its sentence`() throws {
      let server = try JackServer(block: 128)
      let client = JackClient(configuration(server), processor: DeviceStandIn(refusedBlock: 32))
      try client.start()
      let probe = try JackProbe("probe", server: server)
      #expect(jack_set_buffer_size(probe.client, 32) == 0)
      #expect(client.waitForEnd() == .failed("blocks of 32 are too small"))
      #expect(jack_port_by_name(probe.client, "limpid:in_1") == nil)
      client.stop()
    }

    @Test func `in freewheel the callback may wait`() throws {
      let server = try JackServer(block: 64)
      let standIn = DeviceStandIn()
      let client = JackClient(configuration(server), processor: standIn)
      try client.start()
      defer { client.stop() }
      let probe = try JackProbe("probe", server: server)
      try wait("blocks") { standIn.line!.blocks.load(ordering: .acquiring) > 10 }
      #expect(standIn.line!.waitingBlocks.load(ordering: .acquiring) == 0)
      #expect(jack_set_freewheel(probe.client, 1) == 0)
      try wait("freewheeling blocks") { standIn.line!.waitingBlocks.load(ordering: .acquiring) > 100 }
      #expect(jack_set_freewheel(probe.client, 0) == 0)
      try wait("the end of freewheeling") { standIn.events.contains(.freewheel(false)) }
      let both: [DeviceEvent] = [.freewheel(true), .freewheel(false)]
      #expect(standIn.events.filter { both.contains($0) } == both)
    }

    @Test func `an xrun is noted`() throws {
      let server = try JackServer(block: 64)
      let standIn = DeviceStandIn()
      let client = JackClient(configuration(server), processor: standIn)
      try client.start()
      defer { client.stop() }
      try wait("an xrun") {
        standIn.line!.stall.store(50_000, ordering: .relaxed)
        return standIn.events.contains(.xrun)
      }
    }

    @Test func `a server without real-time priority is said once`() throws {
      let server = try JackServer(block: 64)
      let standIn = DeviceStandIn()
      let client = JackClient(configuration(server), processor: standIn)
      client.retryNanoseconds = 50_000_000
      try client.start()
      defer { client.stop() }
      func remarks() -> [String] {
        standIn.events.compactMap { if case .remark(let sentence) = $0 { sentence } else { nil } }
      }
      try wait("the remark") { !remarks().isEmpty }
      #expect(remarks()[0].contains("the JACK server runs without real-time priority"))
      server.kill(SIGKILL)
      try server.start(rate: 48_000, block: 128)
      try wait("the return") { client.format?.block == 128 && standIn.events.contains(.returned) }
      try wait("blocks") { standIn.line!.blocks.load(ordering: .acquiring) > 10 }
      // What the supervisor says comes with its next look, a second later at most: which port's coming brings on.
      let probe = try JackProbe("probe", server: server, channelCount: 1)
      usleep(100_000)
      probe.close()
      #expect(remarks().count == 1)
    }

    @Test func `the callback makes no heap call and flushes denormals`() throws {
      let server = try JackServer(block: 32)
      let standIn = DeviceStandIn()
      let client = JackClient(configuration(server), processor: standIn)
      try client.start()
      defer { client.stop() }
      try wait("a thousand blocks") { standIn.line!.heapCalls.load(ordering: .acquiring) >= 0 }
      #expect(standIn.line!.heapCalls.load(ordering: .acquiring) == 0)
      #expect(standIn.line!.denormals.load(ordering: .acquiring) == 0)
    }

    static func probes(_ server: JackServer) throws -> (source: JackProbe, sink: JackProbe) {
      let source = try JackProbe("source", server: server, channelCount: 2, isSource: true)
      let sink = try JackProbe("sink", server: server, channelCount: 2)
      for channel in 1...2 {
        try source.connect("source:port_\(channel)", "limpid:in_\(channel)")
        try source.connect("limpid:out_\(channel)", "sink:port_\(channel)")
      }
      return (source, sink)
    }
  }
}

private func configuration(
  _ server: JackServer, channels: Int = 2, connections: JackConfiguration.Connections = .none
) -> JackConfiguration { JackTests.configuration(server, channels: channels, connections: connections) }
