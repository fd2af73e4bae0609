import Enhancement
import Ground

/// A look at a running engine. A value; making it allocates: not for the real-time path.
public struct LiveStatus: Sendable {
  /// What the device runs at.
  public var format: StreamFormat
  /// Samples per channel from input to output.
  public var latencyInSamples: Int
  /// Since the start, in seconds of sound.
  public var seconds = 0.0
  /// RMS level of the input over the last moments (about 0.3 s), dB of full scale; −∞ for silence.
  public var inputLevel = -Double.infinity
  /// The same of the output as the worker made it: delayed input that was played in its place is not in it.
  public var outputLevel = -Double.infinity
  /// The same by group of channels, with the input's peak: one where the channels are linked.
  public var groups: [GroupLevels] = []
  /// How much quieter frames without speech became lately, dB; nil before any was heard.
  public var noiseReduction: Double?
  /// Time that a frame took, all channels together, over the last seconds: the median, in seconds; 0 before the first frame.
  public var frameTimeMedian = 0.0
  /// Their 99th percentile, seconds.
  public var frameTime99 = 0.0
  /// The longest of them, seconds.
  public var frameTimeLongest = 0.0
  /// Time that a frame has, the model's hop, in seconds.
  public var frameDeadline: Double
  /// Steps that run now.
  public var steps = 1
  /// Those wished.
  public var wishedSteps = 1
  /// The model's networks: none (the method `wiener`), one, or two.
  public var networkNames: [String] = []
  /// Which of two run now; the settings have those wished.
  public var networks = EnhancementSettings.Networks.both
  /// How much of the second of two passes runs now; nil: one is wished, or possible.
  public var secondPass: EnhancementSettings.SecondPassShare?
  /// Age of the newest frame in the noise reference, seconds; nil while there is none.
  public var referenceAge: Double?
  /// Frames in the noise reference, each of `frameDeadline`.
  public var referenceFrames = 0
  /// Seconds of learning that are left; nil when not learning.
  public var learning: Double?
  /// Whether the noise reference stays as it is.
  public var isFrozen = false
  /// Whether it will, as soon as enough was heard: by `freeze` too early, or by `clear` where it was frozen.
  public var freezesWhenHeard = false
  /// Whether the model has tokens for what is learned; else `learn` keeps the noise reference.
  public var canLearn = false
  /// Whether something that was learned is removed.
  public var isLearned = false
  /// Whether it is being removed just now: a voice that the model tells apart is where it is heard, everything else always.
  public var isRemoving = false
  /// What is removed by name.
  public var removedNames: [String] = []
  /// The settings wished, commands included; what of them runs now, `steps`, `networks` and `secondPass` say. The weight of guidance is
  /// that which runs: 1 where the machine was too slow for another at the start.
  public var settings: EnhancementSettings
  /// What went other than planned since the start, whatever formats the device has had.
  public var counters = LiveCounters()
  /// Time that 999 of 1000 of the device's callbacks did not exceed, seconds: at this format, freewheel and rests left out.
  public var callback999 = 0.0
  /// The longest that one of them took, seconds.
  public var longestCallback = 0.0
  /// The longest time that it was on a processor: without what other threads took from it.
  public var longestCallbackWork = 0.0
  /// Difference of the two clocks of input and output, parts per million; nil where there is one clock.
  public var clockDrift: Double?
  /// Whether the worker runs at real-time priority.
  public var isRealTime = false

  /// What is not given is as before the first block.
  public init(
    format: StreamFormat, latencyInSamples: Int, frameDeadline: Double, settings: EnhancementSettings
  ) {
    self.format = format
    self.latencyInSamples = latencyInSamples
    self.frameDeadline = frameDeadline
    self.settings = settings
  }
}

/// dB of a mean square; −∞ for 0.
func decibels(_ power: Double) -> Double { power > 0 ? 10 * logarithm10(power) : -.infinity }
