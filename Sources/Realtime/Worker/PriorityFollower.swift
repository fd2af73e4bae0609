import CThreads
import Ground
import Synchronization

/// Keeps the worker's priority below that of the device's thread: above it, it would keep the callback waiting for a frame.
///
/// Everything but the answers of who is asked happens on the worker, between two blocks.
final class PriorityFollower: @unchecked Sendable {
  enum Outcome { case realTime, ordinary, refused }

  private let most: Int?
  private let giver: LiveOptions.PriorityGiver?
  private let tell: (Outcome) -> Void
  /// The priority of the device's thread that the worker's was last set by; −1: none.
  private var followed = -1
  /// Requests are counted from 1; the last one, and whether its answer is still to come.
  private var request = 0
  private var isPending = false
  /// The newest request that was answered, times 2, plus 1 where the priority was given; 0: none was.
  private let answer = Atomic<Int>(0)
  private var answerTaken = 0
  /// Whether an older request was granted after the newest: the thread has another priority than it was last told.
  private let isOverruled = Atomic<Bool>(false)
  /// When the priority that was taken away is asked for again; 0: it was not.
  private var retryTime: UInt64 = 0

  /// Whether the priority has a limit of time without a pause (`ct_await_realtime`).
  private(set) var isLimited = false

  // Tests set these before the worker runs.

  /// Gives the calling thread a priority, or says why not.
  var makeRealTime: (Int32) -> Int32 = ct_make_realtime
  var makeOrdinary: () -> Int32 = ct_make_ordinary
  /// Sets the limit; gives the calling thread's number.
  var awaitRealTime: () -> Int32 = ct_await_realtime
  var wasAtLimit: () -> Bool = ct_was_at_limit
  /// Nanoseconds for which a worker that ran for too long stays ordinary: one overload is not to last for weeks, one that goes on is
  /// not to hold up the machine.
  var pause: UInt64 = 30_000_000_000

  /// - Parameters:
  ///   - most: the worker's priority at most; nil: ordinary.
  ///   - giver: asked where the system does not allow it.
  ///   - tell: gets, on the worker, whether it runs in real time, or that the system does not allow it.
  init(most: Int?, giver: LiveOptions.PriorityGiver?, tell: @escaping (Outcome) -> Void) {
    self.most = most
    self.giver = giver
    self.tell = tell
  }

  /// - Parameter callback: the priority of the device's thread; 0: ordinary; −1: not known yet.
  func follow(_ callback: Int) {
    takeAnswer()
    if isLimited, wasAtLimit() {
      tell(.ordinary)
      retryTime = monotonicNanoseconds() + pause
    }
    guard let most, callback >= 0 else { return }
    let isTimeAgain = retryTime != 0 && monotonicNanoseconds() >= retryTime
    guard callback != followed || isTimeAgain else { return }
    followed = callback
    retryTime = 0
    // What was asked for before is no longer wanted.
    request += 1
    isPending = false
    guard callback > 1 else {
      _ = makeOrdinary()
      return tell(.ordinary)
    }
    let priority = min(most, callback - 1)
    if makeRealTime(Int32(priority)) == 0 { return tell(.realTime) }
    guard let giver, case let thread = awaitRealTime(), thread > 0 else { return tell(.refused) }
    isLimited = true
    isPending = true
    giver(Int(thread), priority) { [self, request] in note($0, request) }
  }

  /// Any thread.
  private func note(_ isGiven: Bool, _ request: Int) {
    let value = request * 2 + (isGiven ? 1 : 0)
    let newest = answer.max(value, ordering: .acquiringAndReleasing).newValue
    if isGiven && newest > value { isOverruled.store(true, ordering: .releasing) }
  }

  private func takeAnswer() {
    let value = answer.load(ordering: .acquiring)
    var isStale = isOverruled.exchange(false, ordering: .acquiringAndReleasing)
    if value != answerTaken {
      answerTaken = value
      let isGiven = value & 1 == 1
      if value / 2 != request {
        isStale = isStale || isGiven
      } else {
        isPending = false
        // Not at what an older request may have given.
        if !isGiven { _ = makeOrdinary() }
        tell(isGiven ? .realTime : .refused)
      }
    }
    // Given too late, when the device's thread had another priority already: set anew, unless an answer is to come that does so.
    if isStale && !isPending { followed = -1 }
  }
}
