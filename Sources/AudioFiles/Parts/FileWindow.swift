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
  convenience init?(path: String) {
    let descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return nil }
    self.init(owning: descriptor)
  }

  /// - Parameter descriptor: of a file that can be read at any place; closed with this.
  init(owning descriptor: Int32) {
    self.descriptor = descriptor
    var status = stat()
    count = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  deinit { close(descriptor) }

  /// The four bytes at a place, most significant first; nil where the file has no four.
  func word(_ at: Int) -> UInt32? {
    guard hold(at, 4) else { return nil }
    return UInt32(bigEndian: window.base.loadUnaligned(fromByteOffset: at - start, as: UInt32.self))
  }

  func byte(_ at: Int) -> UInt8? { hold(at, 1) ? window.base.load(fromByteOffset: at - start, as: UInt8.self) : nil }

  /// Brings at most 4 kB into the window.
  private func hold(_ at: Int, _ wanted: Int) -> Bool {
    guard at >= 0, at <= count - wanted else { return false }
    if at < start || at + wanted > start + held {
      start = at
      held = read(into: window.base, count: window.count, at: at)
    }
    return held >= wanted && at + wanted <= start + held
  }

  /// Bytes of a place, fewer at the end of the file.
  func bytes(_ at: Int, _ count: Int) -> [UInt8] {
    guard at >= 0, count > 0, at < self.count else { return [] }
    let most = min(count, self.count - at)
    return Array(unsafeUninitializedCapacity: most) { buffer, done in
      done = read(into: buffer.baseAddress!, count: most, at: at)
    }
  }

  /// The number of 1 to 8 bytes at a place; nil where the file has not so many, or for what is beyond an Int.
  func number(_ at: Int, _ width: Int, bigEndian: Bool) -> Int? {
    let bytes = bytes(at, width)
    guard bytes.count == width else { return nil }
    let value = (bigEndian ? bytes : bytes.reversed()).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }

  /// Whether these bytes stand at a place.
  func has(_ text: StaticString, at place: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    let bytes = bytes(place, count)
    return bytes.count == count && memcmp(bytes, text.utf8Start, count) == 0
  }

  /// The first place of these bytes within a range.
  func find(_ text: StaticString, in range: Range<Int>) -> Int? {
    let length = text.utf8CodeUnitCount
    var room = [UInt8](repeating: 0, count: 1 << 20)
    var at = range.lowerBound
    while at + length <= min(range.upperBound, count) {
      let wanted = min(room.count, range.upperBound - at)
      let got = room.withUnsafeMutableBytes { read(into: $0.baseAddress!, count: wanted, at: at) }
      guard got >= length else { return nil }
      let found: Int? = room.withUnsafeBytes { bytes in
        let start = bytes.baseAddress!
        var from = 0
        while from + length <= got, let first = memchr(start + from, Int32(text.utf8Start[0]), got - length + 1 - from)
        {
          if memcmp(first, text.utf8Start, length) == 0 { return UnsafeRawPointer(first) - start }
          from = UnsafeRawPointer(first) - start + 1
        }
        return nil
      }
      if let found { return at + found }
      at += got - length + 1
    }
    return nil
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
