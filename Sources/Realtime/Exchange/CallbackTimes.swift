import Enhancement
import Ground
import Synchronization

/// How long callbacks took, by the clock and by the processor: counts that one thread writes and any may read.
///
/// By the clock, in the bins of `FrameTimeCounter`, and the longest; and the longest that the callback's thread was on a
/// processor, without what other threads took from it meanwhile.
struct CallbackTimes: ~Copyable, @unchecked Sendable {
  private let counts = AtomicRow(count: FrameTimeCounter.binCount)
  private let longestNanoseconds = Atomic<UInt64>(0)
  private let longestWorkNanoseconds = Atomic<UInt64>(0)

  /// Callback.
  ///
  /// - Parameters:
  ///   - nanoseconds: by the clock.
  ///   - work: of the thread's processor time.
  @_noLocks
  func add(nanoseconds: UInt64, work: UInt64) {
    counts.cells.base[FrameTimeCounter.bin(of: nanoseconds)].add(1, ordering: .relaxed)
    if nanoseconds > longestNanoseconds.load(ordering: .relaxed) {
      longestNanoseconds.store(nanoseconds, ordering: .relaxed)
    }
    if work > longestWorkNanoseconds.load(ordering: .relaxed) { longestWorkNanoseconds.store(work, ordering: .relaxed) }
  }

  /// Seconds. Onlookers.
  var longest: Double { Double(longestNanoseconds.load(ordering: .relaxed)) * 1e-9 }
  var longestWork: Double { Double(longestWorkNanoseconds.load(ordering: .relaxed)) * 1e-9 }

  /// The time that a share of the callbacks did not exceed, seconds, to 1.6 %; 0 before the first. Onlookers; allocates.
  func percentile(_ share: Double) -> Double {
    let numbers = counts.values.map { UInt32(truncatingIfNeeded: $0) }
    return FrameTimeHistogram(
      counts: numbers, count: numbers.reduce(0) { $0 + Int($1) },
      longest: longestNanoseconds.load(ordering: .relaxed), total: 0
    ).percentile(share)
  }
}

/// A row of atomics at a fixed address, zeros at first.
struct AtomicRow: ~Copyable, @unchecked Sendable {
  let cells: FixedArray<Atomic<UInt64>>

  init(count: Int) { cells = FixedArray(count: count) { _ in Atomic(0) } }

  /// Each is right, all together nearly. Allocates.
  var values: [UInt64] { (0..<cells.count).map { cells.base[$0].load(ordering: .relaxed) } }
}
