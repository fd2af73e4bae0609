import Ground

/// The terminal while keys are read one by one: no echo, no lines. Restored on every way out, a crash included.
///
/// In the background (`limpid live &`, or Ctrl-Z and `bg`) it is left alone: touching it would stop the program.
final class RawTerminal {
  private let saved: termios
  private let output = UnblockedOutput(STDOUT_FILENO)
  /// Whether it is ours now: keys can be read and lines drawn.
  private(set) var isRaw = false
  private var drawnLines = 0
  private var drawnColumns = 0

  /// nil where standard input or output is no terminal, or one that cannot move its cursor.
  init?() {
    var saved = termios()
    guard isatty(STDIN_FILENO) != 0, isatty(STDOUT_FILENO) != 0, !Terminal.isDumb,
      tcgetattr(STDIN_FILENO, &saved) == 0
    else { return nil }
    self.saved = saved
    enter()
  }

  deinit { leave() }

  /// Takes it, if this program is in the foreground and does not have it yet.
  func enter() {
    // −1: it is nobody's controlling terminal, and nothing stops us.
    let owner = tcgetpgrp(STDIN_FILENO)
    guard !isRaw, owner == getpgrp() || owner < 0 else { return }
    CrashRestore.arm(saved, output.rawDescriptor)
    var raw = saved
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    raw.c_iflag &= ~tcflag_t(IXON)  // Ctrl-S would hold up the display, and with it the keys
    tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    isRaw = true
    drawnLines = 0
    output.put(Self.hidesCursor)
  }

  /// Gives it back as it was.
  func leave() {
    guard isRaw else { return }
    isRaw = false
    CrashRestore.disarm()
    output.put(Self.showsCursor)
    output.flush(patience: 500)
    var saved = saved
    tcsetattr(STDIN_FILENO, TCSANOW, &saved)
  }

  static let hidesCursor = "\u{1B}[?25l"
  static let showsCursor = "\u{1B}[?25h"

  /// Columns and rows, 80 and 24 where the terminal does not tell.
  var size: (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Puts these lines where the last ones stand. Where the terminal is held up, this drawing is left out: the next comes soon.
  func draw(_ lines: [String]) {
    output.flush(patience: 0)
    guard isRaw, !output.isHeldUp else { return }
    let (columns, rows) = size
    // One row is the cursor's; what does not fit would scroll with every drawing.
    let lines = Array(lines.prefix(max(1, rows - 1)))
    output.put(Self.drawing(lines, over: drawnLines, clears: drawnColumns != 0 && drawnColumns != columns))
    (drawnLines, drawnColumns) = (lines.count, columns)
  }

  /// What draws lines over `drawn` earlier ones. After a change of width the earlier ones stand anywhere: all is cleared.
  static func drawing(_ lines: [String], over drawn: Int, clears: Bool) -> String {
    var text = clears ? "\u{1B}[H\u{1B}[2J" : drawn > 0 ? "\u{1B}[\(drawn)A" : ""
    for line in lines { text += "\r\u{1B}[K" + line + "\n" }
    return text + "\u{1B}[J"
  }

  /// Puts a sentence above the lines, where it stays.
  func say(_ sentence: String) {
    let start = isRaw && drawnLines > 0 ? "\u{1B}[\(drawnLines)A\r\u{1B}[J" : ""
    drawnLines = 0
    output.put(start + StatusScreen.wrapped(sentence, size.columns).joined(separator: "\n") + "\n")
  }
}

/// Gives the terminal back when the program crashes, from a signal handler that calls nothing but tcsetattr and write.
private enum CrashRestore {
  nonisolated(unsafe) private static var saved = termios()
  nonisolated(unsafe) private static var output: Int32 = -1
  nonisolated(unsafe) private static var isArmed = false
  private static let signals = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE]

  static func arm(_ attributes: termios, _ descriptor: Int32) {
    saved = attributes
    output = descriptor
    guard !isArmed else { return }
    isArmed = true
    for number in signals {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        CrashRestore.restore()
        raise(number)  // blocked until this returns; the handler is the default one again
      }
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(number, &action, nil)
    }
  }

  static func disarm() {
    guard isArmed else { return }
    isArmed = false
    for number in signals { signal(number, SIG_DFL) }
  }

  private static func restore() {
    tcsetattr(STDIN_FILENO, TCSANOW, &saved)
    let text: StaticString = "\u{1B}[?25h\r\n"
    _ = write(output, text.utf8Start, text.utf8CodeUnitCount)
  }
}
