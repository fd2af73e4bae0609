import Ground
import NeuralLayers

/// The encoder `sequence`: convolutions, adaptive pooling to tokens × 4 bands, projection to tokens in time order.
package final class SequenceNoiseEncoder: NoiseEncoder {
  static let pooledBands = 4

  struct Weights {
    let tower: EncoderTower
    let projection: Linear
    let position: [Float]  // (tokens, tokenDimension)
    let store: WeightStore  // keeps the weights that `projection` points to
    let tokens: Int

    init(loader: inout TensorLoader, configuration: NetworkConfiguration) throws(ModelFileError) {
      tower = try EncoderTower(loader: &loader, configuration: configuration)
      projection = try loader.linear(
        "encoder.projection", inputs: pooledBands * tower.channels, outputs: configuration.tokenDimension)
      position = try loader.floats("encoder.position", configuration.tokens, configuration.tokenDimension)
      store = loader.store
      tokens = configuration.tokens
    }
  }

  package let maximumFrameCount: Int
  private let weights: Weights
  private let features: FloatMemory  // two halves
  private let half: Int
  private let scratch: FloatMemory
  private let pooled: FloatMemory  // (tokens, 4, channels)

  init(weights: Weights, maximumFrameCount: Int) {
    precondition(maximumFrameCount >= 1, "a reference has at least one frame")
    self.weights = weights
    self.maximumFrameCount = maximumFrameCount
    let sizes = weights.tower.workspace(frames: maximumFrameCount)
    half = wholeLines(sizes.features)
    features = FloatMemory(2 * half)
    scratch = FloatMemory(sizes.scratch)
    pooled = FloatMemory(weights.tokens * Self.pooledBands * weights.tower.channels)
  }

  package var tokenFloatCount: Int { weights.tokens * weights.projection.outputs }

  package func multiplyAdds(frameCount: Int) -> Int {
    weights.tower.multiplyAdds(frames: frameCount)
      + weights.tokens * weights.projection.inputs * weights.projection.outputs
  }

  package func encode(
    _ magnitudes: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>
  ) {
    encode(part: 0, of: 1, magnitudes, frameCount: frameCount, into: tokens)
  }

  package func encode(
    part: Int, of parts: Int, _ magnitudes: UnsafePointer<Float>, frameCount: Int,
    into tokens: UnsafeMutablePointer<Float>
  ) {
    precondition((1...maximumFrameCount).contains(frameCount), "encode takes 1 to maximumFrameCount frames")
    let tower = weights.tower
    let result = tower.forward(
      part: part, of: parts, frames: frameCount, magnitudes: magnitudes, features: features.base, half: half,
      scratch: scratch.base)
    guard part + 1 == parts else { return }
    let size = tower.outputSize(frames: frameCount)
    AdaptiveAveragePool.forward(
      frames: size.frames, bands: size.bands, channels: tower.channels, input: result,
      outputFrames: weights.tokens, outputBands: Self.pooledBands, into: pooled.base)
    for i in weights.position.indices { tokens[i] = weights.position[i] }
    weights.projection.forward(rows: weights.tokens, input: pooled.base, into: tokens, accumulate: true)
  }
}
