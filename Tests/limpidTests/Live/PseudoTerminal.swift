import Foundation
import Testing

/// A terminal that a test looks at and types on. Nobody's controlling terminal: Ctrl-C is a signal here, not a key.
final class PseudoTerminal {
  private let master: Int32
  private let slave: Int32
  private var bytes: [UInt8] = []
  /// What a program gets as its standard input and output.
  let handle: FileHandle

  init(columns: UInt16 = 80, rows: UInt16 = 24) throws {
    // posix_openpt and its relatives, which Glibc's module map leaves out: TIOCSPTLCK unlocks, TIOCGPTN gives the number.
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)
    var (lock, number): (Int32, UInt32) = (0, 0)
    try #require(master >= 0 && ioctl(master, 0x4004_5431, &lock) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
    slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    try #require(slave >= 0)
    for descriptor in [master, slave] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    handle = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
    resize(columns: columns, rows: rows)
  }

  deinit {
    close(master)
    close(slave)
  }

  func resize(columns: UInt16, rows: UInt16 = 24) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  func type(_ keys: String) {
    let bytes = Array(keys.utf8)
    _ = write(master, bytes, bytes.count)
  }

  /// Everything written so far.
  var text: String {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(master, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Forgets what was written so far.
  func forget() {
    _ = text
    bytes = []
  }

  /// Writes from the program's side until nothing more goes, then reads a little: there is room for a part of a drawing.
  func holdUp() {
    let writer = open("/proc/self/fd/\(slave)", O_WRONLY | O_NOCTTY | O_NONBLOCK)
    let filler = [UInt8](repeating: UInt8(ascii: "."), count: 1000)
    while write(writer, filler, filler.count) > 0 {}
    close(writer)
    var room = [UInt8](repeating: 0, count: 4096)
    _ = read(master, &room, room.count)
  }

  /// Waits for a text, 30 s.
  func shows(_ part: String) -> Bool { eventually { text.contains(part) } }

  /// Whether keys are echoed and wait for a line's end, as a shell leaves it.
  var isOrdinary: Bool {
    var attributes = termios()
    tcgetattr(slave, &attributes)
    let flags = tcflag_t(ICANON | ECHO)
    return attributes.c_lflag & flags == flags && attributes.c_iflag & tcflag_t(IXON) != 0
  }
}
