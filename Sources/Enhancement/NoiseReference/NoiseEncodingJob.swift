import Ground
import ScoreModel
import SignalProcessing
import Synchronization

/// One refresh of the noise tokens: the reference copied out of the frame path, and room for the result.
///
/// The frame path *takes* the reference at frame k·R, something *runs* the encoder on it, the frame path *uses* the
/// result at frame k·R + D. Offline and in plugins the frame path runs it itself, an equal part of it in each of the D frames, so
/// that no frame takes longer than another; live, a thread beside it does (`NoiseEncodingService`). The tokens are the same
/// either way, and take effect at the same frame; a result that comes later is not used at all.
///
/// The state says whose turn it is: in `taken` the memory belongs to whoever runs the encoder, else to the frame path.
final class NoiseEncodingJob: @unchecked Sendable {
  /// R: frames from reference to reference: 0.25 s, and 1 s for towers that hear samples, which take 0.1 s a channel and more.
  let interval: Int
  /// D: frames from the reference to its effect: 0.1 s, and 0.9 s for towers.
  let delay: Int
  /// Whether the encoder is given samples.
  let hearsSamples: Bool

  enum State: Int {
    /// Nothing to do.
    case idle
    /// The reference is taken; tokens are to be made of it.
    case taken
    /// `tokens` hold the result.
    case encoded
    /// Too little was heard, or the tokens are not finite: the null condition.
    case null
  }

  /// (tokenFloatCount), valid in the state `encoded`.
  let tokens: FloatMemory

  private let stateNumber = Atomic<Int>(State.idle.rawValue)
  /// Set when nobody waits for the result any more.
  private var isAbandoned = false  // frame path only
  private let tokenFloatCount: Int
  /// Of the longest reference, (frames, modelBinCount), compressed by `run`; or hops of samples.
  private let magnitudes: FloatMemory
  private let binCount: Int
  private let fewestFrames: Int
  private let compression: AmplitudeCompression
  private var frameCount = 0
  private var gain: Float = 1  // the level gain when the reference was taken

  /// - Parameters:
  ///   - encoder: the one that will be run, or one like it; nil: no tokens are ever made.
  ///   - format: of the reference's frames.
  ///   - compression: of the magnitudes that the encoder hears.
  init(_ encoder: (any NoiseEncoder)?, format: FrameFormat, compression: AmplitudeCompression) {
    self.compression = compression
    binCount = format.modelBinCount
    fewestFrames = format.shortestReference
    magnitudes = FloatMemory(format.longestReference * max(format.modelBinCount, format.hopLength))
    tokenFloatCount = encoder?.tokenFloatCount ?? 0
    hearsSamples = encoder?.hears == .samples
    interval = format.frames(in: hearsSamples ? 1 : 0.25)
    delay = format.frames(in: hearsSamples ? 0.9 : 0.1)
    tokens = FloatMemory(tokenFloatCount)
  }

  /// What the frame path may do now: `idle` also where a result is not wanted any more.
  var state: State {
    let state = State(rawValue: stateNumber.load(ordering: .acquiring)) ?? .idle
    return isAbandoned && state != .taken ? .idle : state
  }

  /// Copies the reference as it is now. Frame path; not while the encoder runs.
  ///
  /// - Returns: whether there is something to run.
  func take(_ reference: borrowing NoiseReference, gain: Float) -> Bool {
    isAbandoned = false
    guard tokenFloatCount > 0, reference.count >= fewestFrames else {
      stateNumber.store(State.null.rawValue, ordering: .relaxed)
      return false
    }
    frameCount =
      hearsSamples
      ? reference.overlapAdded(gain: gain, into: magnitudes.base) : reference.copyMagnitudes(into: magnitudes.base)
    self.gain = gain
    stateNumber.store(State.taken.rawValue, ordering: .releasing)
    return true
  }

  /// Makes the tokens, if there is something to make them of. Whoever runs the encoder.
  func run(_ encoder: (any NoiseEncoder)?) {
    guard stateNumber.load(ordering: .acquiring) == State.taken.rawValue else { return }
    // Here rather than in `take`: some 32000 roots are no work for the frame path.
    if !hearsSamples {
      compression.compressMagnitudes(
        magnitudes.base, gain: gain, count: frameCount * binCount, into: magnitudes.base)
    }
    encoder?.encode(magnitudes.base, frameCount: frameCount, into: tokens.base)
    finish()
  }

  /// One of `delay` parts of `run`, in order, between `take` and the frame that uses the result: for the frame path itself.
  func run(part: Int, _ encoder: (any NoiseEncoder)?) {
    guard stateNumber.load(ordering: .relaxed) == State.taken.rawValue, let encoder else { return }
    if part == 0 && !hearsSamples {
      compression.compressMagnitudes(
        magnitudes.base, gain: gain, count: frameCount * binCount, into: magnitudes.base)
    }
    encoder.encode(part: part, of: delay, magnitudes.base, frameCount: frameCount, into: tokens.base)
    if part + 1 == delay { finish() }
  }

  private func finish() {
    let state: State = allFinite(tokens.base, count: tokenFloatCount) ? .encoded : .null
    stateNumber.store(state.rawValue, ordering: .releasing)
  }

  /// Forgets what was taken; an encoder that runs just now may end, its result is not used. Frame path.
  ///
  /// - Parameter isAlone: whether only the frame path runs the encoder, so that it does not run just now.
  func cancel(isAlone: Bool = false) {
    if !isAlone && stateNumber.load(ordering: .acquiring) == State.taken.rawValue {
      isAbandoned = true
    } else {
      stateNumber.store(State.idle.rawValue, ordering: .relaxed)
    }
  }
}
