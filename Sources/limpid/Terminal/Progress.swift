import Foundation
import Synchronization

/// A progress bar over all files of a command, with the real-time factor; silent on a pipe.
///
/// Shared by the worker threads.
final class Progress: Sendable {
  private struct State {
    var seconds = 0.0
    var total: Double?
    var shownAt = 0.0
  }

  private let start = ProcessInfo.processInfo.systemUptime
  private let state: Mutex<State>

  /// - Parameter totalSeconds: length of all the audio; nil when some of it is not known (a pipe).
  init(totalSeconds: Double?) { state = Mutex(State(total: totalSeconds)) }

  /// Audio of the total that needs no work after all.
  func leaveOut(_ seconds: Double) {
    state.withLock { state in state.total = state.total.map { max(0, $0 - seconds) } }
  }

  /// Counts audio that is done. Draws at most ten times a second.
  func advance(by seconds: Double) {
    let text: String? = state.withLock { state in
      state.seconds += seconds
      let now = ProcessInfo.processInfo.systemUptime
      guard Terminal.showsProgress, now - state.shownAt > 0.1 else { return nil }
      state.shownAt = now
      return line(done: state.seconds, of: state.total, elapsed: now - start)
    }
    if let text { Terminal.show(text) }
  }

  /// Takes the bar away.
  func finish() { Terminal.show("") }

  private func line(done: Double, of total: Double?, elapsed: Double) -> String {
    let columns = Terminal.columns - 1
    let factor = done > 0 ? elapsed / done : 0
    let pace = String(format: "real-time factor %.2f", factor)
    guard let total, total > 0 else { return String("\(clock(done)) enhanced, \(pace)".prefix(columns)) }
    let share = min(1, done / total)
    let words =
      String(format: "%3.0f %%  ", 100 * share) + pace + ", \(clock(max(0, total - done) * factor)) left"
    let width = min(30, columns - words.count - 1)
    guard width >= 5 else { return String(words.prefix(columns)) }
    let filled = Int(Double(width) * share)
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled) + " " + words
  }

  private func clock(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded())
    let minutes = String(format: "%d:%02d", whole / 60 % 60, whole % 60)
    return whole >= 3600 ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60) : minutes
  }
}
