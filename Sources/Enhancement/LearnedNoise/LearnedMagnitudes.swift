import Ground
import ScoreModel
import SignalProcessing

/// What the encoder hears of a learned sound: compressed magnitudes of its heard frames, at a level of their own.
///
/// `add` every frame, then `compress` all rows, in as many calls as one likes: the bits are the same. Nothing allocates after
/// `init`.
struct LearnedMagnitudes: ~Copyable {
  let rows: FloatMemory  // (limit, the model's bins)
  /// Frames that were added.
  private(set) var count = 0
  let limit: Int
  private var energy = 0.0  // sum of the frames' e_k
  private let length: Int
  let bins: Int
  private let compression: AmplitudeCompression
  private let window: FloatMemory  // (fftLength)
  private let transform: FourierTransform

  /// - Parameters:
  ///   - limit: frames at most, 1 or more.
  ///   - model: the model's format.
  init(limit: Int, format model: ModelFormat) {
    self.limit = limit
    length = model.frame.fftLength
    bins = model.frame.modelBinCount
    compression = AmplitudeCompression(factor: model.compressionFactor, exponent: model.compressionExponent)
    rows = FloatMemory(limit * bins)
    window = FloatMemory(length)
    Window.squareRootHann(length, into: window.base)
    transform = FourierTransform(length: length, direction: .forward)
  }

  mutating func clear() {
    count = 0
    energy = 0
  }

  /// - Parameter samples: (fftLength) of a frame; fewer than `limit` were added.
  mutating func add(_ samples: UnsafePointer<Float>) {
    energy += Double(2 * applyWindow(window.base, to: samples, into: transform.time, count: length) / Float(length))
    transform.execute()
    Spectrum.magnitude(transform.bins, count: bins, into: rows.base + count * bins)
    count += 1
  }

  /// The rows `first` ..< `last`, each once, when all frames were added: their mean energy is brought to the level that speech has
  /// before the network.
  func compress(from first: Int, to last: Int) {
    let mean = Float(energy / Double(max(1, count)))
    let gain = (LevelGain.targetPower / (mean + 1e-12)).squareRoot()
    let part = rows.base + first * bins
    compression.compressMagnitudes(part, gain: gain, count: (last - first) * bins, into: part)
  }
}
