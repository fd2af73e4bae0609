import Ground
import NeuralLayers

/// From the diffusion time and the noise tokens to the scale and shift of every conditioned norm.
///
/// e = SiLU(time embedding + W · mean token); then one product gives all norms' (1 + scale) and shift at once.
/// Needed only when tokens change, never per frame.
struct Conditioning {
  private nonisolated(unsafe) let frequencies: UnsafePointer<Float>
  private let frequencyCount: Int
  private let time1: Linear
  private let time2: Linear
  private let tokenMean: Linear
  private let norms: Linear
  let embedding: Int
  /// Floats for all norms of one slot: per norm (1 + scale) then shift, in the order they were named.
  var normsCount: Int { norms.outputs }

  /// - Parameter names: the conditioned norms, with their channels.
  init(
    loader: inout TensorLoader, configuration: NetworkConfiguration, norms names: [(String, Int)]
  ) throws(ModelFileError) {
    embedding = configuration.embedding
    let count = configuration.timeFrequencies
    frequencies = loader.store.copy(try loader.constant("time.scale", count))
    frequencyCount = count
    time1 = try loader.linear("time.linear1", inputs: 2 * count, outputs: embedding)
    time2 = try loader.linear("time.linear2", inputs: embedding, outputs: embedding)
    tokenMean = try loader.linear("token_mean", inputs: configuration.tokenDimension, outputs: embedding)
    var weight: [Float] = []
    var bias: [Float] = []
    for (name, channels) in names {
      weight += try loader.floats("\(name).linear.weight", 2 * channels, embedding)
      let own = try loader.floats("\(name).linear.bias", 2 * channels)
      bias += own[..<channels].map { 1 + $0 }
      bias += own[channels...]
    }
    norms = Linear(
      inputs: embedding, outputs: bias.count, weight: weight, bias: bias, store: loader.store)
  }

  /// The embedding of one diffusion time, t in (0, 1]: sines and cosines of ln t, two linear layers.
  func embedTime(_ t: Float, into output: UnsafeMutablePointer<Float>) {
    let count = frequencyCount
    let features = FloatMemory(2 * count)
    let hidden = FloatMemory(embedding)
    for i in 0..<count {
      let phase = logarithm(Double(t)) * Double(frequencies[i])
      features.base[i] = Float(sine(phase))
      features.base[count + i] = Float(cosine(phase))
    }
    time1.forward(rows: 1, input: features.base, into: hidden.base)
    applySiLU(hidden.base, embedding)
    time2.forward(rows: 1, input: hidden.base, into: output)
  }

  /// Floats of scratch for `condition`.
  func scratchCount(slots: Int) -> Int { norms.inputs * slots + tokenMean.inputs }

  /// Scale and shift of all norms for all slots under some tokens.
  ///
  /// - Parameters:
  ///   - times: embeddings, (slots, embedding).
  ///   - tokens: (tokenCount, tokenDimension).
  ///   - output: (slots, normsCount).
  @_noLocks
  func condition(
    slots: Int, times: UnsafePointer<Float>, tokens: UnsafePointer<Float>, tokenCount: Int,
    into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let mean = scratch
    let embeddings = scratch + tokenMean.inputs
    for d in 0..<tokenMean.inputs {
      var sum: Float = 0
      for k in 0..<tokenCount { sum += tokens[k * tokenMean.inputs + d] }
      mean[d] = sum / Float(tokenCount)
    }
    for slot in 0..<slots {
      copyFloats(times + slot * embedding, to: embeddings + slot * embedding, count: embedding)
      tokenMean.forward(rows: 1, input: mean, into: embeddings + slot * embedding, accumulate: true)
    }
    applySiLU(embeddings, slots * embedding)
    norms.forward(rows: slots, input: embeddings, into: output)
  }
}
