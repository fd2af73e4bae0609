import Foundation
import Ground
import Synchronization

/// Signals as bytes in a pipe, so that the main loop waits for them along with everything else.
enum SignalPipe {
  private nonisolated(unsafe) static var writeEnd: Int32 = -1
  private nonisolated(unsafe) static var taken: [Int32] = []
  /// Wishes for an end that nobody has heard yet.
  private static let unheard = Atomic(0)
  /// Of them; the next one ends the program at once: it hangs where nobody listens, such as in a call of libjack.
  private static let patience = 2

  /// From now on these signals arrive in the pipe instead of ending the program.
  ///
  /// - Returns: the end to read from.
  /// - Throws: `Failure`.
  static func make(_ signals: [Int32]) throws -> Int32 {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw Failure(.software, "the system gives no pipe (\(systemReason())); end other programs")
    }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    writeEnd = ends[1]
    let signals = signals.filter { $0 != SIGHUP || !Interruption.survivesHangup }
    taken = signals
    heard()
    var numbers = sigset_t()
    sigemptyset(&numbers)
    for number in signals {
      sigaddset(&numbers, number)
      signal(number) { number in
        SignalPipe.put(UInt8(truncatingIfNeeded: number))
        guard number != SIGTSTP, number != SIGCONT else { return }
        if SignalPipe.unheard.add(1, ordering: .relaxed).newValue > SignalPipe.patience {
          signal(number, SIG_DFL)
          raise(number)  // blocked until this returns
        }
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
    return ends[0]
  }

  /// The pipe was read.
  static func heard() { unheard.store(0, ordering: .relaxed) }

  /// Puts a byte into the pipe, as a signal would: 0 ends the loop. Any thread.
  static func put(_ byte: UInt8) {
    var byte = byte
    _ = write(writeEnd, &byte, 1)
  }

  /// From now on the signals end the program again, at once.
  ///
  /// - Parameter sparesFirst: whether the first of each is one more wish that is being fulfilled already: where the program
  ///   came to its end by itself, nobody has interrupted it yet.
  static func end(sparesFirst: Bool) {
    for number in taken {
      if sparesFirst {
        signal(number) { number in signal(number, SIG_DFL) }
      } else {
        signal(number, SIG_DFL)
      }
    }
  }
}
