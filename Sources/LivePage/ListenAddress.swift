import NIOCore

/// Where the page is served: `PORT`, or `ADDRESS:PORT`. Without an address it is this machine's own, 127.0.0.1.
package struct ListenAddress: Sendable, Equatable {
  /// A literal, IPv4 or IPv6, without brackets, in the one form to which browsers bring it.
  package let host: String
  /// 0: the system chooses.
  package let port: Int
  /// Whether it can only be reached from this machine.
  package let isLoopback: Bool

  /// - Parameter text: `8080`, `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `0.0.0.0:8080`.
  /// - Throws: `LivePageError.badAddress`.
  package init(_ text: String) throws(LivePageError) {
    var host = "127.0.0.1"
    var port = Substring(text)
    if let colon = text.lastIndex(of: ":") {
      host = String(text[..<colon])
      port = text[text.index(after: colon)...]
      if host.hasPrefix("[") && host.hasSuffix("]") {
        host = String(host.dropFirst().dropLast())
        guard host.contains(":") else { throw .badAddress(text) }
      } else if host.contains(":") {
        throw .badAddress(text)
      }
      if host == "localhost" { host = "127.0.0.1" }
    }
    guard (1...5).contains(port.count), port.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(port),
      number <= 65_535, let address = try? SocketAddress(ipAddress: host, port: number)
    else { throw .badAddress(text) }
    let scope = host.drop(while: { $0 != "%" })  // an address as the system writes it is without
    self.host = address.ipAddress.map { "\($0)\(scope)" } ?? host
    self.port = number
    isLoopback = Self.isLoopback(address)
  }

  private static func isLoopback(_ address: SocketAddress) -> Bool {
    address.ipAddress == "::1" || address.protocol == .inet && address.ipAddress?.hasPrefix("127.") == true
  }

  /// What a browser may call this server, as a `Host` header has it. A name that somebody else's DNS made point here is none
  /// of them; an address is, where it is this machine's (bound to all addresses, that is any).
  ///
  /// - Parameters:
  ///   - header: the header's value.
  ///   - boundPort: the port that was really taken.
  func admits(host header: String, boundPort: Int) -> Bool {
    let name = header.lowercased()
    let suffix = ":\(boundPort)"
    let bare: Substring
    if name.hasSuffix(suffix) {
      bare = name.dropLast(suffix.count)
    } else if boundPort == 80 {
      bare = name[...]
    } else {
      return false
    }
    if isLoopback { return ["localhost", "127.0.0.1", "[::1]", bracketed].contains(String(bare)) }
    guard host == "0.0.0.0" || host == "::" else { return bare == bracketed }
    if bare == "localhost" { return true }
    let literal = bare.hasPrefix("[") && bare.hasSuffix("]") ? bare.dropFirst().dropLast() : bare
    return (try? SocketAddress(ipAddress: String(literal), port: 0)) != nil
  }

  /// As it stands in an address: IPv6 in brackets.
  var bracketed: String { host.contains(":") ? "[\(host.lowercased())]" : host }
}
