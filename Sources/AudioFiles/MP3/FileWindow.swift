import Ground

/// Looks into a file of any size through a window of 64 kB. One thread.
final class FileWindow {
  /// Bytes of the file when it was opened.
  let count: Int
  private let descriptor: Int32
  private let window = ByteMemory(1 << 16)
  private var start = 0
  private var held = 0

  /// nil for what cannot be opened.
  init?(path: String) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    count = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  deinit { close(descriptor) }

  /// The four bytes at a place, most significant first; nil where the file has no four.
  func word(_ at: Int) -> UInt32? {
    guard at >= 0, at + 4 <= count else { return nil }
    if at < start || at + 4 > start + held {
      start = at
      held = read(into: window.base, count: window.count, at: at)
      guard held >= 4 else { return nil }
    }
    return UInt32(bigEndian: window.base.loadUnaligned(fromByteOffset: at - start, as: UInt32.self))
  }

  /// - Returns: bytes read, fewer at the end of the file and where reading fails.
  func read(into target: UnsafeMutableRawPointer, count: Int, at offset: Int) -> Int {
    var done = 0
    while done < count {
      let got = pread(descriptor, target + done, count - done, off_t(offset + done))
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { break }
      done += got
    }
    return done
  }
}
