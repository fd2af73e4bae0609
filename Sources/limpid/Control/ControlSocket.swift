import Foundation
import Ground
import Synchronization

/// Commands as lines of text through a unix socket that only its owner may open.
///
/// One thread of ordinary priority serves all clients. Whatever they do (endless lines, many connections, never reading,
/// commands without pause), memory and work stay bounded, and the audio knows nothing of it.
final class ControlSocket: @unchecked Sendable {
  /// Beyond that the one that was silent longest has to go.
  static let mostClients = 16
  /// Between two rounds of the thread, each of at most one line a client: at most 200 a second.
  static let pauseInMicroseconds: UInt32 = 5000

  let path: String
  private let answers: ControlProtocol
  private let listener: Int32
  private let identity: (device: UInt64, inode: UInt64)
  private let stopping = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  /// Makes the socket and begins to listen. A socket that nobody listens on any more is replaced; nothing else is.
  ///
  /// - Parameter page: the live page's address; nil: there is none.
  /// - Throws: `Failure`.
  init(path: String, controls: any LiveControls, page: String? = nil, quit: @escaping @Sendable () -> Void) throws {
    self.path = path
    answers = ControlProtocol(controls: controls, page: page, quit: quit)
    try Self.removeStale(path)
    listener = try newSocket()
    do {
      // Linux gives the name the mode of the socket it is bound to, so there is no moment at which somebody else could
      // open it; and nobody can connect before it listens. (A mask would be that of the whole process.)
      guard fchmod(listener, 0o600) == 0 else { throw Self.failure(path, errno) }
      let code = try withSocketAddress(path) { [listener] in bind(listener, $0, $1) == 0 ? 0 : errno }
      guard code == 0 else { throw Self.failure(path, code) }
      guard chmod(path, 0o600) == 0, listen(listener, 8) == 0, let identity = Self.identity(of: path) else {
        let code = errno
        unlink(path)
        throw Self.failure(path, code)
      }
      self.identity = identity
    } catch {
      close(listener)
      throw error
    }
    let thread = Thread { [self] in
      serve()
      ended.signal()
    }
    thread.name = "limpid-control"
    thread.start()
  }

  /// Ends it and takes its name away, if that is still ours. Once is enough.
  func stop() {
    guard !stopping.exchange(true, ordering: .acquiringAndReleasing) else { return }
    ended.wait()
    close(listener)
    if let present = Self.identity(of: path), present == identity { unlink(path) }
  }

  private static func identity(of path: String) -> (device: UInt64, inode: UInt64)? {
    var status = stat()
    return lstat(path, &status) == 0 ? (UInt64(status.st_dev), UInt64(status.st_ino)) : nil
  }

  private static func removeStale(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw Failure(.cannotCreate, "\(path) exists and is no socket; name another one with --control")
    }
    switch try SocketCall(path) {
    case .refused: unlink(path)
    case .missing: break
    case .connected(let descriptor):
      close(descriptor)
      fallthrough
    case .busy:
      throw Failure(.cannotCreate, "\(path) is in use by a running program; name another one with --control")
    case .failed(let reason): throw Failure(.cannotCreate, "\(path): \(reason); name another one with --control")
    }
  }

  private static func failure(_ path: String, _ code: Int32) -> Failure {
    let reason = systemReason(code)
    return Failure(
      .cannotCreate, "\(path): the control socket cannot be made (\(reason)); name another one with --control")
  }

  // MARK: - The thread

  private func serve() {
    var clients: [ControlClient] = []
    var clock = 0
    while !stopping.load(ordering: .acquiring) {
      var polls = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
      polls += clients.map { pollfd(fd: $0.descriptor, events: $0.awaited, revents: 0) }
      let isHurried = clients.contains { $0.hasLine }
      guard poll(&polls, UInt(polls.count), isHurried ? 0 : 100) > 0 || isHurried else { continue }
      var kept: [ControlClient] = []
      for (var client, poll) in zip(clients, polls.dropFirst()) {
        let isCalled = poll.revents != 0 || client.hasLine
        var lines = 0
        let goesOn =
          !isCalled
          || client.serve { line in
            lines += 1
            return answers.answer(line)
          }
        if lines > 0 {
          clock += 1
          client.lastActive = clock
        }
        if goesOn { kept.append(client) } else { close(client.descriptor) }
      }
      clients = kept
      if polls[0].revents != 0 { admit(&clients, clock) }
      usleep(Self.pauseInMicroseconds)
    }
    for client in clients { close(client.descriptor) }
  }

  private func admit(_ clients: inout [ControlClient], _ clock: Int) {
    let descriptor = accept(listener, nil, nil)
    guard descriptor >= 0 else { return }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    if clients.count >= Self.mostClients,
      let silent = clients.indices.min(by: { clients[$0].lastActive < clients[$1].lastActive })
    {
      close(clients.remove(at: silent).descriptor)
    }
    var client = ControlClient(descriptor: descriptor)
    client.lastActive = clock
    clients.append(client)
  }
}
