import NIOHTTP1

/// Whether a request may have an answer: decided from its head alone, before anything is done for it.
struct RequestGate: Sendable {
  /// Where the page's own connection goes.
  static let livePath = "/live"
  /// The WebSocket protocol's name; the token is offered beside it, as "token." and its digits: a header that neither
  /// addresses nor logs show.
  static let protocolName = "limpid"
  private static let tokenPrefix = "token."

  let listen: ListenAddress
  let port: Int
  let token: AccessToken

  /// What is said to somebody who may not.
  struct Refusal: Equatable {
    let status: HTTPResponseStatus
    let sentence: String
  }

  /// nil: it may.
  func refusal(of head: HTTPRequestHead) -> Refusal? {
    guard head.version == .http1_1 else {
      return Refusal(status: .httpVersionNotSupported, sentence: "this server speaks HTTP/1.1")
    }
    guard head.method == .GET || head.method == .HEAD else {
      return Refusal(status: .methodNotAllowed, sentence: "there is nothing here but to GET")
    }
    // Else a foreign page could have its own name point to this machine and read what is here.
    let hosts = head.headers["Host"]
    guard hosts.count == 1, listen.admits(host: hosts[0], boundPort: port) else {
      return Refusal(
        status: .misdirectedRequest, sentence: "this server is not called that; open the address it printed")
    }
    guard head.uri == Self.livePath else { return nil }
    return refusal(ofConnection: head, host: hosts[0])
  }

  private func refusal(ofConnection head: HTTPRequestHead, host: String) -> Refusal? {
    // Else a foreign page could connect from the user's own browser.
    let origins = head.headers["Origin"]
    guard origins.count == 1, origins[0].lowercased() == "http://\(host.lowercased())" else {
      return Refusal(status: .forbidden, sentence: "only the page itself may connect here")
    }
    let offers = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
    let tokens = offers.filter { $0.hasPrefix(Self.tokenPrefix) }
    guard offers.contains(where: { $0 == Self.protocolName }), tokens.count == 1,
      token.equals(tokens[0].dropFirst(Self.tokenPrefix.count))
    else {
      return Refusal(status: .forbidden, sentence: "the token is not that of this run; open the address it printed")
    }
    return nil
  }
}
