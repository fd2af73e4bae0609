import Ground

/// What an enhancer did since it was made or reset. A value; the statistics of several channels or files add up.
public struct EnhancementStatistics: Sendable, Equatable {
  /// Frames of the model.
  public var frames = 0
  /// Frames of digital silence, which came out as exact silence.
  public var silentFrames = 0
  /// Frames for which the model gave no finite result, so that the noisy frame was used.
  public var fallbackFrames = 0
  /// Input samples that were not finite (or beyond ±10^10) and were taken as 0.
  public var nonFiniteInputSamples = 0
  /// Frames judged to be noise alone by speech presence.
  public var noiseFrames = 0
  /// Frames taken into the noise reference.
  public var referenceFrames = 0
  /// How often new noise tokens took effect.
  public var referenceRefreshes = 0
  /// Frames that the network enhanced with noise tokens, not with its null condition.
  public var conditionedFrames = 0
  /// Frames that were cut short: fewer steps ran than were set.
  public var reducedFrames = 0
  /// Refreshes of the noise tokens that were not ready at their frame.
  public var lateReferences = 0
  /// Sum over the frames of the mean square before and after, at the model's rate, attenuation limit and mix included.
  public var inputEnergy = 0.0
  public var outputEnergy = 0.0
  /// The same over the frames judged to be noise.
  public var noiseInputEnergy = 0.0
  public var noiseOutputEnergy = 0.0
  /// Wall-clock time of each frame: transform, network, and the noise encoder where it is due.
  public var frameTimes = FrameTimeHistogram()

  public init() {}

  /// How much quieter the frames without speech became, in dB; nil where there were none.
  public var noiseReductionInDecibels: Double? { Self.decibels(noiseInputEnergy, noiseOutputEnergy) }
  /// How much quieter everything became, in dB; nil where nothing was heard.
  public var levelReductionInDecibels: Double? { Self.decibels(inputEnergy, outputEnergy) }

  /// Adds another's counts.
  public static func += (sum: inout EnhancementStatistics, other: EnhancementStatistics) {
    sum.frames += other.frames
    sum.silentFrames += other.silentFrames
    sum.fallbackFrames += other.fallbackFrames
    sum.nonFiniteInputSamples += other.nonFiniteInputSamples
    sum.noiseFrames += other.noiseFrames
    sum.referenceFrames += other.referenceFrames
    sum.referenceRefreshes += other.referenceRefreshes
    sum.conditionedFrames += other.conditionedFrames
    sum.reducedFrames += other.reducedFrames
    sum.lateReferences += other.lateReferences
    sum.inputEnergy += other.inputEnergy
    sum.outputEnergy += other.outputEnergy
    sum.noiseInputEnergy += other.noiseInputEnergy
    sum.noiseOutputEnergy += other.noiseOutputEnergy
    sum.frameTimes += other.frameTimes
  }

  /// Limited to 120 dB, so that silence coming out is still a number.
  private static func decibels(_ before: Double, _ after: Double) -> Double? {
    before > 0 ? 10 * logarithm10(before / max(after, before * 1e-12)) : nil
  }
}
