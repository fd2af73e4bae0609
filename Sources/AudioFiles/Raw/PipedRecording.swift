import Ground
import Synchronization

/// A recording of unknown length that comes through standard input, as `arecord |` gives it: it cannot be made again, so a signal ends it
/// rather than the program, and what has come is kept. There is one; one thread reads it, and `end` is for signal handlers.
package enum PipedRecording {
  private static let state = Atomic(State.none.rawValue)

  private enum State: UInt8 { case none, comes, ends }

  /// Seconds that are waited, after the signal, for what the program that records still hands over.
  static let patience = 1.0
  /// Seconds after the signal at which it is over in any case, however much comes.
  static let limit = 10.0

  /// What the reader of one knows of its end.
  struct Ending {
    /// When the signal was seen (`monotonicNanoseconds`); nil: there was none.
    var asked: UInt64?
    fileprivate var waited = 0.0
  }

  /// From now on one comes.
  static func begin() { state.store(State.comes.rawValue, ordering: .releasing) }

  /// Whether it is to end.
  static var isEnding: Bool { state.load(ordering: .acquiring) == State.ends.rawValue }

  /// Asks for its end. For signal handlers.
  ///
  /// - Returns: whether one came, and nobody had asked before.
  package static func end() -> Bool {
    state.compareExchange(
      expected: State.comes.rawValue, desired: State.ends.rawValue, ordering: .acquiringAndReleasing
    ).exchanged
  }

  /// Waits for bytes, or for the end that a signal asked for.
  ///
  /// - Returns: whether a read may be made now; false: it is over.
  static func waits(for descriptor: Int32, _ ending: inout Ending) -> Bool {
    while true {
      let before = monotonicNanoseconds()
      if isEnding {
        let asked = ending.asked ?? before
        ending.asked = asked
        if ending.waited > patience || Double(before - asked) > limit * 1e9 { return false }
      }
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // A signal that comes just before it is seen by the next turn.
      let count = poll(&wait, 1, 200)
      // The time that enhancing takes is none of the recorder's.
      if ending.asked != nil { ending.waited += Double(monotonicNanoseconds() - before) / 1e9 }
      if count > 0 { return true }
    }
  }
}
