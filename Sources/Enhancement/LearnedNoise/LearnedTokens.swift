import Diffusion
import Ground
import ScoreModel
import SignalProcessing

/// What a model makes of learned noise: tokens of its own, beside those of the rolling reference. They never change.
public struct LearnedTokens: Sendable, Equatable {
  /// Those of the model that they were made by, network by network of those that have tokens for it.
  let values: [Float]
}

extension EnhancementModel {
  /// Whether the model has tokens for noise that was learned.
  public var hearsLearnedNoise: Bool { !learningNetworks.isEmpty }

  /// Whether noise that was learned is removed while these of its networks are heard.
  package func removesLearnedNoise(by heard: EnhancementSettings.Networks) -> Bool {
    guard networks.count == 2 else { return hearsLearnedNoise }
    return switch heard {
    case .both: hearsLearnedNoise
    case .first: networks[0].learnedMark != nil
    case .second: networks[1].learnedMark != nil
    }
  }

  /// Its networks that have them.
  var learningNetworks: [ScoreModelWeights] { networks.filter { $0.learnedMark != nil } }

  /// The same without a network that has no such tokens; nil: none has.
  public var learning: EnhancementModel? {
    let networks = learningNetworks
    return networks.isEmpty ? nil : networks.count == self.networks.count ? self : EnhancementModel(of: networks[0])
  }

  /// What is added to their tokens, as these lie in memory; nil: it has none.
  var learnedMarks: [Float]? {
    learningNetworks.isEmpty
      ? nil
      : learningNetworks.flatMap { network in
        Array(repeating: network.learnedMark ?? [], count: network.configuration.tokenCount).joined()
      }
  }

  func makeLearningEncoder(maximumFrameCount: Int) -> any NoiseEncoder {
    ScoreModelWeights.makeNoiseEncoder(of: learningNetworks, maximumFrameCount: maximumFrameCount)
  }

  /// Makes the tokens. Allocates, and takes some milliseconds: not for the real-time path.
  ///
  /// - Parameter noises: one or several; several share the model's attention, 4 s of them together.
  /// - Throws: `noLearnedTokens` for a model that has none.
  public func learnedTokens(_ noises: [LearnedNoise]) throws(EnhancementError) -> LearnedTokens? {
    guard !noises.isEmpty else { return nil }
    guard let marks = learnedMarks else { throw .noLearnedTokens(model: fullName) }
    let saved = flushDenormals()
    defer { restoreDenormals(saved) }
    let limit = format.frame.frames(in: LearnedNoise.longestHeard)
    let magnitudes = noises.flatMap { $0.magnitudes(limit: max(1, limit / noises.count), for: format) }
    let frames = min(limit, magnitudes.count / format.frame.modelBinCount)
    let encoder = makeLearningEncoder(maximumFrameCount: limit)
    var values = [Float](repeating: 0, count: encoder.tokenFloatCount)
    encoder.encode(magnitudes: magnitudes, frameCount: frames, into: &values)
    for i in values.indices { values[i] += marks[i] }
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
