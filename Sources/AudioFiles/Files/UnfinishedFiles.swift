import Ground
import Synchronization

/// The temporary files of writers at work, where a signal handler can find them.
///
/// A fixed table of addresses of C strings, so that the handler allocates and locks nothing. A string is never freed:
/// the handler might be reading it.
enum UnfinishedFiles {
  /// A place in the table; nil when it was full (the file is then not removed by a signal).
  struct Mark { let slot: Int? }

  private static let capacity = 1024
  private static let slots: Slots = Slots()

  private final class Slots: Sendable {
    nonisolated(unsafe) let base: UnsafeMutablePointer<Atomic<UInt>>
    init() {
      base = .allocate(capacity: capacity)
      for n in 0..<capacity { (base + n).initialize(to: Atomic(0)) }
    }
  }

  static func add(_ path: String) -> Mark {
    guard let text = FileName.withCString(path, { strdup($0) }) else { return Mark(slot: nil) }
    let address = UInt(bitPattern: text)
    for n in 0..<capacity
    where slots.base[n].compareExchange(expected: 0, desired: address, ordering: .releasing).exchanged {
      return Mark(slot: n)
    }
    return Mark(slot: nil)
  }

  static func remove(_ mark: Mark) {
    if let slot = mark.slot { slots.base[slot].store(0, ordering: .releasing) }
  }

  static func unlinkAll() {
    for n in 0..<capacity {
      let address = slots.base[n].load(ordering: .acquiring)
      if let text = UnsafePointer<CChar>(bitPattern: address) { unlink(text) }
    }
  }

  /// Takes away temporary files in a folder whose process was killed. That one is alive is told by its lock, which it takes
  /// before it writes anything: an empty file may be one that was made this moment, and stays.
  static func removeLeftovers(in folder: String) {
    for name in Files.names(in: folder) ?? [] where isTemporary(name) {
      FileName.withCString(folder + "/" + name) { path in
        let descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0, status.st_size > 0,
          status.st_mode & S_IFMT == S_IFREG
        {
          unlink(path)
        }
      }
    }
  }

  /// `.NAME.limpid-NUMBER-CHANCE.tmp`
  private static func isTemporary(_ name: String) -> Bool {
    let parts = FileName.bytes(name).split(separator: UInt8(ascii: "."))
    return name.utf8.first == UInt8(ascii: ".") && parts.count >= 3 && parts.last!.elementsEqual("tmp".utf8)
      && parts[parts.count - 2].starts(with: "limpid-".utf8)
  }
}
