import Ground

/// One connection to the control socket: bytes in, lines out of them, answers back. Bounded, whatever the other end does: a line is
/// answered when nothing of the answer before is left.
struct ControlClient {
  /// Bytes in a line, its end left out: `use` may name many profiles.
  static let longestLine = 4096

  let descriptor: Int32
  /// When it last said something; grows with every line of any client.
  var lastActive = 0
  private var received: [UInt8] = []
  private var unsent: [UInt8] = []
  private var isEnding = false

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// What to wait for; nothing while a whole line is already here.
  var awaited: Int16 { Int16(unsent.isEmpty ? POLLIN : POLLOUT) }
  var hasLine: Bool { unsent.isEmpty && received.contains(10) }

  /// Reads, answers at most one line, and writes, as far as that goes without waiting.
  ///
  /// - Parameter answer: gives the answer to a line.
  /// - Returns: false where the client is gone or does not behave; it is to be closed.
  mutating func serve(_ answer: (String) -> String) -> Bool {
    if unsent.isEmpty {
      if !hasLine, !receive() { return false }
      if let end = received.firstIndex(of: 10) {
        reply(answer(String(decoding: received[..<end], as: UTF8.self)))
        received.removeSubrange(...end)
      } else if received.count > Self.longestLine {
        reply("error: a line has at most \(Self.longestLine) bytes")
        isEnding = true
      }
    }
    return flush() && !(isEnding && unsent.isEmpty)
  }

  private mutating func reply(_ text: String) { unsent += Array((text + "\n").utf8) }

  /// false at the end, or after an error.
  private mutating func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: Self.longestLine + 1)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    received += buffer[..<count]
    return count > 0
  }

  private mutating func flush() -> Bool {
    guard !unsent.isEmpty else { return true }
    let count = send(descriptor, unsent, unsent.count, Int32(MSG_NOSIGNAL))
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    unsent.removeFirst(count)
    return true
  }
}
