import Ground
import NeuralLayers

/// Whether one of several voices is heard in a stream, or was a moment ago.
///
/// One instance belongs to one thread; nothing but `init` allocates or locks.
package struct SpeakerActivity: ~Copyable {
  /// Voices at most.
  package static let mostVoices = 8

  private var trunk: SpeakerTrunk
  private let embeddings: FloatMemory  // (mostVoices, embedding)
  private let queries: FloatMemory  // (slots, embedding)
  private var voiceCount = 0
  /// nil: the weights have no speaker network.
  package init?(_ weights: ScoreModelWeights) {
    guard let trunk = SpeakerTrunk(weights) else { return nil }
    let configuration = trunk.layers.configuration
    embeddings = FloatMemory(Self.mostVoices * configuration.embedding)
    queries = FloatMemory(configuration.slots * configuration.embedding)
    self.trunk = trunk
  }

  /// Whom to listen for.
  ///
  /// - Parameters:
  ///   - voices: (count, embedding), copied.
  ///   - count: 0…`mostVoices`.
  @_noLocks
  package mutating func listen(for voices: UnsafePointer<Float>, count: Int) {
    precondition(count >= 0 && count <= Self.mostVoices, "at most \(Self.mostVoices) voices are listened for")
    voiceCount = count
    copyFloats(voices, to: embeddings.base, count: count * trunk.layers.configuration.embedding)
  }

  @_noLocks
  package mutating func reset() { trunk.reset() }

  /// Takes a frame, whether a voice is listened for or not: the state is then of the whole stream.
  ///
  /// - Parameter magnitudes: (bins), compressed, as the score network hears them.
  /// - Returns: after a step, the logit that the likeliest of the voices is active; nil between steps, and without voices.
  @_noLocks
  package mutating func push(_ magnitudes: UnsafePointer<Float>) -> Float? {
    guard trunk.push(magnitudes), voiceCount > 0 else { return nil }
    let layers = trunk.layers
    let size = layers.configuration.embedding
    layers.query.forward(rows: 1, input: trunk.features, into: queries.base)
    var best = -Float.infinity
    for slot in 0..<layers.configuration.slots {
      let query = queries.base + slot * size
      normalise(query, count: size)
      for voice in 0..<voiceCount {
        var agreement: Float = 0
        for n in 0..<size { agreement += query[n] * embeddings[voice * size + n] }
        best = max(best, agreement)
      }
    }
    return layers.scale * best + layers.bias
  }
}
