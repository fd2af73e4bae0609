import Enhancement
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
    counts.cells[FrameTimeCounter.bin(of: nanoseconds)].add(1, ordering: .relaxed)
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
  let count: Int
  let cells: UnsafeMutablePointer<Atomic<UInt64>>  // (count)

  init(count: Int) {
    self.count = count
    cells = .allocate(capacity: count)
    for n in 0..<count { (cells + n).initialize(to: Atomic(0)) }
  }

  deinit {
    cells.deinitialize(count: count)
    cells.deallocate()
  }

  /// Each is right, all together nearly. Allocates.
  var values: [UInt64] { (0..<count).map { cells[$0].load(ordering: .relaxed) } }
}
