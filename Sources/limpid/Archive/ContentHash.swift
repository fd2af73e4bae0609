import AudioFiles
import CNettle
import Ground

/// SHA-256 of some bytes, as `sha256sum` prints it. 32 bytes without a heap of its own: an archive has many of them.
struct ContentHash: Hashable, Sendable, CustomStringConvertible {
  private let words: SIMD4<UInt64>

  /// - Parameter digest: 32 bytes.
  private init(_ digest: UnsafeRawBufferPointer) { words = digest.loadUnaligned(as: SIMD4<UInt64>.self) }

  /// Takes 64 hexadecimal digits; nil for anything else.
  init?(_ text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for n in stride(from: 0, to: 64, by: 2) {
      guard let byte = UInt8(String(decoding: digits[n..<n + 2], as: UTF8.self), radix: 16), digits[n] != 43 else {
        return nil
      }
      bytes.append(byte)
    }
    self = bytes.withUnsafeBytes { ContentHash($0) }
  }

  /// Of bytes in memory.
  init(of bytes: UnsafeRawBufferPointer) {
    var sum = Sum()
    sum.add(bytes)
    self = sum.finish()
  }

  var description: String {
    withUnsafeBytes(of: words) { bytes in
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }

  /// What is being added up.
  struct Sum {
    private var context = sha256_ctx()

    init() { nettle_sha256_init(&context) }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
      nettle_sha256_update(&context, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }

    mutating func finish() -> ContentHash {
      withUnsafeTemporaryAllocation(byteCount: Int(SHA256_DIGEST_SIZE), alignment: 8) { digest in
        nettle_sha256_digest(&context, digest.count, digest.baseAddress!.assumingMemoryBound(to: UInt8.self))
        return ContentHash(UnsafeRawBufferPointer(digest))
      }
    }
  }
}

/// All that a file held when it was read, by its hash.
struct FileContent: Sendable {
  let hash: ContentHash
  /// Bytes.
  let size: Int
  /// How the system described it before it was read.
  private let state: State

  private struct State: Equatable, Sendable {
    var numbers: [Int] = []

    init(_ status: stat) {
      numbers = [
        Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
        status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
      ]
    }
  }

  /// Reads all of a regular file, in pieces.
  ///
  /// - Throws: `missing`, `notAFile`, `unreadable`.
  init(path: String) throws(AudioFileError) {
    // A pipe without a writer must not hang us.
    let descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw .missing(path: path) }
      throw .unreadable(path: path, reason: systemReason())
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: systemReason()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    var sum = ContentHash.Sum()
    var size = 0
    var failure: Int32 = 0
    withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 64) { room in
      while true {
        let count = read(descriptor, room.baseAddress!, room.count)
        if count < 0, errno == EINTR { continue }
        if count < 0 { failure = errno }
        guard count > 0 else { return }
        sum.add(UnsafeRawBufferPointer(rebasing: room[..<count]))
        size += count
      }
    }
    if failure != 0 { throw .unreadable(path: path, reason: systemReason(failure)) }
    self.size = size
    hash = sum.finish()
    state = State(status)
  }

  /// Whether the file of this name is still the one that was read, and nobody has written to it.
  func isUnchanged(at path: String) -> Bool {
    var status = stat()
    return FileName.withCString(path) { stat($0, &status) } == 0 && State(status) == state
  }
}
