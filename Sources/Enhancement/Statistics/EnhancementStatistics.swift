import Ground

/// What an enhancer did since it was made or reset. A value; the statistics of several channels or files add up. Each of
/// the `EnhancementCounts` is a property of it: `statistics.frames`.
@dynamicMemberLookup
public struct EnhancementStatistics: Sendable, Equatable {
  /// Frames, samples and refreshes counted, and energies.
  public var counts: EnhancementCounts
  /// Wall-clock time of each frame: transform, network, and the noise encoder where it is due.
  public var frameTimes: FrameTimeHistogram

  /// Of nothing, where nothing is given.
  public init(counts: EnhancementCounts = EnhancementCounts(), frameTimes: FrameTimeHistogram = FrameTimeHistogram()) {
    self.counts = counts
    self.frameTimes = frameTimes
  }

  /// One of `counts`, by its name.
  public subscript<Number>(dynamicMember path: WritableKeyPath<EnhancementCounts, Number>) -> Number {
    get { counts[keyPath: path] }
    set { counts[keyPath: path] = newValue }
  }

  /// How much quieter the frames without speech became, in dB; nil where there were none.
  public var noiseReductionInDecibels: Double? { Self.decibels(counts.noiseInputEnergy, counts.noiseOutputEnergy) }
  /// How much quieter everything became, in dB; nil where nothing was heard.
  public var levelReductionInDecibels: Double? { Self.decibels(counts.inputEnergy, counts.outputEnergy) }

  /// Adds another's counts.
  public static func += (sum: inout EnhancementStatistics, other: EnhancementStatistics) {
    sum.counts += other.counts
    sum.frameTimes += other.frameTimes
  }

  /// Limited to 120 dB, so that silence coming out is still a number.
  private static func decibels(_ before: Double, _ after: Double) -> Double? {
    before > 0 ? 10 * logarithm10(before / max(after, before * 1e-12)) : nil
  }
}
