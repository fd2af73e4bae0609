import Foundation
import Logging
import Realtime

/// What a run tells where there is no terminal: now and then a line in the log, or a JSON object on standard output.
/// Whoever reads too slowly misses objects and lines; keys, commands and Ctrl-C do not wait for it. Main thread.
final class Report {
  private let interval: Double
  private let isJSON: Bool
  private let output = UnblockedOutput(STDOUT_FILENO)
  private let errors: UnblockedOutput
  private let logger: Logger
  private var next: Double
  /// Seconds of sound in the last line of the log; nil: there was none.
  private var told: Double?
  /// Why standard output cannot be written, where it is not that nobody reads it.
  private(set) var failure: Failure?

  /// - Parameters:
  ///   - interval: seconds between two of them.
  ///   - log: where lines go.
  init(interval: Double, isJSON: Bool, log: Int32 = STDERR_FILENO) {
    self.interval = interval
    self.isJSON = isJSON
    let errors = UnblockedOutput(log)
    self.errors = errors
    logger = Logger(label: "limpid") { _ in LineLog(stream: errors) }
    next = ProcessInfo.processInfo.systemUptime + interval
  }

  func log(_ sentence: String) { logger.notice("\(sentence)") }
  /// Outside of a log.
  func note(_ sentence: String) { errors.put("limpid: note: \(sentence)\n") }

  /// Tells, if it is time.
  ///
  /// - Returns: false where nobody reads standard output any more, or it cannot be written (`failure`).
  func tick(_ status: LiveStatus) -> Bool {
    let now = ProcessInfo.processInfo.systemUptime
    guard now >= next else { return true }
    // After a pause (Ctrl-Z, a suspended machine) what was missed is not made up for.
    next = max(next + interval, now)
    guard isJSON else {
      // A microphone that nobody listens to fills no log.
      if status.seconds != told { logger.info("\(StatusScreen.logLine(status))") }
      told = status.seconds
      return true
    }
    output.flush(patience: 0)
    return output.isHeldUp || put(status)
  }

  /// The last word.
  func end(_ status: LiveStatus, name: String) {
    if isJSON {
      _ = put(status)
      output.flush(patience: 2000)
    } else {
      errors.put("\(name): \(StatusScreen.summary(status))\n")
    }
    errors.flush(patience: 2000)
  }

  private func put(_ status: LiveStatus) -> Bool {
    let code = output.put(StatusJSON(status).line + "\n")
    if code != 0, code != EPIPE { failure = standardOutputFailure(code) }
    return code == 0
  }
}
