import NeuralLayers
import SignalProcessing

/// What a noise encoder hears of a reference.
package enum NoiseReferenceForm: Sendable {
  /// Compressed magnitudes factor·(g·|X|)^exponent, (frameCount, bins).
  case magnitudes
  /// The sound itself, times the level gain: (frameCount, hop) samples at the model's rate, one after another.
  case samples
}

/// Turns a reference of noise into the tokens that condition the network.
///
/// Runs off the frame path, a few times a second. An instance has its own workspaces and belongs to one thread at a
/// time.
package protocol NoiseEncoder: AnyObject {
  /// Floats of the tokens that come out.
  var tokenFloatCount: Int { get }
  /// The longest reference.
  var maximumFrameCount: Int { get }
  /// What `encode` takes.
  var hears: NoiseReferenceForm { get }
  /// Multiply-adds of one call on a reference of so many frames.
  func multiplyAdds(frameCount: Int) -> Int

  /// - Parameters:
  ///   - reference: as `hears` says, oldest first.
  ///   - frameCount: 1...maximumFrameCount.
  ///   - tokens: room for `tokenFloatCount`, token by token.
  func encode(
    _ reference: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>)

  /// One of several equal parts of the work: called for each from 0 on, nothing else between, with the same reference and
  /// tokens; after the last one the tokens are those of `encode`, to the bit. An encoder that cannot be cut works in part 0.
  func encode(
    part: Int, of parts: Int, _ reference: UnsafePointer<Float>, frameCount: Int,
    into tokens: UnsafeMutablePointer<Float>)
}

extension NoiseEncoder {
  package var hears: NoiseReferenceForm { .magnitudes }

  package func encode(
    part: Int, of parts: Int, _ reference: UnsafePointer<Float>, frameCount: Int,
    into tokens: UnsafeMutablePointer<Float>
  ) {
    if part == 0 { encode(reference, frameCount: frameCount, into: tokens) }
  }

  /// `encode` for an encoder that hears magnitudes.
  package func encode(
    magnitudes: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>
  ) {
    precondition(hears == .magnitudes, "this encoder hears samples")
    encode(magnitudes, frameCount: frameCount, into: tokens)
  }
}

/// The encoder `none`: hears nothing and gives the learned null condition.
package final class NoNoiseEncoder: NoiseEncoder {
  package var tokenFloatCount: Int { nullTokens.count }
  package let maximumFrameCount: Int
  private let nullTokens: [Float]

  init(nullTokens: [Float], maximumFrameCount: Int) {
    self.maximumFrameCount = maximumFrameCount
    self.nullTokens = nullTokens
  }

  package func multiplyAdds(frameCount: Int) -> Int { 0 }

  package func encode(
    _ magnitudes: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>
  ) {
    for i in nullTokens.indices { tokens[i] = nullTokens[i] }
  }
}

/// Reads the encoder's weights and gives a function that makes encoders for a longest reference.
func noiseEncoderMaker(
  loader: inout TensorLoader, configuration: NetworkConfiguration, format: FrameFormat, nullTokens: [Float]
) throws(ModelFileError) -> (Int) -> any NoiseEncoder {
  switch configuration.encoder {
  case .none:
    return { frames in
      NoNoiseEncoder(nullTokens: nullTokens, maximumFrameCount: frames)
    }
  case .global:
    let weights = try GlobalNoiseEncoder.Weights(loader: &loader, configuration: configuration)
    return { GlobalNoiseEncoder(weights: weights, maximumFrameCount: $0) }
  case .sequence:
    let weights = try SequenceNoiseEncoder.Weights(loader: &loader, configuration: configuration)
    return { SequenceNoiseEncoder(weights: weights, maximumFrameCount: $0) }
  case .clap, .panns:
    let weights = try TowerNoiseEncoder.Weights(loader: &loader, configuration: configuration, format: format)
    return { TowerNoiseEncoder(weights: weights, maximumFrameCount: $0) }
  }
}

