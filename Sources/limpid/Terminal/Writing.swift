import Glibc

/// Writes all of a text to a descriptor. Where nobody reads any more that is an answer, not a trap: Foundation's
/// `FileHandle.write` ends the program then.
///
/// - Parameter patience: milliseconds to wait where the reader is behind; nil: as long as it takes.
/// - Returns: false where the other end is gone, or nothing could be written in that time.
@discardableResult
func writeAll(_ text: String, to descriptor: Int32, patience: Int32? = nil) -> Bool {
  let bytes = Array(text.utf8)
  var done = 0
  while done < bytes.count {
    if let patience {
      var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let ready = poll(&wait, 1, patience)
      if ready < 0 && errno == EINTR { continue }
      guard ready == 1 else { return false }
    }
    let count = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count) }
    if count < 0 && errno == EINTR { continue }
    if count < 0 && errno == EAGAIN {
      var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&wait, 1, patience ?? -1)
      continue
    }
    guard count > 0 else { return false }
    done += count
  }
  return true
}
