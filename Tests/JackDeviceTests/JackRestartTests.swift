import CJACK
import Foundation
import LiveTestSupport
import Realtime
import Synchronization
import Testing
import TestSupport

@testable import JackDevice

extension JackTests {
  @Suite struct RestartTests {
    @Test(arguments: [SIGTERM, SIGKILL])
    func `a server that comes back finds the client connected as before`(signal: Int32) throws {
      let server = try JackServer(rate: 48_000, block: 256)
      let standIn = DeviceStandIn()
      let client = JackClient(JackTests.configuration(server, connections: .automatic), processor: standIn)
      client.retryNanoseconds = 50_000_000
      try client.start()
      defer { client.stop() }
      // What the user changed counts, not what the start asked for.
      let probe = try JackProbe("probe", server: server)
      try probe.connect("system:capture_1", "limpid:in_2")
      try probe.disconnect("limpid:out_2", "system:playback_2")
      probe.close()
      let expected = [
        ("in_1", "system:capture_1"), ("in_2", "system:capture_1"), ("in_2", "system:capture_2"),
        ("out_1", "system:playback_1"),
      ].map { JackConnection(port: $0, peer: $1) }
      try wait("the changes to be noted") { client.connections == expected }

      server.kill(signal)
      try wait("the loss") { standIn.events.contains(.lost("the JACK server stopped")) }
      #expect(client.connections == expected)
      try server.start(rate: 44_100, block: 128)
      try wait("the return") { standIn.events.contains(.returned) }
      #expect(client.format == StreamFormat(sampleRate: 44_100, block: 128, channelCount: 2))
      #expect(
        standIn.formats == [
          StreamFormat(sampleRate: 48_000, block: 256, channelCount: 2),
          StreamFormat(sampleRate: 44_100, block: 128, channelCount: 2),
        ])
      try wait("the connections") { client.connections == expected }
      try wait("blocks") { standIn.line!.blocks.load(ordering: .acquiring) > 10 }
      let again = try JackProbe("probe", server: server)
      #expect(again.connections("limpid:in_2") == ["system:capture_1", "system:capture_2"])
      #expect(again.connections("limpid:out_2").isEmpty)
    }

    @Test func `a port that comes back later is connected then`() throws {
      let server = try JackServer(block: 256)
      let standIn = DeviceStandIn()
      let client = JackClient(JackTests.configuration(server, channels: 1), processor: standIn)
      client.retryNanoseconds = 50_000_000
      try client.start()
      defer { client.stop() }
      let sink = try JackProbe("sink", server: server, channelCount: 1)
      try sink.connect("limpid:out_1", "sink:port_1")
      let expected = [JackConnection(port: "out_1", peer: "sink:port_1")]
      try wait("the connection to be noted") { client.connections == expected }
      server.kill(SIGKILL)
      sink.close()
      try server.start(rate: 48_000, block: 256)
      try wait("the return") { standIn.events.contains(.returned) }
      #expect(client.connections.isEmpty)
      let again = try JackProbe("sink", server: server, channelCount: 1)
      try wait("the connection") { again.connections("sink:port_1") == ["limpid:out_1"] }
      // Taken apart by the user, it stays apart.
      try again.disconnect("limpid:out_1", "sink:port_1")
      let other = try JackProbe("other", server: server, channelCount: 1)
      // The client looks 0.3 s later, at its next waking: a second at most.
      usleep(1_600_000)
      #expect(other.connections("limpid:out_1").isEmpty)
    }

    /// JACK finds a port as soon as it is registered, and refuses connections until its client is active.
    @Test func `a port whose client is slow to run is connected once it does`() throws {
      let server = try JackServer(block: 256)
      let standIn = DeviceStandIn()
      var configuration = JackTests.configuration(
        server, channels: 1, connections: .ports(inputs: ["slow:port_1"], outputs: []))
      configuration.awaitsPorts = true
      let client = JackClient(configuration, processor: standIn)
      try client.start()
      defer { client.stop() }
      let slow = try JackProbe("slow", server: server, channelCount: 1, isSource: true, isActive: false)
      usleep(1_500_000)
      #expect(client.connections.isEmpty)
      try slow.activate()
      try wait("the connection") { slow.connections("limpid:in_1") == ["slow:port_1"] }
      let remarks = standIn.events.filter { if case .remark(let text) = $0 { text.contains("connect") } else { false } }
      #expect(remarks.isEmpty)
    }

    @Test func `ten kills in a row leave nothing behind`() throws {
      let server = try JackServer(block: 256)
      let standIn = DeviceStandIn()
      let client = JackClient(JackTests.configuration(server, connections: .automatic), processor: standIn)
      client.retryNanoseconds = 50_000_000
      try client.start()
      defer { client.stop() }
      #expect(client.connections.count == 4)
      var threads: [Int] = []
      var mappings: [Int] = []
      for round in 1...10 {
        server.kill(round % 3 == 0 ? SIGTERM : SIGKILL)
        try server.start(rate: 48_000, block: 256)
        try wait("return \(round)") { standIn.events.filter { $0 == .returned }.count == round }
        try wait("blocks") { standIn.line!.blocks.load(ordering: .acquiring) > 0 }
        try wait("the connections") { client.connections.count == 4 }
        threads.append(jackThreads())
        mappings.append(try jackMappings())
      }
      #expect(threads.first! > 1)
      #expect(threads == Array(repeating: threads[0], count: 10))
      #expect(mappings.first! > 0)
      #expect(mappings == Array(repeating: mappings[0], count: 10))
      #expect(standIn.events.filter { $0 == .lost("the JACK server stopped") }.count == 10)
    }

    @Test func `without reconnection it ends with the reason`() throws {
      let server = try JackServer(block: 256)
      var configuration = JackTests.configuration(server)
      configuration.reconnects = false
      let standIn = DeviceStandIn()
      let client = JackClient(configuration, processor: standIn)
      try client.start()
      server.kill(SIGKILL)
      #expect(client.waitForEnd() == .serverStopped("the JACK server stopped"))
      #expect(!standIn.events.contains(.lost("the JACK server stopped")), "it waits for no server")
      client.stop()
      #expect(client.end == .serverStopped("the JACK server stopped"))
    }

    /// As all of JACK hangs where a client was killed that held a lock of its database.
    @Test func `a server that does not answer ends the start`() throws {
      let server = try JackServer(block: 256)
      let client = JackClient(JackTests.configuration(server), processor: DeviceStandIn())
      client.startPatience = 500_000_000
      _ = Glibc.kill(server.pid, SIGSTOP)
      #expect(throws: JackError.noAnswer(server: server.name)) { try client.start() }
      // What was given up leaves the graph as soon as it can; another client of this process must not come before.
      _ = Glibc.kill(server.pid, SIGCONT)
      try wait("its leaving") { client.end == .stopped }
    }

    @Test func `it stops while it waits for a server`() throws {
      let server = try JackServer(block: 256)
      let standIn = DeviceStandIn()
      let client = JackClient(JackTests.configuration(server), processor: standIn)
      try client.start()
      server.kill(SIGTERM)
      try wait("the loss") { standIn.events.contains(.lost("the JACK server stopped")) }
      client.stop()
      #expect(client.end == .stopped)
    }

    /// The supervisor and libjack's threads, which inherit its name.
    private func jackThreads() -> Int {
      let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
      return tasks.filter {
        (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == "limpid-jack\n"
      }.count
    }

    /// Pieces of servers' shared memory, a hundred megabytes each.
    private func jackMappings() throws -> Int {
      try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n")
        .filter { $0.contains("/dev/shm/jack-") }.count
    }
  }
}
