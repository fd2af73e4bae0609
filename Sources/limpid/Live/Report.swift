import Foundation
import Live
import Logging

/// What a run tells where there is no terminal: now and then a line in the log, or a JSON object on standard output. Main
/// thread.
final class Report {
  private let interval: Double
  private let isJSON: Bool
  private let logger = Logger(label: "limpid")
  private var next: Double
  /// Why standard output cannot be written, where it is not that nobody reads it.
  private(set) var failure: Failure?

  /// - Parameter interval: seconds between two of them.
  init(interval: Double, isJSON: Bool) {
    self.interval = interval
    self.isJSON = isJSON
    next = ProcessInfo.processInfo.systemUptime + interval
  }

  func log(_ sentence: String) { logger.notice("\(sentence)") }

  /// Tells, if it is time.
  ///
  /// - Returns: false where nobody reads standard output any more, or it cannot be written (`failure`).
  func tick(_ status: LiveStatus) -> Bool {
    let now = ProcessInfo.processInfo.systemUptime
    guard now >= next else { return true }
    // After a pause (Ctrl-Z, a suspended machine) what was missed is not made up for.
    next = max(next + interval, now)
    guard isJSON else {
      logger.info("\(StatusScreen.logLine(status))")
      return true
    }
    return put(status, patience: 0)
  }

  /// The last word.
  func end(_ status: LiveStatus, name: String) {
    if isJSON {
      _ = put(status, patience: 2000)
    } else {
      // A terminal that is held up (Ctrl-S) must not hold up the end.
      writeAll("\(name): \(StatusScreen.summary(status))\n", to: STDERR_FILENO, patience: 2000)
    }
  }

  /// Whoever reads too slowly misses objects; the audio and Ctrl-C do not wait for it.
  private func put(_ status: LiveStatus, patience: Int32) -> Bool {
    var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    if poll(&output, 1, patience) == 0 { return true }
    let code = writeEverything(StatusJSON(status).line + "\n", to: STDOUT_FILENO, patience: nil)
    if code != 0, code != EPIPE { failure = standardOutputFailure(code) }
    return code == 0
  }
}
