import AudioFiles
import Ground

/// Locks of single bytes of a file, among processes and, over NFS, machines; the system takes a lock back when its owner
/// dies. They belong to the open file, so that two of one process exclude each other too (open file description locks).
enum FileLock {
  enum Result: Equatable { case taken, busy, unsupported }

  // <fcntl.h> shows them to GNU's dialect alone.
  private static let atOnce: Int32 = 37  // F_OFD_SETLK
  private static let waiting: Int32 = 38  // F_OFD_SETLKW

  /// - Parameter offset: of the byte, which need not be there.
  static func take(_ descriptor: Int32, at offset: Int, waits: Bool) -> Result {
    var lock = Ground.flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = off_t(offset)
    lock.l_len = 1
    while true {
      if fcntl(descriptor, waits ? waiting : atOnce, &lock) == 0 { return .taken }
      switch errno {
      case EINTR: continue
      case EAGAIN, EACCES: return .busy
      default: return .unsupported
      }
    }
  }
}

/// The right to make one output, which one process has at a time; given back when this is gone, or the process is.
///
/// It is the lock of a byte of the manifest, far behind its end: nothing is left over where a process dies, and no
/// file lies about. Two names that share a byte only wait for each other.
final class OutputClaim: Sendable {
  private let descriptor: Int32

  enum Answer {
    case claimed(OutputClaim)
    /// Another has it.
    case busy
  }

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// - Parameters:
  ///   - output: below the manifest's folder.
  ///   - waits: until another has given it back.
  ///   - withoutLocks: called where the file system has none.
  /// - Throws: `unwritable` where the manifest cannot be made.
  static func of(
    _ output: String, manifest: String, waits: Bool, withoutLocks: () -> Void
  ) throws(AudioFileError) -> Answer {
    let descriptor = FileName.withCString(manifest) { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else { throw .unwritable(path: manifest, reason: systemReason()) }
    let claim = OutputClaim(descriptor)
    switch FileLock.take(descriptor, at: place(output), waits: waits) {
    case .taken: break
    case .busy: return .busy
    case .unsupported: withoutLocks()
    }
    return .claimed(claim)
  }

  /// From 2^62 on: FNV-1a of the name's bytes.
  private static func place(_ output: String) -> Int {
    let hash = FileName.bytes(output).reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return Int(1 << 62 | hash >> 3)
  }
}
