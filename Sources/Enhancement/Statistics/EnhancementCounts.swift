/// What the frame path counts: plain numbers, so that counting allocates nothing. Who adds one gives it an entry in `all`.
public struct EnhancementCounts: Sendable, Equatable {
  /// Frames of the model, silent ones included; of several channels, each one's.
  public var frames = 0
  /// Frames of digital silence, which came out as exact silence.
  public var silentFrames = 0
  /// Those of them for which the network did not run, after 2 s of silence.
  public var restingFrames = 0
  /// Frames, of either pass, for which the model gave no finite result, so that the noisy frame was used.
  public var fallbackFrames = 0
  /// Input samples that were not finite, or beyond ±10^10, and were taken as 0.
  public var nonFiniteInputSamples = 0
  /// Frames judged to be noise alone, whatever `NoiseSelection` takes into the reference.
  public var noiseFrames = 0
  /// Frames taken into the noise reference.
  public var referenceFrames = 0
  /// Times that new noise tokens took effect.
  public var referenceRefreshes = 0
  /// Frames for which the network had noise tokens, not the null condition.
  public var conditionedFrames = 0
  /// Frames for which the network was told of what was learned, to remove it.
  public var removingFrames = 0
  /// Frames that were cut short: fewer steps ran than were set.
  public var reducedFrames = 0
  /// Refreshes of the noise tokens that were not ready at their frame.
  public var lateReferences = 0
  /// Sum over the frames that are not silent of the mean square before, at the model's rate: of a frame at most 10^6.
  public var inputEnergy = 0.0
  /// The same after, attenuation limit and mix included; where the former was lowered to its most, in the same share.
  public var outputEnergy = 0.0
  /// `inputEnergy` over the frames judged to be noise alone.
  public var noiseInputEnergy = 0.0
  /// `outputEnergy` over them.
  public var noiseOutputEnergy = 0.0

  /// Nothing counted.
  public init() {}

  /// All but the energies, in the order that people read them in.
  public static let all: [Counter<EnhancementCounts>] = [
    Counter("frames", "frames of the model", \.frames),
    Counter("silent-frames", "frames of digital silence, which came out as exact silence", \.silentFrames),
    Counter("resting-frames", "those of them for which the network did not run, after 2 s of silence", \.restingFrames),
    Counter(
      "fallback-frames", "frames for which the model gave no finite result, so that the noisy frame was used",
      \.fallbackFrames),
    Counter(
      "non-finite-samples", "input samples that were not finite (or beyond ±10^10) and were taken as 0",
      \.nonFiniteInputSamples),
    Counter("noise-frames", "frames judged to be noise alone", \.noiseFrames),
    Counter("noise-reference-frames", "frames taken into the noise reference", \.referenceFrames),
    Counter("noise-reference-refreshes", "times that new noise tokens took effect", \.referenceRefreshes),
    Counter(
      "noise-reference-active-frames", "frames enhanced with noise tokens, not with the null condition",
      \.conditionedFrames),
    Counter(
      "removing-frames", "frames for which the network was told of what was learned, to remove it", \.removingFrames),
    Counter("reduced-frames", "frames that were cut short: fewer steps ran than were set", \.reducedFrames),
    Counter("late-references", "refreshes of the noise tokens that were not ready at their frame", \.lateReferences),
  ]
  private static let energies: [any WritableKeyPath<EnhancementCounts, Double> & Sendable] = [
    \.inputEnergy, \.outputEnergy, \.noiseInputEnergy, \.noiseOutputEnergy,
  ]

  /// Adds another's.
  public static func += (sum: inout EnhancementCounts, other: EnhancementCounts) {
    for counter in all { sum[keyPath: counter.path] += other[keyPath: counter.path] }
    for energy in energies { sum[keyPath: energy] += other[keyPath: energy] }
  }
}
