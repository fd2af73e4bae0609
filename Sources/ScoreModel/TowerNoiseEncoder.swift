import Ground
import NeuralLayers
import PretrainedEncoders
import SignalProcessing

/// The encoders `clap` and `panns`: a tower trained by others on public sound hears the reference, and two linear layers
/// make tokens of its embedding.
///
/// The embedding is brought to unit mean square first, as towers differ in scale. Heavy: about 0.1 s a call at the
/// published sizes.
package final class TowerNoiseEncoder: NoiseEncoder {
  struct Weights {
    let tower: TowerWeights
    /// From the model's rate to the tower's.
    let factor: Int
    /// Samples of a frame of the reference, at the model's rate.
    let hopLength: Int
    let linear1: Linear
    let linear2: Linear
    let store: WeightStore  // keeps the weights that the linear layers point to
    let tokens: Int

    init(
      loader: inout TensorLoader, configuration: NetworkConfiguration, format: FrameFormat
    ) throws(ModelFileError) {
      guard let sizes = configuration.tower else {
        throw .badTower(path: loader.file.path, reason: "the configuration has no tower")
      }
      tower = try TowerWeights(configuration: sizes) { name, shape throws(ModelFileError) in
        try loader.floats("encoder.tower.\(name)", shape: shape)
      }
      let rate = sizes.spectrogram.sampleRate
      guard rate % format.sampleRate == 0 else {
        throw .badTower(
          path: loader.file.path,
          reason: "the tower's \(rate) Hz are no whole multiple of the model's \(format.sampleRate) Hz")
      }
      guard format.fftLength == 2 * format.hopLength else {
        throw .badTower(
          path: loader.file.path,
          reason: "its tower hears frames of two hops, and the format has \(format.fftLength / format.hopLength)")
      }
      factor = rate / format.sampleRate
      hopLength = format.hopLength
      let d = configuration.tokenDimension
      tokens = configuration.tokens
      linear1 = try loader.linear("encoder.linear1", inputs: sizes.embedding, outputs: d)
      linear2 = try loader.linear("encoder.linear2", inputs: d, outputs: tokens * d)
      store = loader.store
    }
  }

  package let maximumFrameCount: Int
  private let weights: Weights
  private let tower: any AudioTower
  private let upsampler: Upsampler
  private let raised: FloatMemory  // at the tower's rate
  private let embedding: FloatMemory
  private let hidden: FloatMemory  // (tokenDimension)

  init(weights: Weights, maximumFrameCount: Int) {
    precondition(maximumFrameCount >= 1, "a reference has at least one frame")
    self.weights = weights
    self.maximumFrameCount = maximumFrameCount
    upsampler = Upsampler(factor: weights.factor)
    let count = maximumFrameCount * weights.hopLength * upsampler.factor
    raised = FloatMemory(count)
    tower = weights.tower.makeTower(maximumSampleCount: count)
    embedding = FloatMemory(tower.embeddingDimension)
    hidden = FloatMemory(weights.linear1.outputs)
  }

  package var tokenFloatCount: Int { weights.tokens * weights.linear1.outputs }
  package var hears: NoiseReferenceForm { .samples }

  package func multiplyAdds(frameCount: Int) -> Int {
    tower.multiplyAdds(sampleCount: heard(frameCount) * upsampler.factor)
      + weights.linear1.inputs * weights.linear1.outputs + weights.linear2.inputs * weights.linear2.outputs
  }

  package func encode(
    _ samples: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>
  ) {
    precondition((1...maximumFrameCount).contains(frameCount), "encode takes 1 to maximumFrameCount frames")
    let count = heard(frameCount)
    let newest = samples + frameCount * weights.hopLength - count
    upsampler.forward(newest, count: count, into: raised.base)
    tower.embed(raised.base, count: count * upsampler.factor, into: embedding.base)
    RMSNorm.forward(rows: 1, channels: tower.embeddingDimension, input: embedding.base, into: embedding.base)
    weights.linear1.forward(rows: 1, input: embedding.base, into: hidden.base)
    applySiLU(hidden.base, weights.linear1.outputs)
    weights.linear2.forward(rows: 1, input: hidden.base, into: tokens)
  }

  /// Samples of a reference that the tower has room for: the newest ones.
  private func heard(_ frameCount: Int) -> Int {
    min(frameCount * weights.hopLength, tower.maximumSampleCount / upsampler.factor)
  }
}
