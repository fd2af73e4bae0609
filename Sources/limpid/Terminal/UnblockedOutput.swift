import Ground

/// A terminal, a pipe, a file: written to without ever waiting for who reads it. What does not go yet is kept, and sent
/// first the next time. One thread.
///
/// A terminal that `poll` calls writable takes the beginning of a text and then blocks, so it has to be O_NONBLOCK. The
/// description that the shell gave us is the shell's, too, and stays as it is: the terminal is opened once more.
final class UnblockedOutput: TextOutputStream, @unchecked Sendable {
  /// Bytes that may wait; what comes on top is dropped, text by text.
  static let mostUnsent = 1 << 16

  private let descriptor: Int32
  private let isOwn: Bool
  private var unsent: [UInt8] = []

  /// - Parameter descriptor: stays open for as long as this.
  init(_ descriptor: Int32) {
    var status = stat()
    // A file would be begun anew, and a socket cannot be opened so.
    let isFit =
      isatty(descriptor) != 0 || (fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    let own =
      isFit ? open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1
    isOwn = own >= 0
    // Where it may not be opened (a terminal of another user, after su), `poll` has to do.
    self.descriptor = isOwn ? own : descriptor
  }

  deinit { if isOwn { close(descriptor) } }

  /// Whether something waits for who reads.
  var isHeldUp: Bool { !unsent.isEmpty }

  /// What may be written to from a signal handler.
  var rawDescriptor: Int32 { descriptor }

  /// Sends a text after what waits, as far as it goes now.
  ///
  /// - Returns: 0, or errno of the write that failed: nobody reads any more. Held up is no error.
  @discardableResult
  func put(_ text: String) -> Int32 {
    let bytes = text.utf8
    if unsent.count + bytes.count <= Self.mostUnsent { unsent += bytes }
    let code = flush(patience: 0)
    return code == ETIMEDOUT ? 0 : code
  }

  /// For logs.
  func write(_ text: String) { put(text) }

  /// Sends what waits.
  ///
  /// - Parameter patience: milliseconds that it may take.
  /// - Returns: 0, ETIMEDOUT where something still waits, or errno of the write that failed; nothing waits then.
  @discardableResult
  func flush(patience: Int) -> Int32 {
    let end = Self.now() + patience
    var done = 0
    defer { unsent.removeFirst(done) }
    while done < unsent.count {
      var count = 0
      if isOwn || isReady(0) {
        count = unsent[done...].withUnsafeBytes { Ground.write(descriptor, $0.baseAddress!, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 || errno == EAGAIN else {
          done = unsent.count
          return errno
        }
      }
      done += max(0, count)
      if count <= 0 {
        let left = end - Self.now()
        guard left > 0 else { return ETIMEDOUT }
        // A terminal with room for one byte is ready, and takes no line's end, which is two.
        if isReady(left) { sleep(nanoseconds: 1_000_000) }
      }
    }
    return 0
  }

  private func isReady(_ patience: Int) -> Bool {
    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&wait, 1, Int32(patience)) > 0
  }

  /// Milliseconds of the monotonic clock.
  private static func now() -> Int { Int(monotonicNanoseconds() / 1_000_000) }
}
