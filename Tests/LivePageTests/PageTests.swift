import Foundation
import Testing

@testable import LivePage

/// The page's files, its address, its token.
@Suite struct PageTests {
  private func get(_ server: LivePageServer, _ path: String, method: String = "GET") throws -> (
    head: String, body: String
  ) {
    let connection = try RawConnection(port: server.port)
    connection.put(server.request(method: method, path: path, origin: nil, offers: .some(nil), upgrade: []))
    let head = try #require(connection.responseHead())
    #expect(connection.isClosed(within: 5), "one answer a connection")
    return (head, String(decoding: connection.received, as: UTF8.self))
  }

  @Test(arguments: [("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")])
  func `the page and its parts are served, and kept by nobody`(path: String, type: String) throws {
    let server = try LivePageServer(SourceStandIn())
    defer { server.stop() }
    let (head, body) = try get(server, path)
    #expect(head.hasPrefix("HTTP/1.1 200 ") && head.contains("Content-Type: \(type)"))
    for line in [
      "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
      "Cross-Origin-Resource-Policy: same-origin", "Content-Security-Policy: default-src 'none';",
      "frame-ancestors 'none'",
      "script-src 'self';", "style-src 'self';",
    ] { #expect(head.contains(line), "\(line)") }
    #expect(!head.contains("unsafe"))
    #expect(head.contains("Content-Length: \(body.utf8.count)") && body.utf8.count > 1000)
    #expect(!(head + body).contains(server.token), "the token is nowhere but in the address")
    #expect(try get(server, path, method: "HEAD").body == "")
  }

  /// No outside resource, and nothing that the policy would keep from running.
  @Test func `the page needs nothing but itself`() throws {
    for path in ["/", "/page.css", "/page.js"] {
      let text = String(decoding: try #require(PageFile(path: path)).bytes, as: UTF8.self)
      for forbidden in ["http://", "https://", "@import", "url(", " style=", " onclick", "eval(", "innerHTML"] {
        #expect(!text.contains(forbidden), "\(path): \(forbidden)")
      }
    }
  }

  /// What a reader of screens is to say is what changes now and then.
  @Test func `what changes with every update is no live region, and what is hidden is not shown`() throws {
    let page = String(decoding: try #require(PageFile(path: "/")).bytes, as: UTF8.self)
    for id in ["level-in", "level-out", "frame"] {
      #expect(page.contains("<span class=\"value\" id=\"\(id)\">"), "\(id)")
    }
    let style = String(decoding: try #require(PageFile(path: "/page.css")).bytes, as: UTF8.self)
    #expect(style.contains("[hidden] { display: none !important; }"), "rules for a row or a label would show it")
  }

  @Test func `tokens are of 128 bits, each another one, and compared as wholes`() {
    let tokens = (0..<100).map { _ in AccessToken() }
    #expect(Set(tokens.map(\.text)).count == 100)
    for token in tokens {
      #expect(token.text.utf8.count == 32 && token.text.allSatisfy(\.isHexDigit))
      #expect(token.equals(token.text) && !token.equals("") && !token.equals(token.text.dropFirst()))
      #expect(!token.equals(token.text + "0") && !token.equals(tokens[0].text) || token.text == tokens[0].text)
    }
  }

  @Test(arguments: [
    ("8080", "127.0.0.1", 8080, true), ("0", "127.0.0.1", 0, true), ("127.0.0.2:80", "127.0.0.2", 80, true),
    ("localhost:65535", "127.0.0.1", 65535, true), ("[::1]:8080", "::1", 8080, true),
    ("0.0.0.0:8080", "0.0.0.0", 8080, false),
    ("192.168.1.5:8080", "192.168.1.5", 8080, false), ("[fe80::1]:8080", "fe80::1", 8080, false),
    ("[fd00:0:0::2]:0", "fd00::2", 0, false), ("[FD00::0B]:0", "fd00::b", 0, false), ("[0::0]:80", "::", 80, false),
  ])
  func `addresses are read, and known to be this machine's alone or not`(
    text: String, host: String, port: Int, own: Bool
  ) throws {
    let address = try ListenAddress(text)
    #expect(address.host == host && address.port == port && address.isLoopback == own)
  }

  @Test(arguments: [
    "", ":", "web", "-1", "65536", "80 80", "127.0.0.1", "127.0.0.1:", "::1:80", "[::1]", "[127.0.0.1]:80",
    "example.org:80", "256.0.0.1:80",
    "127.0.0.1:８０", "1e3", "+80",
  ])
  func `what is no address is answered with a sentence`(text: String) {
    let error = #expect(throws: LivePageError.self) { try ListenAddress(text) }
    #expect(error?.description.contains("127.0.0.1:8080") == true)
  }

  @Test func `a port that is taken, and an address of another machine, are answered with a sentence`() throws {
    let server = try LivePageServer(SourceStandIn())
    defer { server.stop() }
    #expect(throws: LivePageError.inUse(address: "127.0.0.1", port: server.port)) {
      try LivePageServer(try ListenAddress("\(server.port)"), source: SourceStandIn())
    }
    let foreign = #expect(throws: LivePageError.self) {
      try LivePageServer(try ListenAddress("192.0.2.1:0"), source: SourceStandIn())
    }
    #expect(foreign?.description.contains("192.0.2.1") == true)
  }

  @Test func `names that a browser may use`() throws {
    let own = try ListenAddress("8080")
    for name in ["localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080"] {
      #expect(own.admits(host: name, boundPort: 8080))
    }
    for name in ["", "localhost", "localhost:80", "example.org:8080", "127.0.0.1.example.org:8080", "192.168.1.5:8080"]
    {
      #expect(!own.admits(host: name, boundPort: 8080), "\(name)")
    }
    let one = try ListenAddress("192.168.1.5:8080")
    #expect(
      one.admits(host: "192.168.1.5:8080", boundPort: 8080) && !one.admits(host: "localhost:8080", boundPort: 8080))
    let all = try ListenAddress("0.0.0.0:8080")
    #expect(
      all.admits(host: "192.168.1.5:8080", boundPort: 8080) && all.admits(host: "[fe80::1]:8080", boundPort: 8080))
    #expect(!all.admits(host: "example.org:8080", boundPort: 8080))
    #expect(try ListenAddress("80").admits(host: "localhost", boundPort: 80))
  }

  @Test func `what a command has changed is told with the next update`() throws {
    var limits = LivePageLimits()
    limits.updatesPerDescription = 1_000_000
    let server = try LivePageServer(SourceStandIn(), limits: limits)
    defer { server.stop() }
    let page = try server.page()
    #expect(page.nextText("{") != nil)
    page.say("1 bypass on")
    #expect(page.nextText("=1") == "=1 ok")
    var updates = 0
    while updates < 20, let (first, payload) = page.nextFrame(), payload.first != UInt8(ascii: "{") {
      if first == 0x82 { updates += 1 }
    }
    #expect(updates == 1)
  }

  @Test func `sentences reach every page, and at the end goodbye`() throws {
    let server = try LivePageServer(SourceStandIn())
    let pages = try (0..<3).map { _ in try server.page() }
    server.announce("the device is back – “again”")
    for page in pages { #expect(page.nextText("!") == "!the device is back – “again”") }
    server.stop()
    for page in pages { #expect(page.nextClose()?.code == 1001) }
  }
}
