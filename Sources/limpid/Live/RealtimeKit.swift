import Foundation
import Realtime

/// Real-time priority for a thread of ours from RealtimeKit, which desktops have for users without a right to it; PipeWire's client
/// library has the callback's from there, too.
struct RealtimeKit: Sendable {
  /// Runs busctl with these words.
  var busctl: @Sendable (_ words: [String]) throws -> Tool.Result = { try Tool.run("busctl", $0, package: "systemd") }

  private static let name = "org.freedesktop.RealtimeKit1"
  private static let path = "/org/freedesktop/RealtimeKit1"

  /// For `LiveOptions`: asks on a thread of its own.
  var giver: LiveOptions.PriorityGiver {
    { thread, priority, done in
      let asker = Thread {
        // Those of the worker are blocked, which busctl would inherit.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        done(give(priority, to: thread))
      }
      asker.name = "limpid-priority"
      asker.start()
    }
  }

  /// Waits for the answer, seconds at most.
  ///
  /// - Parameters:
  ///   - priority: as much of it as is given to anybody.
  ///   - thread: its number; RLIMIT_RTTIME is at most 0.2 s already.
  /// - Returns: whether it was given.
  func give(_ priority: Int, to thread: Int) -> Bool {
    guard
      let answer = try? busctl(words("get-property") + ["MaxRealtimePriority"]), answer.code == 0,
      let most = String(decoding: answer.output, as: UTF8.self).split(whereSeparator: \.isWhitespace).last
        .flatMap({ Int($0) }),
      case let given = min(priority, most), given > 0
    else { return false }
    let call =
      words("call") + ["MakeThreadRealtimeWithPID", "ttu", "\(getpid())", "\(thread)", "\(given)"]
    return (try? busctl(call))?.code == 0
  }

  private func words(_ verb: String) -> [String] {
    ["--system", "--timeout=5", verb, Self.name, Self.path, Self.name]
  }
}
