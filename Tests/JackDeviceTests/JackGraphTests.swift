import CJACK
import Realtime
import LiveTestSupport
import Testing

@testable import JackDevice

extension JackTests {
  @Suite struct GraphTests {
    @Test func `connections to the hardware are made`() throws {
      let server = try JackServer(block: 256)
      let client = JackClient(JackTests.configuration(server, connections: .automatic), processor: DeviceStandIn())
      try client.start()
      defer { client.stop() }
      let expected = [
        ("in_1", "system:capture_1"), ("in_2", "system:capture_2"), ("out_1", "system:playback_1"),
        ("out_2", "system:playback_2"),
      ].map { JackConnection(port: $0, peer: $1) }
      #expect(client.connections == expected)
      let probe = try JackProbe("probe", server: server)
      for connection in expected { #expect(probe.connections("limpid:\(connection.port)") == [connection.peer]) }
    }

    @Test func `a single output goes to both ears`() throws {
      let server = try JackServer(block: 256)
      let client = JackClient(
        JackTests.configuration(server, channels: 1, connections: .automatic), processor: DeviceStandIn())
      try client.start()
      defer { client.stop() }
      let probe = try JackProbe("probe", server: server)
      #expect(probe.connections("limpid:in_1") == ["system:capture_1"])
      #expect(probe.connections("limpid:out_1") == ["system:playback_1", "system:playback_2"])
    }

    @Test func `fewer hardware ports than channels are said`() throws {
      let server = try JackServer(block: 256)
      let standIn = DeviceStandIn()
      let client = JackClient(
        JackTests.configuration(server, channels: 3, connections: .automatic), processor: standIn)
      try client.start()
      defer { client.stop() }
      #expect(
        standIn.events.contains(
          .remark("the JACK server has 2 capture and 2 playback ports for 3 channels; the rest is not connected")))
    }

    @Test func `ports are named, ordered and not terminal`() throws {
      let server = try JackServer(block: 256)
      let client = JackClient(JackTests.configuration(server), processor: DeviceStandIn())
      try client.start()
      defer { client.stop() }
      let probe = try JackProbe("probe", server: server)
      for port in ["in_1", "in_2", "out_1", "out_2"] {
        let flags = jack_port_flags(jack_port_by_name(probe.client, "limpid:\(port)"))
        #expect(flags & Int32(JackPortIsTerminal.rawValue) == 0)
        #expect(probe.property("limpid:\(port)", "signal-type") == "AUDIO")
      }
      #expect(probe.property("limpid:in_2", "pretty-name") == "Input 2")
      #expect(probe.property("limpid:out_1", "pretty-name") == "Enhanced 1")
      #expect(probe.property("limpid:out_1", "port-group") == "Enhanced")
      #expect(probe.property("limpid:out_2", "order") == "4")
      // Nothing of it stays in the server's data base.
      let subjects = ["in_1", "out_2"].map { jack_port_uuid(jack_port_by_name(probe.client, "limpid:\($0)")) }
      var own: jack_uuid_t = 0
      jack_uuid_parse(jack_get_uuid_for_client_name(probe.client, "limpid"), &own)
      #expect(probe.property(own, "icon-name") == "audio-input-microphone")
      for subject in subjects { #expect(probe.property(subject, "port-group") != nil) }
      client.stop()
      #expect(probe.property(own, "icon-name") == nil)
      for subject in subjects { #expect(probe.property(subject, "port-group") == nil) }
    }

    @Test func `a name that is taken is changed`() throws {
      let server = try JackServer(block: 256)
      let other = try JackProbe("limpid", server: server)
      defer { other.close() }
      let client = JackClient(JackTests.configuration(server, connections: .automatic), processor: DeviceStandIn())
      try client.start()
      defer { client.stop() }
      #expect(client.actualName == "limpid-01")
      #expect(other.connections("limpid-01:in_1") == ["system:capture_1"])
      #expect(client.connections.count == 4)
    }

    @Test func `named ports are connected`() throws {
      let server = try JackServer(block: 256)
      let ports = JackConfiguration.Connections.ports(inputs: ["system:capture_2"], outputs: ["system:playback_2"])
      let client = JackClient(JackTests.configuration(server, connections: ports), processor: DeviceStandIn())
      try client.start()
      defer { client.stop() }
      let probe = try JackProbe("probe", server: server)
      #expect(probe.connections("limpid:in_1") == ["system:capture_2"])
      #expect(probe.connections("limpid:out_1") == ["system:playback_2"])
      #expect(probe.connections("limpid:in_2").isEmpty)
    }

    @Test func `a port that is missing is named with those that are there`() throws {
      let server = try JackServer(block: 256)
      func start(_ inputs: [String], _ outputs: [String]) throws {
        let connections = JackConfiguration.Connections.ports(inputs: inputs, outputs: outputs)
        let client = JackClient(
          JackTests.configuration(server, channels: 1, connections: connections), processor: DeviceStandIn())
        try client.start()
        client.stop()
      }
      let captures = ["system:capture_1", "system:capture_2"]
      let playbacks = ["system:playback_1", "system:playback_2"]
      let missing = JackError.missingPort(name: "system:capture_9", port: "in_1", available: captures)
      #expect(throws: missing) { try start(["system:capture_9"], []) }
      #expect(
        "\(missing)"
          == "there is no JACK port \"system:capture_9\" to connect to in_1; "
          + "there are: system:capture_1, system:capture_2")
      #expect(throws: JackError.missingPort(name: "nowhere", port: "out_1", available: playbacks)) {
        try start([], ["nowhere"])
      }
      #expect(
        throws: JackError.unsuitablePort(
          name: "system:playback_1", port: "in_1", reason: "it takes sound and gives none", available: captures)
      ) { try start(["system:playback_1"], []) }
      #expect(throws: JackError.tooManyPorts(names: 2, channelCount: 1, isInput: false)) { try start([], playbacks) }
      // The server is none the worse for it.
      try start(["system:capture_1"], ["system:playback_1"])
    }

    @Test func `without a server the error says how to start one`() throws {
      var configuration = JackConfiguration()
      configuration.serverName = "nobody"
      configuration.startsServer = false
      let client = JackClient(configuration, processor: DeviceStandIn())
      let error = JackError.noServer(name: "nobody", mayStart: false)
      for _ in 0..<2 { #expect(throws: error) { try client.start() } }
      #expect(
        "\(error)"
          == "no JACK server \"nobody\" runs; start one with `jackd -n nobody -d alsa`, or leave out --no-start-server")
    }

    @Test(arguments: ["", "a:b", String(repeating: "x", count: 200)])
    func `a name that JACK cannot take is refused`(name: String) throws {
      var configuration = JackConfiguration()
      configuration.clientName = name
      configuration.startsServer = false
      let client = JackClient(configuration, processor: DeviceStandIn())
      #expect(throws: JackError.badName(name: name, limit: Int(jack_client_name_size()) - 1)) { try client.start() }
    }

    @Test func `a processor that refuses the format is heard`() throws {
      let server = try JackServer(block: 32)
      let client = JackClient(JackTests.configuration(server), processor: DeviceStandIn(refusedBlock: 32))
      #expect(throws: DeviceStandIn.Refusal.self) { try client.start() }
    }
  }
}
