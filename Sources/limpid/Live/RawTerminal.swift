import Foundation

/// The terminal while keys are read one by one: no echo, no lines. Restored on every way out.
final class RawTerminal {
  private var saved = termios()
  private var isRaw = false
  private var drawnLines = 0

  /// nil where standard input or output is no terminal.
  init?() {
    guard isatty(STDIN_FILENO) != 0, isatty(STDOUT_FILENO) != 0, tcgetattr(STDIN_FILENO, &saved) == 0 else { return nil }
    enter()
  }

  deinit { leave() }

  func enter() {
    guard !isRaw else { return }
    var raw = saved
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    isRaw = true
    drawnLines = 0
    put("\u{1B}[?25l")
  }

  func leave() {
    guard isRaw else { return }
    isRaw = false
    put("\u{1B}[?25h")
    tcsetattr(STDIN_FILENO, TCSANOW, &saved)
  }

  var columns: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// Puts these lines where the last ones stand.
  func draw(_ lines: [String]) {
    var text = drawnLines > 0 ? "\u{1B}[\(drawnLines)A" : ""
    for line in lines { text += "\r\u{1B}[K" + line + "\n" }
    if drawnLines > lines.count { text += "\u{1B}[J" }
    drawnLines = lines.count
    put(text)
  }

  /// Puts a sentence above the lines, where it stays.
  func say(_ sentence: String) {
    var text = drawnLines > 0 ? "\u{1B}[\(drawnLines)A\r\u{1B}[J" : ""
    text += sentence + "\n"
    drawnLines = 0
    put(text)
  }

  private func put(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
