import Ground
import Synchronization

/// A recording of unknown length that comes through standard input, as `arecord |` gives it: it cannot be made again, so a signal ends it
/// rather than the program, and what has come is kept.
package enum PipedRecording {
  private static let state = Atomic(State.none.rawValue)

  private enum State: UInt8 { case none, comes, ends }

  /// Seconds after the signal in which the program that records may hand over what it still has.
  static let grace = 1.0

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
  static func waits(for descriptor: Int32, _ asked: inout UInt64?) -> Bool {
    while true {
      if isEnding {
        let now = monotonicNanoseconds()
        let since = asked ?? now
        asked = since
        if Double(now - since) > grace * 1e9 { return false }
      }
      var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // A signal that comes just before it would be seen by the next turn alone.
      if poll(&wait, 1, 200) > 0 { return true }
    }
  }
}
