import Ground
import NeuralLayers

/// The speaker network's trunk as a stream: frames in, after every `stride` of them a step's features out.
///
/// One instance belongs to one thread; nothing but `init` allocates or locks.
struct SpeakerTrunk: ~Copyable {
  let layers: SpeakerLayers
  private let weights: ScoreModelWeights  // keeps the memory that the layers point to
  private let frames: FloatMemory  // (stride, bins)
  private let input: FloatMemory  // (width)
  private let states: FloatMemory  // (2, width): the features
  private let scratch: FloatMemory
  private var frame = 0

  /// nil: the weights have no speaker network.
  init?(_ weights: ScoreModelWeights) {
    guard let layers = weights.speaker else { return nil }
    self.layers = layers
    self.weights = weights
    let width = layers.configuration.width
    frames = FloatMemory(layers.configuration.stride * layers.bins)
    input = FloatMemory(width)
    states = FloatMemory(2 * width)
    scratch = FloatMemory(layers.first.scratchCount(bands: 1))
  }

  /// (2 · width) of the newest step.
  var features: UnsafePointer<Float> { @_noLocks get { UnsafePointer(states.base) } }

  @_noLocks
  mutating func reset() {
    states.clear()
    frame = 0
  }

  /// Takes a frame.
  ///
  /// - Parameter magnitudes: (bins), compressed.
  /// - Returns: whether it completed a step.
  @_noLocks
  mutating func push(_ magnitudes: UnsafePointer<Float>) -> Bool {
    copyFloats(magnitudes, to: frames.base + frame * layers.bins, count: layers.bins)
    frame += 1
    guard frame == layers.configuration.stride else { return false }
    frame = 0
    let width = layers.configuration.width
    layers.stem.forward(rows: 1, input: frames.base, into: input.base)
    applySiLU(input.base, width)
    layers.first.forward(bands: 1, input: input.base, state: states.base, scratch: scratch.base)
    layers.second.forward(bands: 1, input: states.base, state: states.base + width, scratch: scratch.base)
    return true
  }
}