/// The convolutions that the encoders share: (T, bins) magnitudes to (T', F', C) features.
struct EncoderTower {
  let bins: Int
  private let blocks: [EncoderConvolution]
  var channels: Int { blocks.last!.outputs }

  init(loader: inout TensorLoader, configuration: NetworkConfiguration) throws(ModelFileError) {
    bins = configuration.bins
    var blocks: [EncoderConvolution] = []
    var inputs = 1
    for (i, outputs) in configuration.encoderChannels.enumerated() {
      blocks.append(
        try loader.encoderConvolution(
          "encoder.blocks.\(i)", inputs: inputs, outputs: outputs,
          timeStride: configuration.encoderTimeStrides[i]))
      inputs = outputs
    }
    self.blocks = blocks
  }

  /// Frames and bands that come out.
  func outputSize(frames: Int) -> (frames: Int, bands: Int) {
    blocks.reduce((frames, bins)) { ($1.outputFrames($0.0), $1.outputBands($0.1)) }
  }

  func multiplyAdds(frames: Int) -> Int {
    var size = (frames, bins)
    var count = 0
    for block in blocks {
      count += block.multiplyAdds(frames: size.0, bands: size.1)
      size = (block.outputFrames(size.0), block.outputBands(size.1))
    }
    return count
  }

  /// Floats of the largest result or scratch that an encoder may ask for, 256 MB.
  static let largestWorkspace = 1 << 26

  /// Floats of the largest result or scratch of a configuration's blocks, which its file's size does not show.
  static func widest(_ configuration: NetworkConfiguration, frames: Int) -> Int {
    var size = (frames, configuration.bins)
    var inputs = 1
    var result = 0
    for (outputs, timeStride) in zip(configuration.encoderChannels, configuration.encoderTimeStrides) {
      result = max(result, (size.0 + 2) * (size.1 + 2) * inputs)
      size = ((size.0 - 1) / timeStride + 1, (size.1 - 1) / 2 + 1)
      result = max(result, size.0 * size.1 * outputs)
      inputs = outputs
    }
    return result
  }

  /// Floats of the largest result of a block, and of the largest scratch.
  func workspace(frames: Int) -> (features: Int, scratch: Int) {
    var size = (frames, bins)
    var features = 0
    var scratch = 0
    for block in blocks {
      scratch = max(scratch, block.scratchCount(frames: size.0, bands: size.1))
      size = (block.outputFrames(size.0), block.outputBands(size.1))
      features = max(features, size.0 * size.1 * block.outputs)
    }
    return (features, scratch)
  }

  /// Runs the blocks, from one half of `features` to the other; returns where the result lies.
  func forward(
    frames: Int, magnitudes: UnsafePointer<Float>, features: UnsafeMutablePointer<Float>, half: Int,
    scratch: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    forward(part: 0, of: 1, frames: frames, magnitudes: magnitudes, features: features, half: half, scratch: scratch)
  }

  /// One of several parts with as many multiply-adds each, to a frame of a block; after the last one the result is whole.
  func forward(
    part: Int, of parts: Int, frames: Int, magnitudes: UnsafePointer<Float>, features: UnsafeMutablePointer<Float>,
    half: Int, scratch: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    let all = multiplyAdds(frames: frames)
    let begin = all / parts * part
    let end = part + 1 == parts ? all : all / parts * (part + 1)
    var input = magnitudes
    var output = features
    var size = (frames, bins)
    var done = 0  // multiply-adds of the blocks before
    for i in blocks.indices {
      output = features + i % 2 * half
      let newFrames = blocks[i].outputFrames(size.0)
      let cost = blocks[i].multiplyAdds(frames: size.0, bands: size.1)
      // Frames of this block that are complete at a place of the whole work.
      let first = min(max(0, begin - done), cost) * newFrames / cost
      let last = min(max(0, end - done), cost) * newFrames / cost
      blocks[i].forward(
        from: first, to: last, frames: size.0, bands: size.1, input: input, into: output, scratch: scratch)
      done += cost
      size = (newFrames, blocks[i].outputBands(size.1))
      input = UnsafePointer(output)
    }
    return output
  }
}
