import Foundation
import Ground
import Synchronization

/// Standard error as a person sees it: complaints, warnings and the progress bar, which share its last line.
enum Terminal {
  /// Whether the terminal cannot move its cursor, as an editor's window for output cannot.
  static var isDumb: Bool { ProcessInfo.processInfo.environment["TERM"] == "dumb" }

  /// Whether a progress bar has its place: standard error is a terminal.
  static let showsProgress = isatty(STDERR_FILENO) != 0 && !isDumb

  /// Width of standard error's terminal.
  static var columns: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// The progress line that stands there now; a complaint goes above it.
  private static let line = Mutex("")

  /// Prints `limpid: KIND: SENTENCE` on a line of its own. Any thread.
  static func complain(_ kind: String, _ sentence: String) {
    line.withLock { line in
      write((line.isEmpty ? "" : "\r\u{1B}[K") + "limpid: \(kind): \(printable(sentence, keepingLines: true))\n" + line)
    }
  }

  /// Replaces the progress line. Any thread.
  static func show(_ text: String) {
    guard showsProgress else { return }
    line.withLock { line in
      line = text
      write("\r\u{1B}[K" + text)
    }
  }

  private static func write(_ text: String) { writeAll(text, to: STDERR_FILENO) }
}
