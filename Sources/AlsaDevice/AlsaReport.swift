import CThreads
import Realtime
import Synchronization

/// What the device's thread tells the ordinary one that looks after it: counts, and a signal that there is something new.
final class AlsaReport: Sendable {
  let isStopping = Atomic<Bool>(false)
  let xruns = Atomic<Int>(0)
  let suspends = Atomic<Int>(0)
  let blocks = Atomic<Int>(0)
  /// Whether neither device has a clock.
  let isClockless = Atomic<Bool>(false)
  /// Samples from the input's converter to the output's, without the processor's, as measured last; −1: not yet.
  let latency = Atomic<Int>(-1)
  /// Measurements of the clocks' difference so far, and the newest: bits of a Double, ppm.
  let driftCount = Atomic<Int>(0)
  let drift = Atomic<UInt64>(0)
  private let news = Semaphore()

  private struct Semaphore: ~Copyable, @unchecked Sendable {
    let pointer = ct_semaphore_make()!
    deinit { ct_semaphore_destroy(pointer) }
  }

  /// Wakes who waits in `waitForNews`. Takes no lock: for the device's thread too.
  func signal() { ct_semaphore_post(news.pointer) }
  /// Whether there was a signal within the time. Ordinary threads.
  @discardableResult
  func waitForNews(nanoseconds: UInt64) -> Bool { ct_semaphore_wait(news.pointer, nanoseconds) }
}
