import Foundation
import Synchronization
import Testing
import TestSupport

@testable import limpid

/// limpid ctl: the socket.
@Suite struct SocketTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// A socket that is served, and ends with the test.
  private final class Served {
    let controls: StandIn
    let socket: ControlSocket
    let quits = Quits()
    final class Quits: Sendable { let count = Atomic(0) }
    init(_ path: String, _ controls: StandIn = StandIn()) throws {
      self.controls = controls
      let quits = quits
      socket = try ControlSocket(
        path: path, controls: controls, quit: { quits.count.add(1, ordering: .relaxed) })
    }
    deinit { socket.stop() }
  }

  /// A client that does what it likes; closed with the test.
  private final class RawClient {
    let descriptor: Int32
    init(_ path: String) throws {
      guard case .connected(let descriptor) = try SocketCall(path) else { throw Failure(.noInput, "not connected") }
      self.descriptor = descriptor
    }
    deinit { close(descriptor) }
    /// Bytes that went; −1 where the other end is gone.
    @discardableResult func send(_ bytes: [UInt8]) -> Int {
      Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
    /// Whether the other end closes within 30 s; what it says before is read.
    var isClosed: Bool {
      var buffer = [UInt8](repeating: 0, count: 4096)
      return eventually {
        var count = 1
        while count > 0 { count = recv(descriptor, &buffer, buffer.count, 0) }
        return count == 0 || errno == ECONNRESET
      }
    }
  }

  @Test func `commands and status go through; the name is gone at the end`() throws {
    let path = scratch.path("s")
    do {
      let served = try Served(path)
      let connection = try ControlConnection(path)
      defer { connection.close() }
      #expect(try connection.ask("bypass on") == "ok")
      #expect(try connection.ask("limit 12") == "ok")
      #expect(try connection.ask("status").hasPrefix("{"))
      #expect(try connection.ask("nonsense").hasPrefix("error: "))
      #expect(try connection.ask("quit") == "ok")
      #expect(served.controls.sent == [.bypass(true), .attenuationLimit(12)])
      #expect(served.quits.count.load(ordering: .relaxed) == 1)
    }
    #expect(scratch.names == [])
  }

  @Test func `only its owner may open it`() throws {
    let served = try Served(scratch.path("s"))
    var status = stat()
    #expect(lstat(served.socket.path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    #expect(status.st_mode & S_IFMT == S_IFSOCK)
  }

  @Test func `a socket that nobody listens on any more is replaced`() throws {
    let path = scratch.path("s")
    let descriptor = try newSocket()
    #expect(try withSocketAddress(path) { bind(descriptor, $0, $1) } == 0)
    close(descriptor)
    #expect(scratch.names == ["s"])
    let served = try Served(path)
    let connection = try ControlConnection(path)
    #expect(try connection.ask("clear") == "ok")
    connection.close()
    #expect(served.controls.sent == [.clear])
  }

  @Test func `a file, a folder, a link, and a socket in use stay as they are`() throws {
    let file = try scratch.write(Data("mine".utf8), "file")
    try FileManager.default.createDirectory(atPath: scratch.path("folder"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: file)
    for name in ["file", "folder", "link"] {
      #expect(throws: Failure.self) { try Served(scratch.path(name)) }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data("mine".utf8))
    let served = try Served(scratch.path("s"))
    do {
      _ = try Served(scratch.path("s"))
      Issue.record("two of one name")
    } catch let failure as Failure {
      #expect(failure.code == .cannotCreate && failure.sentence.contains("in use"))
    }
    let connection = try ControlConnection(served.socket.path)
    #expect(try connection.ask("clear") == "ok")
    connection.close()
    #expect(scratch.names == ["file", "folder", "link", "s"])
  }

  @Test func `a name taken over by somebody else is left to them`() throws {
    let path = scratch.path("s")
    let first = try Served(path)
    #expect(unlink(path) == 0)
    let second = try Served(path)
    first.socket.stop()
    #expect(scratch.names == ["s"])
    let connection = try ControlConnection(path)
    #expect(try connection.ask("clear") == "ok")
    connection.close()
    #expect(second.controls.sent == [.clear])
    _ = consume first
  }

  /// The sentence for a long name once ended in "(Success)".
  @Test func `a name that cannot be one is refused with the reason`() throws {
    for path in ["", scratch.path(String(repeating: "x", count: 200)), scratch.path("none/s")] {
      do {
        _ = try Served(path)
        Issue.record("\(path) was taken")
      } catch let failure as Failure {
        #expect(failure.code == .cannotCreate)
        #expect(failure.sentence.contains("bytes") || failure.sentence.contains("No such file"), "\(failure.sentence)")
      }
    }
  }

  @Test func `a line without end is answered and closed, and others are served meanwhile`() throws {
    let served = try Served(scratch.path("s"))
    let hostile = try RawClient(served.socket.path)
    hostile.send([UInt8](repeating: 65, count: 10_000))
    let connection = try ControlConnection(served.socket.path)
    #expect(try connection.ask("clear") == "ok")
    connection.close()
    #expect(hostile.isClosed)
  }

  @Test func `a client that never reads is not waited for, and cannot fill the memory`() throws {
    let served = try Served(scratch.path("s"))
    let hostile = try RawClient(served.socket.path)
    let many = Array(String(repeating: "status\n", count: 2000).utf8)
    // Until our own buffers are full, too: nobody takes what we send any more.
    #expect(eventually { hostile.send(many) < 0 && errno == EAGAIN })
    let connection = try ControlConnection(served.socket.path)
    for _ in 0..<20 { #expect(try connection.ask("clear") == "ok") }
    connection.close()
    #expect(served.controls.sent.count == 20)
  }

  /// A long list of profiles was cut off, its line's end with it, and limpid ctl waited for that in vain.
  @Test func `an answer of any length arrives whole`() throws {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
    defer { for end in ends { close(end) } }
    let names = String(repeating: "profile ", count: 50_000)
    var client = ControlClient(descriptor: ends[0])
    #expect(send(ends[1], "profiles\n", 9, 0) == 9)
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    for _ in 0..<1000 where answer.last != 10 {
      let goesOn = client.serve { _ in names }
      #expect(goesOn)
      let count = recv(ends[1], &buffer, buffer.count, 0)
      if count > 0 { answer += buffer[..<count] }
    }
    // Not in #expect itself, which would look for the differences of 400 kB for hours.
    let isWhole = answer == Array((names + "\n").utf8)
    #expect(isWhole, "\(answer.count) bytes")
  }

  @Test func `many lines at once are all answered, in their order`() throws {
    let served = try Served(scratch.path("s"))
    let client = try RawClient(served.socket.path)
    client.send(Array((1...8).map { "steps \($0)\n" }.joined().utf8) + Array("nonsense\nclear\nmix 0.".utf8))
    #expect(eventually { served.controls.sent.count == 9 })
    client.send(Array("5\n".utf8))
    #expect(eventually { served.controls.sent.count == 10 })
    #expect(served.controls.sent == (1...8).map { .steps($0) } + [.clear, .mix(0.5)])
  }

  @Test func `of more connections than there is room for the silent ones have to go`() throws {
    let served = try Served(scratch.path("s"))
    let friend = try ControlConnection(served.socket.path)
    defer { friend.close() }
    var crowd: [RawClient] = []
    for _ in 0..<3 * ControlSocket.mostClients {
      crowd.append(try connectedWhenThereIsRoom(served.socket.path))
      #expect(try friend.ask("clear") == "ok", "who speaks stays")
    }
    #expect(crowd[0].isClosed)
    #expect(served.controls.sent.count == crowd.count)
  }

  /// The queue of connections not yet taken is short.
  private func connectedWhenThereIsRoom(_ path: String) throws -> RawClient {
    var client: RawClient?
    _ = eventually {
      client = try? RawClient(path)
      return client != nil
    }
    return try #require(client)
  }

  @Test func `bytes that are no text, and clients that leave in the middle, do no harm`() throws {
    let served = try Served(scratch.path("s"))
    var state: UInt32 = 3
    for round in 0..<20 {
      let client = try connectedWhenThereIsRoom(served.socket.path)
      client.send(
        (0..<(50 * round)).map { _ in
          state = state &* 1_664_525 &+ 1_013_904_223
          return UInt8(state >> 24)
        })
    }
    let connection = try ControlConnection(served.socket.path)
    #expect(try connection.ask("clear") == "ok")
    connection.close()
  }

  @Test func `ending does not wait for clients`() throws {
    let path = scratch.path("s")
    let served = try Served(path)
    let client = try RawClient(path)
    client.send(Array("bypass on".utf8))
    served.socket.stop()
    #expect(client.isClosed)
    #expect(scratch.names == [])
  }
}
