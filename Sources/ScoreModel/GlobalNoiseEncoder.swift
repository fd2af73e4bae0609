import Ground
import NeuralLayers

/// The encoder `global`, the baseline: convolutions, mean over time and bands, two linear layers, one token.
package final class GlobalNoiseEncoder: NoiseEncoder {
  struct Weights {
    let tower: EncoderTower
    let linear1: Linear
    let linear2: Linear
    let store: WeightStore  // keeps the weights that the linear layers point to

    init(loader: inout TensorLoader, configuration: NetworkConfiguration) throws(ModelFileError) {
      let d = configuration.tokenDimension
      tower = try EncoderTower(loader: &loader, configuration: configuration)
      linear1 = try loader.linear("encoder.linear1", inputs: tower.channels, outputs: d)
      linear2 = try loader.linear("encoder.linear2", inputs: d, outputs: d)
      store = loader.store
    }
  }

  package let maximumFrameCount: Int
  private let weights: Weights
  private let features: FloatMemory  // two halves
  private let half: Int
  private let scratch: FloatMemory
  private let mean: FloatMemory  // (channels)
  private let hidden: FloatMemory  // (tokenDimension)

  init(weights: Weights, maximumFrameCount: Int) {
    precondition(maximumFrameCount >= 1, "a reference has at least one frame")
    self.weights = weights
    self.maximumFrameCount = maximumFrameCount
    let sizes = weights.tower.workspace(frames: maximumFrameCount)
    half = wholeLines(sizes.features)
    features = FloatMemory(2 * half)
    scratch = FloatMemory(sizes.scratch)
    mean = FloatMemory(weights.tower.channels)
    hidden = FloatMemory(weights.linear1.outputs)
  }

  /// One token.
  package var tokenFloatCount: Int { weights.linear2.outputs }

  package func multiplyAdds(frameCount: Int) -> Int {
    weights.tower.multiplyAdds(frames: frameCount) + weights.linear1.inputs * weights.linear1.outputs
      + weights.linear2.inputs * weights.linear2.outputs
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
      frames: size.frames, bands: size.bands, channels: tower.channels, input: result, outputFrames: 1,
      outputBands: 1, into: mean.base)
    weights.linear1.forward(rows: 1, input: mean.base, into: hidden.base)
    applySiLU(hidden.base, weights.linear1.outputs)
    weights.linear2.forward(rows: 1, input: hidden.base, into: tokens)
  }
}
