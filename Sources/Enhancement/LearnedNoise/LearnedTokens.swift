import Diffusion
import Ground
import ScoreModel
import SignalProcessing

/// What a model makes of learned noise: tokens of its own, beside those of the rolling reference. They never change.
public struct LearnedTokens: Sendable, Equatable {
  /// Those of the model that they were made by, network by network of those that have tokens for it.
  let values: [Float]
  /// The learned voices' embeddings, one after the other, where only voices were learned and the model tells them apart: then
  /// they are removed while one of them is heard. nil: what was learned is removed all the time.
  let voices: [Float]?
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

  /// The weights whose network tells learned voices apart; nil: there is none.
  var speakerWeights: ScoreModelWeights? { learningNetworks.first { $0.speaker != nil } }

  /// Whether it tells learned voices apart, so that one can be removed only while it is heard.
  package var tellsVoicesApart: Bool { speakerWeights != nil }

  /// Embeddings of the sounds; nil: they are not all voices, there are too many of them, or nothing tells voices apart.
  private func embeddings(of noises: [LearnedNoise], limit: Int) -> [Float]? {
    guard noises.count <= SpeakerActivity.mostVoices, let weights = speakerWeights,
      var embedder = SpeakerEmbedder(weights)
    else { return nil }
    let bins = format.frame.modelBinCount
    var result: [Float] = []
    var embedding = [Float](repeating: 0, count: embedder.count)
    for noise in noises {
      let magnitudes = noise.magnitudes(limit: limit, for: format)
      embedder.begin()
      magnitudes.withUnsafeBufferPointer { rows in
        for start in stride(from: 0, to: rows.count, by: bins) { embedder.add(rows.baseAddress! + start) }
      }
      guard embedder.finish(into: &embedding), embedding.allSatisfy(\.isFinite) else { return nil }
      result += embedding
    }
    return result
  }

  /// Whether the model hears anything in a learned sound: not where that lies above its band, or is shorter than its frame.
  /// Allocates.
  public func hears(_ noise: LearnedNoise) -> Bool { !noise.magnitudes(limit: 1, for: format).isEmpty }

  /// Makes the tokens. Allocates, and takes some milliseconds: not for the real-time path.
  ///
  /// - Parameter noises: one or several; several share the model's attention, 4 s of them together.
  /// - Throws: `EnhancementError.noLearnedTokens` for a model that has none, `LearnedNoiseError.tooShort` where it does not hear
  ///   (`hears`) one of them.
  public func learnedTokens(_ noises: [LearnedNoise]) throws -> LearnedTokens? {
    guard !noises.isEmpty else { return nil }
    guard let marks = learnedMarks else { throw EnhancementError.noLearnedTokens(model: fullName) }
    let saved = flushDenormals()
    defer { restoreDenormals(saved) }
    let limit = format.frame.frames(in: LearnedNoise.longestHeard)
    let heard = noises.map { $0.magnitudes(limit: max(1, limit / noises.count), for: format) }
    guard !heard.contains(where: \.isEmpty) else { throw LearnedNoiseError.tooShort(seconds: 0) }
    let magnitudes = Array(heard.joined())
    let frames = min(limit, magnitudes.count / format.frame.modelBinCount)
    let encoder = makeLearningEncoder(maximumFrameCount: limit)
    var values = [Float](repeating: 0, count: encoder.tokenFloatCount)
    encoder.encode(magnitudes: magnitudes, frameCount: frames, into: &values)
    for i in values.indices { values[i] += marks[i] }
    guard values.allSatisfy(\.isFinite) else { return nil }
    return LearnedTokens(values: values, voices: embeddings(of: noises, limit: limit))
  }
}

extension StreamingEnhancer {
  /// What was learned has its effect from the next frame on, or, of voices that the model tells apart, while one of them is heard;
  /// nil: nothing was. Neither allocates nor locks.
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
