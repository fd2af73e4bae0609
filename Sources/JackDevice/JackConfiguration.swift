/// How Limpid appears in a JACK graph, and what it is connected to.
package struct JackConfiguration: Sendable, Equatable {
  /// What the ports are connected to at the start.
  package enum Connections: Sendable, Equatable {
    /// Nothing: the user connects them.
    case none
    /// Physical capture ports to the inputs, outputs to the physical playback ports, in order. A single output goes to the
    /// first two playback ports, so that both ears hear it.
    case automatic
    /// The nth name of `inputs` goes to `in_n`, `out_n` goes to the nth name of `outputs`. Full names: "system:capture_1".
    case ports(inputs: [String], outputs: [String])
    /// Each side for itself.
    case sides(inputs: Side, outputs: Side)
  }

  /// What one side's ports are connected to at the start.
  package enum Side: Sendable, Equatable {
    case none, hardware
    case ports([String])
  }

  /// The name asked for; the server may add to it where it is taken ("limpid-01").
  package var clientName = "limpid"
  /// nil: what `JACK_DEFAULT_SERVER` says, else "default".
  package var serverName: String?
  /// Whether JACK may start a server where none runs. Only at the start: a server that stops is waited for, not replaced.
  /// A server so started writes to our standard output and error; where that must stay clean, start it beforehand.
  package var startsServer = true
  /// Inputs and, as many, outputs; at least 1.
  package var channelCount = 1
  /// Input ports of a client of one channel that are more than one: it hears the one with the voice (`InputChoice`).
  package var choosesAmong = 1
  package var connections = Connections.none
  /// Whether ports that `connections` names and that are not there are waited for, as after a server's return. Otherwise they
  /// are an error.
  package var awaitsPorts = false
  /// Whether to wait for a server that stopped and come back with the same connections.
  package var reconnects = true

  package init() {}

  /// Input ports.
  var inputCount: Int { channelCount == 1 ? max(1, choosesAmong) : channelCount }
}

/// One connection of one of our ports.
package struct JackConnection: Sendable, Hashable, Comparable {
  /// Without the client's name: "in_1", "out_2".
  package var port: String
  /// The other end, in full: "system:capture_1".
  package var peer: String

  package init(port: String, peer: String) {
    self.port = port
    self.peer = peer
  }
  package static func < (a: Self, b: Self) -> Bool { (a.port, a.peer) < (b.port, b.peer) }

  var isInput: Bool { port.hasPrefix("in_") }
}
