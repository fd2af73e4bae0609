/// Why the page cannot be served.
package enum LivePageError: Error, Equatable, CustomStringConvertible {
  /// No address at all.
  case badAddress(String)
  /// Another program listens there.
  case inUse(address: String, port: Int)
  /// The system's reason.
  case cannotListen(address: String, port: Int, reason: String)

  package var description: String {
    switch self {
    case .badAddress(let text):
      "--web \(text) is no address; give a port, 0 for any, or an address of this machine and a port, as 127.0.0.1:8080 or [::1]:8080"
    case .inUse(let address, let port):
      "--web: another program listens on \(address) port \(port); give another port, or 0 for any that is free"
    case .cannotListen(let address, let port, let reason):
      "--web: cannot listen on \(address) port \(port) (\(reason)); give another address or port"
    }
  }
}
