import SignalProcessing
import Synchronization

/// Turns a noise reference into the tokens that the network attends to.
protocol NoiseTokenEncoder: ~Copyable {
  /// Floats of one set of tokens, (tokens, dimension); 0 where the model takes no condition.
  var tokenFloatCount: Int { get }
  /// Whether it hears the reference's samples instead of its magnitudes.
  var hearsSamples: Bool { get }
  /// - Parameters:
  ///   - magnitudes: (frameCount, 160), 0.15·√(g·|X|), oldest first; or as many samples, g times the sound.
  ///   - frameCount: 25…200; of samples one less.
  ///   - tokens: room for `tokenFloatCount`.
  mutating func encode(
    magnitudes: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>)
}

extension NoiseTokenEncoder where Self: ~Copyable {
  var hearsSamples: Bool { false }
}

/// One refresh of the noise tokens: the reference copied out of the frame path, and room for the result.
///
/// The frame path *takes* the reference at frame k·R, something *runs* the encoder on it, the frame path *uses* the
/// result at frame k·R + D. Offline the frame path runs it itself; live, a thread beside it does (`NoiseEncodingService`).
/// The tokens are the same either way, and take effect at the same frame; a result that comes later is not used at all.
///
/// The state says whose turn it is: in `taken` the memory belongs to whoever runs the encoder, else to the frame path.
final class NoiseEncodingJob: @unchecked Sendable {
  /// R: frames from reference to reference; 1 s for towers that hear samples, which take 0.1 s a channel and more.
  let interval: Int
  /// D: frames from the reference to its effect.
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
  let tokens: UnsafeMutablePointer<Float>

  private let stateNumber = Atomic<Int>(State.idle.rawValue)
  /// Set when nobody waits for the result any more.
  private var isAbandoned = false  // frame path only
  private let tokenFloatCount: Int
  private let magnitudes: UnsafeMutablePointer<Float>  // (200, 160), compressed by `run`; or samples
  private var frameCount = 0
  private var gain: Float = 1  // the level gain when the reference was taken

  init(tokenFloatCount: Int, hearsSamples: Bool = false) {
    self.tokenFloatCount = tokenFloatCount
    self.hearsSamples = hearsSamples
    interval = hearsSamples ? 100 : 25
    delay = hearsSamples ? 90 : 10
    tokens = .allocate(capacity: max(tokenFloatCount, 1))
    tokens.initialize(repeating: 0, count: max(tokenFloatCount, 1))
    let size = NoiseReference.capacity * NoiseReference.binCount
    magnitudes = .allocate(capacity: size)
    magnitudes.initialize(repeating: 0, count: size)
  }

  deinit {
    tokens.deallocate()
    magnitudes.deallocate()
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
    guard tokenFloatCount > 0, reference.count >= NoiseReference.fewestFrames else {
      stateNumber.store(State.null.rawValue, ordering: .relaxed)
      return false
    }
    frameCount =
      hearsSamples
      ? reference.overlapAdded(gain: gain, into: magnitudes) : reference.copyMagnitudes(into: magnitudes)
    self.gain = gain
    stateNumber.store(State.taken.rawValue, ordering: .releasing)
    return true
  }

  /// Makes the tokens, if there is something to make them of. Whoever runs the encoder.
  func run<Encoder: NoiseTokenEncoder & ~Copyable>(_ encoder: inout Encoder) {
    guard stateNumber.load(ordering: .acquiring) == State.taken.rawValue else { return }
    // Here rather than in `take`: 32000 roots are no work for the frame path.
    if !hearsSamples {
      AmplitudeCompression.compressMagnitudes(
        magnitudes, gain: gain, count: frameCount * NoiseReference.binCount, into: magnitudes)
    }
    encoder.encode(magnitudes: magnitudes, frameCount: frameCount, into: tokens)
    let state: State = allFinite(tokens, count: tokenFloatCount) ? .encoded : .null
    stateNumber.store(state.rawValue, ordering: .releasing)
  }

  /// Forgets what was taken; an encoder that runs just now may end, its result is not used. Frame path.
  func cancel() {
    if stateNumber.load(ordering: .acquiring) == State.taken.rawValue {
      isAbandoned = true
    } else {
      stateNumber.store(State.idle.rawValue, ordering: .relaxed)
    }
  }
}
