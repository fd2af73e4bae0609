import Ground

/// How long frames took: counts in 32 bins of equal width to an octave, from 1 µs to 1 s.
///
/// A percentile is exact to 1.6 % (half a bin), mean and maximum to the nanosecond. A value; histograms of several enhancers add up.
public struct FrameTimeHistogram: Sendable, Equatable {
  /// Frames counted.
  public private(set) var count = 0
  /// Longest frame in seconds.
  public var maximum: Double { Double(longest) * 1e-9 }
  /// Mean in seconds; 0 without frames.
  public var mean: Double { count == 0 ? 0 : Double(total) * 1e-9 / Double(count) }
  /// All frames together, in seconds.
  public var sum: Double { Double(total) * 1e-9 }

  private var longest: UInt64 = 0  // ns
  private var total: UInt64 = 0  // ns
  private var counts: [UInt32]

  /// Without frames. Allocates.
  public init() { counts = Array(repeating: 0, count: FrameTimeCounter.binCount) }

  /// - Parameters:
  ///   - counts: one a bin of `FrameTimeCounter`, `count` together.
  ///   - longest: nanoseconds, as `total`.
  package init(counts: [UInt32], count: Int, longest: UInt64, total: UInt64) {
    self.counts = counts
    self.count = count
    self.longest = longest
    self.total = total
  }

  /// The time that the given share of the frames does not exceed, in seconds.
  ///
  /// - Parameter share: 0…1, 0.5 is the median; 0 without frames.
  public func percentile(_ share: Double) -> Double {
    guard count > 0 else { return 0 }
    let wanted = max(1, Int((Double(count) * min(max(share, 0), 1)).rounded(.up)))
    var seen = 0
    for (bin, number) in counts.enumerated() {
      seen += Int(number)
      if seen >= wanted { return min(FrameTimeCounter.middle(of: bin) * 1e-9, maximum) }
    }
    return maximum
  }

  /// Adds another's frames.
  public static func += (sum: inout FrameTimeHistogram, other: FrameTimeHistogram) {
    sum.count += other.count
    sum.total += other.total
    sum.longest = max(sum.longest, other.longest)
    for bin in sum.counts.indices { sum.counts[bin] &+= other.counts[bin] }
  }
}

/// The counting side: memory made in `init`, nothing allocated per frame. One thread.
package struct FrameTimeCounter: ~Copyable {
  static var octaves: Int { @_noLocks get { 20 } }
  static var binsPerOctave: Int { @_noLocks get { 32 } }
  package static var binCount: Int { @_noLocks get { octaves * binsPerOctave } }

  private let counts = FixedArray<UInt32>(repeating: 0, count: Self.binCount)
  private var count = 0
  private var longest: UInt64 = 0
  private var total: UInt64 = 0

  init() {}

  @_noLocks
  mutating func add(nanoseconds: UInt64) {
    counts.base[Self.bin(of: nanoseconds)] &+= 1
    count += 1
    total &+= nanoseconds
    if nanoseconds > longest { longest = nanoseconds }
  }

  @_noLocks
  mutating func reset() {
    for bin in 0..<Self.binCount { counts.base[bin] = 0 }
    count = 0
    longest = 0
    total = 0
  }

  var histogram: FrameTimeHistogram {
    FrameTimeHistogram(
      counts: Array(UnsafeBufferPointer(start: counts.base, count: Self.binCount)), count: count, longest: longest,
      total: total)
  }

  /// The octave from the leading bit, the place within it from the next five: bins of equal width per octave.
  @_noLocks @inline(__always)
  package static func bin(of nanoseconds: UInt64) -> Int {
    let time = max(nanoseconds, 1024)
    let octave = 63 - time.leadingZeroBitCount
    let place = Int(truncatingIfNeeded: time >> UInt64(octave - 5)) & 31
    return min((octave - 10) * binsPerOctave + place, binCount - 1)
  }

  /// Middle of a bin in nanoseconds.
  static func middle(of bin: Int) -> Double {
    let octave = bin / binsPerOctave + 10
    return (Double(bin % binsPerOctave) + 32.5) * Double(UInt64(1) << UInt64(octave - 5))
  }
}
