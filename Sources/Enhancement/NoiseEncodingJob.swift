/// Turns a noise reference into the tokens that the network attends to.
protocol NoiseTokenEncoder: ~Copyable {
  /// Floats of one set of tokens, (tokens, dimension); 0 where the model takes no condition.
  var tokenFloatCount: Int { get }
  /// - Parameters:
  ///   - magnitudes: (frameCount, 160), 0.15·√(g·|X|), oldest first.
  ///   - frameCount: 25…200.
  ///   - tokens: room for `tokenFloatCount`.
  mutating func encode(
    magnitudes: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>)
}

/// One refresh of the noise tokens: the reference copied out of the frame path, and room for the result.
///
/// The frame path *takes* it at frame k·R, something *runs* it, the frame path *uses* its result at frame k·R + D.
/// Here the frame path runs it at once; a thread beside it may as well, since `run` touches nothing but the job's own
/// memory and the encoder. The tokens are the same either way, and take effect at the same frame.
struct NoiseEncodingJob: ~Copyable {
  /// R: frames from reference to reference.
  static var interval: Int { @_noLocks get { 25 } }
  /// D: frames from the reference to its effect.
  static var delay: Int { @_noLocks get { 10 } }

  enum State {
    /// Nothing to do.
    case idle
    /// The reference is taken; tokens are to be made of it.
    case taken
    /// `tokens` hold the result.
    case encoded
    /// Too little was heard, or the tokens are not finite: the null condition.
    case null
  }

  private(set) var state = State.idle
  /// (tokenFloatCount), valid in the state `encoded`.
  let tokens: UnsafeMutablePointer<Float>

  private let tokenFloatCount: Int
  private let magnitudes: UnsafeMutablePointer<Float>  // (200, 160), compressed
  private var frameCount = 0

  init(tokenFloatCount: Int) {
    self.tokenFloatCount = tokenFloatCount
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

  /// Copies the reference as it is now.
  @_noLocks
  mutating func take(_ reference: borrowing NoiseReference, gain: Float) {
    guard tokenFloatCount > 0, reference.count >= NoiseReference.fewestFrames else {
      state = .null
      return
    }
    frameCount = reference.compressed(gain: gain, into: magnitudes)
    state = .taken
  }

  /// Makes the tokens, if there is something to make them of.
  mutating func run<Encoder: NoiseTokenEncoder & ~Copyable>(_ encoder: inout Encoder) {
    guard state == .taken else { return }
    encoder.encode(magnitudes: magnitudes, frameCount: frameCount, into: tokens)
    state = allFinite(tokens, count: tokenFloatCount) ? .encoded : .null
  }

  /// Forgets what was taken.
  @_noLocks
  mutating func cancel() { state = .idle }
}
