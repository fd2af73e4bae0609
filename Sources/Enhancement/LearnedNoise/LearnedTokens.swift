import Diffusion
import Ground
import ScoreModel
import SignalProcessing

/// What a model makes of learned noise: tokens of its own, beside those of the rolling reference. They never change.
public struct LearnedTokens: Sendable, Equatable {
  /// (tokenCount, tokenDimension) of the model they were made by.
  let values: [Float]
}

extension EnhancementModel {
  /// Whether the model has tokens for noise that was learned.
  public var hearsLearnedNoise: Bool { weights.configuration.learnedTokens }

  /// Makes the tokens. Allocates, and takes some milliseconds: not for the real-time path.
  ///
  /// - Parameter noises: one or several; several share the model's attention, 4 s of them together.
  /// - Throws: `noLearnedTokens` for a model that has none.
  public func learnedTokens(_ noises: [LearnedNoise]) throws(EnhancementError) -> LearnedTokens? {
    guard !noises.isEmpty else { return nil }
    guard let mark = weights.learnedMark else { throw .noLearnedTokens(model: name) }
    let saved = flushDenormals()
    defer { restoreDenormals(saved) }
    let limit = format.frame.frames(in: LearnedNoise.longestHeard)
    let magnitudes = noises.flatMap { $0.magnitudes(limit: max(1, limit / noises.count), for: format) }
    let frames = min(limit, magnitudes.count / format.frame.modelBinCount)
    let encoder = weights.makeNoiseEncoder(maximumFrameCount: limit)
    var values = [Float](repeating: 0, count: encoder.tokenFloatCount)
    encoder.encode(magnitudes: magnitudes, frameCount: frames, into: &values)
    for i in values.indices { values[i] += mark[i % mark.count] }
    guard values.allSatisfy(\.isFinite) else { return nil }
    return LearnedTokens(values: values)
  }
}

extension StreamingEnhancer {
  /// What was learned has its effect from the next frame on; nil: nothing was. Neither allocates nor locks.
  ///
  /// - Parameter tokens: of this enhancer's own model.
  public mutating func setLearnedTokens(_ tokens: LearnedTokens?) {
    chain.frames.setLearnedTokens(tokens)
  }
}

extension MultichannelEnhancer {
  /// The same for all channels.
  public mutating func setLearnedTokens(_ tokens: LearnedTokens?) {
    for channel in 0..<channelCount { withChannel(channel) { $0.setLearnedTokens(tokens) } }
  }
}

extension FrameEnhancer where Predictor: ~Copyable {
  mutating func setLearnedTokens(_ tokens: LearnedTokens?) {
    if let values = tokens?.values {
      values.withUnsafeBufferPointer { setLearnedTokens(values: $0.baseAddress) }
    } else {
      setLearnedTokens(values: nil)
    }
  }

  /// - Parameter values: (tokens, dimension), copied; nil: nothing was learned.
  mutating func setLearnedTokens(values: UnsafePointer<Float>?) {
    guard sampler != nil else { return }
    sampler!.predictor.setLearnedTokens(values)
  }
}
