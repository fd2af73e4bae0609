import Ground
import NeuralLayers

/// Makes the embedding of a learned sound, and says whether it is a voice.
///
/// `add` its heard frames in their order, then `finish`. One instance belongs to one thread; nothing but `init` allocates or locks.
package struct SpeakerEmbedder: ~Copyable {
  private var trunk: SpeakerTrunk
  private let pooled: FloatMemory  // (2 · width), weighed by attention relative to `greatest`
  private let weight: FloatMemory  // (1)
  private var greatest = -Float.infinity
  private var sum: Float = 0

  /// Numbers of an embedding.
  package let count: Int

  /// nil: the weights have no speaker network.
  package init?(_ weights: ScoreModelWeights) {
    guard let trunk = SpeakerTrunk(weights) else { return nil }
    count = trunk.layers.configuration.embedding
    pooled = FloatMemory(2 * trunk.layers.configuration.width)
    weight = FloatMemory(1)
    self.trunk = trunk
  }

  @_noLocks
  package mutating func begin() {
    trunk.reset()
    pooled.clear()
    greatest = -.infinity
    sum = 0
  }

  /// - Parameter magnitudes: (bins), compressed, at the level of the whole sound.
  @_noLocks
  package mutating func add(_ magnitudes: UnsafePointer<Float>) {
    guard trunk.push(magnitudes) else { return }
    // A softmax over steps that are still to come: what was summed is scaled anew where a greater score turns up.
    let width = trunk.layers.configuration.width
    trunk.layers.attention.forward(rows: 1, input: trunk.features + width, into: weight.base)
    let score = weight[0]
    if score > greatest {
      let shrunk = greatest == -.infinity ? 0 : exponential(greatest - score)
      for n in 0..<2 * width { pooled[n] *= shrunk }
      sum *= shrunk
      greatest = score
    }
    let share = exponential(score - greatest)
    for n in 0..<2 * width { pooled[n] += share * trunk.features[n] }
    sum += share
  }

  /// - Parameter embedding: room for `count`, of length 1.
  /// - Returns: whether it is a voice; false also where too little was added to say, and the embedding is 0.
  @_noLocks
  package mutating func finish(into embedding: UnsafeMutablePointer<Float>) -> Bool {
    guard sum > 0 else {
      clearFloats(embedding, count: count)
      return false
    }
    let layers = trunk.layers
    for n in 0..<2 * layers.configuration.width { pooled[n] /= sum }
    layers.embedding.forward(rows: 1, input: pooled.base, into: embedding)
    normalise(embedding, count: count)
    layers.voice.forward(rows: 1, input: pooled.base, into: weight.base)
    return weight[0] > 0
  }

  @_noLocks
  private func exponential(_ x: Float) -> Float {
    weight[0] = x
    exponentials(weight.base, into: weight.base, count: 1)
    return weight[0]
  }
}

/// To length 1.
@_noLocks
func normalise(_ x: UnsafeMutablePointer<Float>, count: Int) {
  let scale = 1 / (squareRoot(sumOfSquares(x, count: count)) + 1e-12)
  for n in 0..<count { x[n] *= scale }
}
