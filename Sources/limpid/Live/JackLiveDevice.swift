import JackDevice
import Realtime

/// A JACK client.
final class JackLiveDevice: LiveDevice {
  private let client: JackClient
  init(_ client: JackClient) { self.client = client }
  func start() throws { try client.start() }
  func stop() { client.stop() }
  var ports: String {
    let connections = client.connections
    func peers(_ prefix: String) -> String {
      let names = connections.filter { $0.port.hasPrefix(prefix) }.map(\.peer)
      return names.isEmpty ? "nothing" : names.prefix(2).joined(separator: "+") + (names.count > 2 ? "+…" : "")
    }
    return peers("in_") + " to " + peers("out_")
  }
  /// Only where the name is another than the one asked for.
  var facts: String? {
    guard let name = client.actualName, name != client.configuration.clientName else { return nil }
    return "the name \"\(client.configuration.clientName)\" is taken, so the client is \"\(name)\""
  }
  var measurements: String? { nil }
  var endReason: String? {
    switch client.end {
    case nil, .stopped: nil
    case .serverStopped(let reason): "\(reason); start it again, or leave out --once to wait for it"
    case .failed(let sentence): sentence
    }
  }
  var hasEnded: Bool { client.end != nil }
}
