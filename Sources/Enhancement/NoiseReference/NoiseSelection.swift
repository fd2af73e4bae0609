import Ground
import SignalProcessing

/// Which frames are taken for noise alone.
public enum NoiseSelection: String, Sendable, CaseIterable {
  /// Frames in which speech is improbable: robust, but a sudden new noise counts as speech for about a second.
  case spp
  /// Frames of which the enhancer left little: hears a sudden new noise as soon as the enhancer does, and trusts it.
  case residual
}

/// Judges frames by the mean speech presence probability over about 200–4000 Hz.
///
/// Threshold and hangover were measured with ten sentences of espeak-ng (three voices, pauses of 0.2 to 1.5 s) in
/// synthetic noise at −5 to 20 dB. In white, pink, brown and street noise these take 92, 92, 86 and 77 % of the frames of
/// the pauses, and the speech in what they take is 18 to 70 dB below speech; 0.20 takes a tenth less and is 2 dB cleaner,
/// 0.25 a twentieth more and 3 dB worse. Babble is speech: 4 % of the pauses, which is what `residual` is for.
///
/// One instance belongs to one thread; it allocates nothing.
struct SpeechPauseDetector {
  /// Bins of 200 to 4000 Hz.
  private let firstBin: Int
  private let lastBin: Int
  /// A frame is quiet below this mean probability.
  static var threshold: Float { @_noLocks get { 0.22 } }
  /// Frames after one that was not quiet that do not count either, 50 ms: the ends of words are faint.
  private let hangover: Int
  /// Frames at the start in which the estimate has no past, 50 ms: whatever they hold, it calls them noise.
  private let startFrames: Int

  private var quietFrames = 0
  private var heardFrames = 0

  init(_ format: FrameFormat) {
    firstBin = format.bin(at: 200)
    lastBin = format.bin(at: 4000)
    hangover = format.frames(in: 0.05)
    startFrames = format.frames(in: 0.05)
  }

  /// Takes one frame that is not silent.
  ///
  /// - Parameter probability: (binCount) speech presence probability.
  /// - Returns: whether the frame is judged noise alone.
  @_noLocks
  mutating func push(probability: UnsafePointer<Float>) -> Bool {
    let count = lastBin - firstBin + 1
    let mean = sum(probability + firstBin, count: count) / Float(count)
    quietFrames = mean < Self.threshold ? quietFrames + 1 : 0
    heardFrames += 1
    return heardFrames > startFrames && quietFrames > hangover
  }

  @_noLocks
  mutating func reset() {
    quietFrames = 0
    heardFrames = 0
  }
}

/// Judges frames by how much of their energy the enhancer left.
enum ResidualDetector {
  /// −10 dB.
  static var threshold: Float { @_noLocks get { 0.1 } }

  @_noLocks
  static func isNoise(enhanced: Float, noisy: Float) -> Bool { enhanced < threshold * noisy }
}
