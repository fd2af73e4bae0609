import Synchronization

/// How long callbacks took, by the clock and by the processor: counts that one thread writes and any may read.
///
/// By the clock, in bins of eight to an octave from 0.5 µs on, and the longest; and the longest that the callback's thread
/// was on a processor, without what other threads took from it meanwhile.
struct CallbackTimes: ~Copyable, @unchecked Sendable {
  private static var binsPerOctave: Int { @_noLocks get { 8 } }
  private static var firstOctave: Int { @_noLocks get { 9 } }
  private static var binCount: Int { @_noLocks get { 24 * 8 } }

  private let counts: UnsafeMutablePointer<Atomic<Int>>  // (binCount)
  private let longestNanoseconds = Atomic<UInt64>(0)
  private let longestWorkNanoseconds = Atomic<UInt64>(0)

  init() {
    counts = .allocate(capacity: Self.binCount)
    for bin in 0..<Self.binCount { (counts + bin).initialize(to: Atomic(0)) }
  }

  deinit {
    counts.deinitialize(count: Self.binCount)
    counts.deallocate()
  }

  /// Callback.
  ///
  /// - Parameters:
  ///   - nanoseconds: by the clock.
  ///   - work: of the thread's processor time.
  @_noLocks
  func add(nanoseconds: UInt64, work: UInt64) {
    counts[Self.bin(of: nanoseconds)].add(1, ordering: .relaxed)
    if nanoseconds > longestNanoseconds.load(ordering: .relaxed) {
      longestNanoseconds.store(nanoseconds, ordering: .relaxed)
    }
    if work > longestWorkNanoseconds.load(ordering: .relaxed) { longestWorkNanoseconds.store(work, ordering: .relaxed) }
  }

  @_noLocks @inline(__always)
  private static func bin(of nanoseconds: UInt64) -> Int {
    let time = max(nanoseconds, 512)
    let octave = 63 - time.leadingZeroBitCount
    let place = Int(truncatingIfNeeded: time >> UInt64(octave - 3)) & 7
    return min((octave - firstOctave) * binsPerOctave + place, binCount - 1)
  }

  /// Seconds. Onlookers.
  var longest: Double { Double(longestNanoseconds.load(ordering: .relaxed)) * 1e-9 }
  var longestWork: Double { Double(longestWorkNanoseconds.load(ordering: .relaxed)) * 1e-9 }

  /// The time that a share of the callbacks did not exceed, seconds: the upper end of its bin, at most 12.5 % too much; 0
  /// before the first. Onlookers.
  func percentile(_ share: Double) -> Double {
    let numbers = (0..<Self.binCount).map { counts[$0].load(ordering: .relaxed) }
    let total = numbers.reduce(0, +)
    guard total > 0 else { return 0 }
    let wanted = max(1, Int((Double(total) * share).rounded(.up)))
    var seen = 0
    for (bin, number) in numbers.enumerated() {
      seen += number
      if seen >= wanted { return min(Self.upperEnd(of: bin), longest) }
    }
    return longest
  }

  private static func upperEnd(of bin: Int) -> Double {
    let octave = bin / binsPerOctave + firstOctave
    return Double(bin % binsPerOctave + 9) * Double(UInt64(1) << UInt64(octave - 3)) * 1e-9
  }
}
