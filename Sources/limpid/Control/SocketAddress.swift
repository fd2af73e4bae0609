import Ground

/// Calls `body` with the address of a unix socket's path.
///
/// - Throws: `Failure` for a path that is empty or longer than the system allows.
func withSocketAddress<Result>(
  _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) throws -> Result {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(path.utf8)
  let room = MemoryLayout.size(ofValue: address.sun_path)
  guard !bytes.isEmpty, bytes.count < room, !bytes.contains(0) else {
    throw Failure(.cannotCreate, "\(path): a socket's name has 1 to \(room - 1) bytes; name a shorter one")
  }
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
  }
}

/// What came of calling at a socket's name.
enum SocketCall {
  case connected(Int32)
  /// Somebody listens and is too busy to answer.
  case busy
  /// Nobody listens: the name is left over, or is no socket.
  case refused
  /// There is nothing of that name.
  case missing
  /// The system's reason.
  case failed(String)

  init(_ path: String) throws {
    let descriptor = try newSocket()
    switch try withSocketAddress(path, { connect(descriptor, $0, $1) == 0 ? 0 : errno }) {
    case 0:
      self = .connected(descriptor)
      return
    case EAGAIN: self = .busy
    case ECONNREFUSED, ENOTSOCK: self = .refused
    case ENOENT, ENOTDIR: self = .missing
    case let code: self = .failed(systemReason(code))
    }
    close(descriptor)
  }
}

/// A unix socket that never blocks and is not handed to child processes.
func newSocket() throws -> Int32 {
  let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
  let descriptor = socket(AF_UNIX, kind, 0)
  guard descriptor >= 0 else {
    throw Failure(.software, "the system gives no socket (\(systemReason())); end other programs")
  }
  return descriptor
}
