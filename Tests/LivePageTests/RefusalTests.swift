import Foundation
import NIOCore
import Synchronization
import Testing

@testable import LivePage

/// What comes of something that a server of this kind must not take.
enum Verdict: Equatable {
  /// The number of an HTTP response.
  case status(Int)
  /// The code of a WebSocket's close.
  case close(Int)
  /// Closed without a word.
  case closed
  /// An answer that begins with this, over a connection that stays.
  case answer(String)
  case none
}

/// Something that must not be taken, and what is to come of it.
struct Attempt: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let expected: Verdict
  let make: @Sendable (LivePageServer, RawConnection) throws -> Verdict

  /// An HTTP request.
  static func request(
    _ name: String, _ status: Int, _ text: @escaping @Sendable (LivePageServer) -> String
  ) -> Attempt {
    Attempt(testDescription: name, expected: .status(status)) { server, connection in
      connection.put(text(server))
      guard let got = connection.status() else { return .none }
      return connection.isClosed(within: 5) ? .status(got) : .none
    }
  }

  /// Bytes over a connection that has passed the gate.
  static func frames(_ name: String, _ code: Int, _ bytes: [[UInt8]]) -> Attempt {
    Attempt(testDescription: name, expected: .close(code)) { server, connection in
      connection.put(server.request())
      guard connection.status() == 101 else { return .none }
      for part in bytes { connection.put(part) }
      guard let (got, _) = connection.nextClose() else { return .none }
      return connection.isClosed(within: 5) ? .close(got) : .none
    }
  }

  static func command(_ name: String, _ line: String, _ answer: String) -> Attempt {
    Attempt(testDescription: name, expected: .answer(answer)) { server, connection in
      connection.put(server.request())
      guard connection.status() == 101 else { return .none }
      connection.say("5 \(line)")
      let text = connection.nextText("=5 ") ?? ""
      connection.say("6 bypass on")
      return text.hasPrefix(answer) && connection.nextText("=6 ") == "=6 ok" ? .answer(answer) : .none
    }
  }

  private static func flood(of frame: [UInt8]) -> [UInt8] {
    Array([[UInt8]](repeating: frame, count: 110).joined())
  }

  static let all: [Attempt] = [
    // Who may connect.
    .request("a wrong token", 403) { $0.request(offers: "limpid, token.\(String(repeating: "0", count: 32))") },
    .request("no token", 403) { $0.request(offers: "limpid") },
    .request("no protocol at all", 403) { $0.request(offers: .some(nil)) },
    .request("a token that is too short", 403) { $0.request(offers: "limpid, token.\($0.token.dropLast())") },
    .request("a token that is too long", 403) { $0.request(offers: "limpid, token.\($0.token)0") },
    .request("two tokens, one of them right", 403) { $0.request(offers: "limpid, token.0, token.\($0.token)") },
    .request("the token in the address", 404) { $0.request(path: "/live?token=\($0.token)", offers: "limpid") },
    .request("a foreign origin", 403) { $0.request(origin: "http://example.org") },
    .request("an origin of another port", 403) { $0.request(origin: "http://127.0.0.1:1") },
    .request("no origin", 403) { $0.request(origin: nil) },
    .request("the origin of a file or a sandbox", 403) { $0.request(origin: "null") },
    .request("a foreign name that points here", 421) {
      $0.request(host: "example.org:\($0.port)", origin: "http://example.org:\($0.port)")
    },
    .request("a foreign name, for the page alone", 421) { $0.request(path: "/", host: "example.org") },
    .request("the right name with another port", 421) { $0.request(path: "/", host: "127.0.0.1:1") },
    .request("no host", 421) { $0.request(path: "/", host: nil) },
    .request("two hosts", 421) { $0.request(path: "/", more: ["Host: example.org"]) },
    // What is asked.
    .request("HTTP/1.0", 505) { $0.request(path: "/", version: "HTTP/1.0", upgrade: []) },
    .request("a POST", 405) { $0.request(method: "POST", path: "/", more: ["Content-Length: 0"], upgrade: []) },
    .request("a POST to connect", 405) { $0.request(method: "POST", more: ["Content-Length: 0"]) },
    .request("a way out of the folder", 404) { $0.request(path: "/../../etc/passwd", upgrade: []) },
    .request("the same, encoded", 404) { $0.request(path: "/%2e%2e/%2e%2e/etc/passwd", upgrade: []) },
    .request("an address of another server", 404) { $0.request(path: "http://example.org/", upgrade: []) },
    .request("no WebSocket", 426) { $0.request(upgrade: []) },
    .request("a WebSocket without a key", 426) {
      $0.request(upgrade: ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"])
    },
    .request("a WebSocket of another version", 426) {
      $0.request(upgrade: [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 8",
      ])
    },
    .request("a header that is too long", 431) {
      $0.request(path: "/", more: ["X: \(String(repeating: "x", count: 9000))"])
    },
    .request("too many headers", 400) {
      $0.request(path: "/", more: (0..<600).map { "X-\($0): 1234567" })
    },
    .request("an address without an end", 431) { _ in "GET /" + String(repeating: "x", count: 9000) },
    .request("what is no HTTP", 400) { _ in "\u{16}\u{3}\u{1}\u{2}\r\n\r\n" },
    Attempt(testDescription: "a connection that says nothing", expected: .closed) { _, connection in
      connection.isClosed(within: 5) && connection.received.isEmpty ? .closed : .none
    },
    Attempt(testDescription: "a request that never ends", expected: .closed) { _, connection in
      connection.put("GET / HTTP/1.1\r\nHost: ")
      return connection.isClosed(within: 5) && connection.received.isEmpty ? .closed : .none
    },
    // What is sent over a connection.
    .frames("a frame that is too long", 1009, [RawConnection.frame(0x81, [UInt8](repeating: 97, count: 5000))]),
    .frames("a frame that says it has 2^62 bytes", 1009, [RawConnection.frame(0x81, [97], claimed: 1 << 62)]),
    .frames("a frame that says it has 2^63 bytes", 1009, [RawConnection.frame(0x81, [97], claimed: 1 << 63)]),
    .frames(
      "a frame that is not masked", 1002, [RawConnection.frame(0x81, Array("1 bypass on".utf8), isMasked: false)]),
    .frames("a reserved bit", 1002, [RawConnection.frame(0xC1, Array("1 bypass on".utf8))]),
    .frames("a reserved kind of frame", 1002, [RawConnection.frame(0x83, [])]),
    .frames("a reserved kind of control frame", 1002, [RawConnection.frame(0x8B, [])]),
    .frames("bytes where text is due", 1003, [RawConnection.frame(0x82, Array("1 bypass on".utf8))]),
    .frames("text that is no UTF-8", 1007, [RawConnection.frame(0x81, [0x31, 0x20, 0xC3, 0x28])]),
    .frames("JSON, and malformed", 1007, [RawConnection.frame(0x81, Array(#"{"action": "bypass","#.utf8))]),
    .frames("a command without a number", 1007, [RawConnection.frame(0x81, Array("bypass on".utf8))]),
    .frames("two commands in one", 1007, [RawConnection.frame(0x81, Array("1 bypass on\nquit".utf8))]),
    .frames("the middle of a message without its beginning", 1002, [RawConnection.frame(0x80, Array("1 quit".utf8))]),
    .frames(
      "a message in the middle of another", 1002,
      [RawConnection.frame(0x01, Array("1 by".utf8)), RawConnection.frame(0x81, Array("2 quit".utf8))]),
    .frames(
      "a message that never ends", 1009,
      [RawConnection.frame(0x01, Array("1 ".utf8))] + [[UInt8]](repeating: RawConnection.frame(0x00, [97]), count: 8)),
    .frames(
      "a message too long in parts that are not", 1009,
      [
        RawConnection.frame(0x01, [UInt8](repeating: 97, count: 2500)),
        RawConnection.frame(0x80, [UInt8](repeating: 97, count: 2500)),
      ]),
    .frames("a ping in parts", 1002, [RawConnection.frame(0x09, [])]),
    .frames("a ping that is too long", 1002, [RawConnection.frame(0x89, [UInt8](repeating: 0, count: 126))]),
    // In one write, and small enough for one read: what is unread when the server closes makes a reset, which can take the reason with it.
    .frames("a flood of pings", 1008, [flood(of: RawConnection.frame(0x89, []))]),
    .frames("a flood of commands", 1008, [flood(of: RawConnection.frame(0x81, Array("1 bypass on".utf8)))]),
    .command("an unknown action", "fly", "=5 error: "),
    .command("a value out of range", "limit -3", "=5 error: "),
    .command("a value that is no number", "mix nan", "=5 error: "),
    .command("a second value", "bypass on off", "=5 error: "),
  ]
}

extension LivePageLimits {
  /// So much so soon that what a page does not read fills up within moments.
  fileprivate static func thatFillsUp(slownessInMilliseconds: Int64) -> LivePageLimits {
    var limits = LivePageLimits()
    limits.update = .milliseconds(2)
    limits.updatesPerDescription = 1
    limits.unreadBytes = 8192
    limits.slowness = .milliseconds(slownessInMilliseconds)
    limits.silence = .hours(1)
    return limits
  }
}

extension SourceStandIn {
  /// With a description of 4 kB.
  fileprivate static func wordy() -> SourceStandIn {
    SourceStandIn(description: "{" + String(repeating: " ", count: 4000) + "}")
  }
}

/// Over real sockets.
@Suite struct RefusalTests {
  @Test(arguments: Attempt.all)
  func `what must not be taken is refused, and the next page is served`(attempt: Attempt) throws {
    var limits = LivePageLimits()
    limits.handshake = .seconds(1)
    let source = SourceStandIn()
    let server = try LivePageServer(source, limits: limits)
    defer { server.stop() }
    let connection = try RawConnection(port: server.port)
    #expect(try attempt.make(server, connection) == attempt.expected)
    let before = source.lines.withLock { $0.count }
    let page = try server.page()
    page.say("1 limit 12")
    #expect(page.nextText("=1 ") == "=1 ok")
    #expect(source.lines.withLock { Array($0[before...]) } == ["limit 12"])
    if case .status = attempt.expected { #expect(before == 0, "nothing was done for it") }
  }

  @Test func `the ninth page gets a sentence, and a place as soon as one is free`() throws {
    let server = try LivePageServer(SourceStandIn())
    defer { server.stop() }
    var pages = try (0..<8).map { _ in try server.page() }
    let ninth = try server.page()
    let close = try #require(ninth.nextClose())
    #expect(close.code == 1013 && close.reason.hasPrefix("8 pages are open already") && close.reason.utf8.count <= 123)
    #expect(ninth.isClosed(within: 5))
    pages.removeLast()
    #expect(eventually { (try? server.page())?.nextFrame()?.first == 0x82 })
  }

  @Test func `connections that say nothing leave room for others, and are not more than there may be`() throws {
    var limits = LivePageLimits()
    limits.connections = 4
    let server = try LivePageServer(SourceStandIn(), limits: limits)
    defer { server.stop() }
    let silent = try (0..<4).map { _ in try RawConnection(port: server.port) }
    #expect(
      eventually { (try? RawConnection(port: server.port))?.isClosed(within: 0.5) == true }, "the fifth has to go")
    withExtendedLifetime(silent) {}
  }

  @Test func `who does not read is dropped, whatever waits for it, and nothing is computed any more`() throws {
    let limits = LivePageLimits.thatFillsUp(slownessInMilliseconds: 300)
    let source = SourceStandIn.wordy()
    let server = try LivePageServer(source, limits: limits)
    defer { server.stop() }
    let slow = try server.page(receiveBuffer: 4096)
    #expect(eventually { source.looks.load(ordering: .relaxed) > 10 })
    var last = -1
    #expect(
      eventually {
        usleep(100_000)
        let now = source.looks.load(ordering: .relaxed)
        defer { last = now }
        return now == last
      }, "its updates cease")
    #expect(slow.isClosed(within: 5))
    let next = try server.page()
    #expect(next.nextText("{") != nil, "the next one is served")
  }

  @Test func `who breaks the protocol and does not read the answer leaves its place all the same`() throws {
    var limits = LivePageLimits.thatFillsUp(slownessInMilliseconds: 3_600_000)
    limits.clients = 1
    limits.connections = 1
    let source = SourceStandIn.wordy()
    let server = try LivePageServer(source, limits: limits)
    defer { server.stop() }
    let slow = try server.page(receiveBuffer: 4096)
    // More than the system keeps for it.
    #expect(eventually { source.looks.load(ordering: .relaxed) > 200 })
    slow.put(RawConnection.frame(0x89, [UInt8](repeating: 0, count: 126)))
    #expect(eventually { (try? server.page()) != nil }, "its place is another's")
    withExtendedLifetime(slow) {}
  }

  @Test func `who never answers a ping is dropped`() throws {
    var limits = LivePageLimits()
    limits.ping = .milliseconds(100)
    limits.silence = .milliseconds(500)
    let server = try LivePageServer(SourceStandIn(), limits: limits)
    defer { server.stop() }
    let mute = try server.page()
    let alive = try server.page()
    let end = Date(timeIntervalSinceNow: 1.5)
    var pings = 0
    while end.timeIntervalSinceNow > 0, let (first, payload) = alive.nextFrame() {
      guard first == 0x89 else { continue }
      pings += 1
      alive.put(RawConnection.frame(0x8A, payload))
    }
    #expect(pings > 3)
    alive.say("3 bypass on")
    #expect(alive.nextText("=3") == "=3 ok")
    #expect(mute.isClosed(within: 5))
  }
}

/// Waits for a condition, at most 30 s.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  for _ in 0..<3000 {
    if try condition() { return true }
    usleep(10_000)
  }
  return false
}
