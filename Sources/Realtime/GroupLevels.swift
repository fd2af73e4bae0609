/// Levels of one group of channels: all of them where they are linked, each by itself where they are independent.
public struct GroupLevels: Sendable, Equatable {
  /// RMS of the input over the last moments (about 0.3 s), dB of full scale; −∞ for silence.
  public var input = -Double.infinity
  /// The same of the output as the worker made it: delayed input that was played in its place is not in it.
  public var output = -Double.infinity
  /// The highest sample that came in lately, dB of full scale: it falls by 20 dB a second.
  public var inputPeak = -Double.infinity
  /// Whether samples came in at full scale in the last three seconds: the microphone's gain is too high.
  public var isClipping = false

  /// Silence.
  public init() {}
}
