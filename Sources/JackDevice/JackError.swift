/// Why Limpid could not enter a JACK graph. Prints as one sentence with the remedy.
package enum JackError: Error, Equatable, Sendable {
  /// What PipeWire has to do with a server that is not there.
  package enum Desktop: Equatable, Sendable {
    /// Nothing: there is no PipeWire.
    case plain
    /// PipeWire runs, and the library is JACK's own.
    case pipeWireRuns
    /// The library is PipeWire's, and PipeWire does not run.
    case pipeWireStands
  }

  /// No libjack is installed.
  case noLibrary
  /// PipeWire's own libjack was asked for and is not installed.
  case noPipeWireLibrary
  /// No server of that name answers; `mayStart`: JACK tried to start one.
  case noServer(name: String, mayStart: Bool, desktop: Desktop = .plain)
  /// The system gives no thread.
  case noThread
  /// A call of libjack did not come back.
  case noAnswer(server: String)
  /// The server answered and refused.
  case refused(server: String, client: String, reason: String)
  /// JACK's limit of a client's name, in bytes.
  case badName(name: String, limit: Int)
  /// More ports to connect to than channels.
  case tooManyPorts(names: Int, channelCount: Int, isInput: Bool)
  /// There is no such port; `available` are those that would do.
  case missingPort(name: String, port: String, available: [String])
  /// The port exists and cannot be connected so.
  case unsuitablePort(name: String, port: String, reason: String, available: [String])
  /// The server has no physical ports to connect to.
  case noPhysicalPorts(isInput: Bool, available: [String])
  /// The server refused one of our own ports.
  case noPort(name: String)
  /// The server refused to run us.
  case notActivated
  /// The server refused a connection.
  case notConnected(from: String, to: String)
}

extension JackError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noLibrary:
      "JACK's library, libjack.so.0, is not installed; install it (Debian: pipewire-jack where PipeWire runs, else "
        + "libjack-jackd2-0)"
    case .noPipeWireLibrary:
      "PipeWire's own JACK library is not installed; install it (Debian: pipewire-jack; Fedora: "
        + "pipewire-jack-audio-connection-kit)"
    case .noServer(_, _, .pipeWireRuns):
      "no JACK server runs, but PipeWire does; add --pipewire, or start it as `pw-jack limpid …`"
    case .noServer(_, _, .pipeWireStands):
      "PipeWire does not run, and the JACK library here is PipeWire's; start it with `systemctl --user start pipewire "
        + "wireplumber`"
    case .noServer(let name, false, .plain):
      "no JACK server \"\(name)\" runs; start one with `jackd -n \(name) -d alsa`, or leave out --no-start-server"
    case .noServer(let name, true, .plain):
      "no JACK server \"\(name)\" runs, and none could be started; start one with `jackd -n \(name) -d alsa`"
    case .noThread: "the system gives no thread to look after the JACK client; end other programs"
    case .noAnswer(let server):
      "the JACK server \"\(server)\" does not answer; restart it, and where that does not help, end all JACK servers and remove "
        + "/dev/shm/jack_db-*"
    case .refused(let server, let client, let reason):
      "the JACK server \"\(server)\" did not take the client \"\(client)\" (\(reason)); restart the server, or try another name"
    case .badName(let name, let limit):
      "\"\(name)\" cannot be a JACK client's name; give 1 to \(limit) bytes without a colon"
    case .tooManyPorts(let names, let channelCount, let isInput):
      "\(names) ports are to be connected to \(channelCount) \(isInput ? "input" : "output")\(channelCount == 1 ? "" : "s"); "
        + "name fewer, or ask for more channels"
    case .missingPort(let name, let port, let available):
      "there is no JACK port \"\(name)\" to connect to \(port); \(Self.list(available))"
    case .unsuitablePort(let name, let port, let reason, let available):
      "the JACK port \"\(name)\" cannot be connected to \(port): \(reason); \(Self.list(available))"
    case .noPhysicalPorts(let isInput, let available):
      "the JACK server has no physical \(isInput ? "capture" : "playback") ports; name a port instead, \(Self.list(available))"
    case .noPort(let name):
      "the JACK server gave no port \"\(name)\"; close other clients, or start it with more ports (`jackd --port-max`)"
    case .notActivated: "the JACK server did not let the client run; restart the server"
    case .notConnected(let from, let to): "JACK could not connect \"\(from)\" to \"\(to)\"; connect them by hand"
    }
  }

  private static func list(_ ports: [String]) -> String {
    ports.isEmpty ? "there are none that would do" : "there are: \(ports.joined(separator: ", "))"
  }
}
