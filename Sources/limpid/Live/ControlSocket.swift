import Foundation
import Live
import Synchronization

/// What can be asked of a running engine; `LiveEngine`, or a test's stand-in.
protocol LiveControls: AnyObject, Sendable {
  var status: LiveStatus? { get }
  func send(_ command: LiveCommand) throws
}

extension LiveEngine: LiveControls {}

/// Commands as lines of text through a unix socket that only its owner may open.
///
/// One thread serves all clients. Whatever they do (endless lines, many connections, never reading), memory stays bounded
/// and the audio knows nothing of it.
final class ControlSocket: @unchecked Sendable {
  static let mostClients = 16
  static let longestLine = 1024
  static let mostUnread = 1 << 16

  let path: String
  private let controls: any LiveControls
  private let quit: @Sendable () -> Void
  private let listener: Int32
  private let inode: UInt64
  private let stopping = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  private struct Client {
    let descriptor: Int32
    var line: [UInt8] = []
    var unsent: [UInt8] = []
  }

  /// Makes the socket and begins to listen. A socket that nobody listens on any more is replaced; nothing else is.
  ///
  /// - Throws: `Failure`.
  init(path: String, controls: any LiveControls, quit: @escaping @Sendable () -> Void) throws {
    self.path = path
    self.controls = controls
    self.quit = quit
    try Self.removeStale(path)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Self.failure(path) }
    // No moment at which somebody else could open it: the mask is in force when the name appears.
    let mask = umask(0o177)
    let bound = try? withSocketAddress(path) { bind(descriptor, $0, $1) }
    umask(mask)
    guard bound == 0, listen(descriptor, 8) == 0 else {
      close(descriptor)
      throw Self.failure(path)
    }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    listener = descriptor
    var status = stat()
    lstat(path, &status)
    inode = UInt64(status.st_ino)
    let thread = Thread { [self] in
      serve()
      ended.signal()
    }
    thread.name = "limpid-control"
    thread.start()
  }

  /// Ends it and takes its name away.
  func stop() {
    stopping.store(true, ordering: .releasing)
    ended.wait()
    close(listener)
    var status = stat()
    if lstat(path, &status) == 0, UInt64(status.st_ino) == inode { unlink(path) }
  }

  private static func removeStale(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw Failure(.cannotCreate, "\(path) exists and is no socket; name another one with --control")
    }
    if let descriptor = try? connectToSocket(path) {
      close(descriptor)
      throw Failure(.cannotCreate, "\(path) is in use by a running limpid; name another one with --control")
    }
    unlink(path)
  }

  private static func failure(_ path: String) -> Failure {
    Failure(
      .cannotCreate,
      "\(path): the control socket cannot be made (\(String(cString: strerror(errno)))); name another one with --control")
  }

  // MARK: - The thread

  private func serve() {
    var clients: [Client] = []
    while !stopping.load(ordering: .acquiring) {
      var polls = [pollfd(fd: clients.count < Self.mostClients ? listener : -1, events: Int16(POLLIN), revents: 0)]
      polls += clients.map {
        pollfd(fd: $0.descriptor, events: Int16($0.unsent.isEmpty ? POLLIN : POLLOUT), revents: 0)
      }
      guard poll(&polls, UInt(polls.count), 100) > 0 else { continue }
      var kept: [Client] = []
      for (var client, poll) in zip(clients, polls.dropFirst()) {
        let goesOn = poll.revents == 0 || (poll.revents & Int16(POLLNVAL) == 0 && handle(&client))
        if goesOn { kept.append(client) } else { close(client.descriptor) }
      }
      clients = kept
      if polls[0].revents != 0 {
        let descriptor = accept(listener, nil, nil)
        if descriptor >= 0 {
          _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
          clients.append(Client(descriptor: descriptor))
        }
      }
    }
    for client in clients { close(client.descriptor) }
  }

  /// Reads and answers what there is; false where the client is gone or does not behave.
  private func handle(_ client: inout Client) -> Bool {
    if !client.unsent.isEmpty { return flush(&client) }
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = recv(client.descriptor, &buffer, buffer.count, 0)
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    if count == 0 { return false }
    for byte in buffer[..<count] {
      if byte == 10 {
        let answer = answer(String(decoding: client.line, as: UTF8.self))
        client.line.removeAll(keepingCapacity: true)
        client.unsent += Array((answer + "\n").utf8)
        if client.unsent.count > Self.mostUnread { return false }
      } else {
        client.line.append(byte)
        if client.line.count > Self.longestLine {
          client.unsent += Array("error: a line has at most \(Self.longestLine) bytes\n".utf8)
          _ = flush(&client)
          return false
        }
      }
    }
    return flush(&client)
  }

  private func flush(_ client: inout Client) -> Bool {
    guard !client.unsent.isEmpty else { return true }
    let count = send(client.descriptor, client.unsent, client.unsent.count, Int32(MSG_NOSIGNAL))
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    client.unsent.removeFirst(count)
    return true
  }

  /// The answer to one line: a status object, "ok", or "error: " and a sentence.
  func answer(_ line: String) -> String {
    switch line.trimmingCharacters(in: .whitespaces).lowercased() {
    case "status": return controls.status.map { StatusJSON($0).line } ?? "error: nothing runs yet"
    case "quit":
      quit()
      return "ok"
    default:
      do {
        try controls.send(try LiveCommand(line: line))
        return "ok"
      } catch { return "error: \(error)" }
    }
  }
}

/// Calls `body` with the address of a unix socket's path.
func withSocketAddress<Result>(
  _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) throws -> Result {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(path.utf8)
  let room = MemoryLayout.size(ofValue: address.sun_path)
  guard !bytes.isEmpty, bytes.count < room else {
    throw Failure(.cannotCreate, "\(path): a socket's name has 1 to \(room - 1) bytes; name a shorter one")
  }
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
  }
}

/// A connection to a socket, or a `Failure`.
func connectToSocket(_ path: String) throws -> Int32 {
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0, try withSocketAddress(path, { connect(descriptor, $0, $1) }) == 0 else {
    if descriptor >= 0 { close(descriptor) }
    throw Failure(
      .noInput, "\(path): no limpid listens there; start limpid live or limpid jack with --control \(path)")
  }
  return descriptor
}
