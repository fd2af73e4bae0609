import Diffusion
import Ground
import ScoreModel
import SignalProcessing

// What was learned, and when the network is told of it.
extension FrameEnhancer where Predictor: ~Copyable {
  mutating func setLearnedTokens(_ tokens: LearnedTokens?) {
    guard let tokens else { return setLearned(nil, voices: nil, voiceCount: 0) }
    tokens.values.withUnsafeBufferPointer { values in
      guard let voices = tokens.voices else { return setLearned(values.baseAddress, voices: nil, voiceCount: 0) }
      voices.withUnsafeBufferPointer {
        setLearned(values.baseAddress, voices: $0.baseAddress, voiceCount: $0.count / learned.voiceSize)
      }
    }
  }

  /// - Parameters:
  ///   - values: (tokens, dimension), copied; nil: nothing was learned.
  ///   - voices: (voiceCount, `LearnedCondition.voiceSize`), copied; nil: it is removed all the time.
  mutating func setLearned(_ values: UnsafePointer<Float>?, voices: UnsafePointer<Float>?, voiceCount: Int) {
    guard sampler != nil else { return }
    learned.set(values, voices: voices, voiceCount: voiceCount)
    conditionOnLearned(values)
  }

  /// Hears whether a learned voice speaks, and tells the network where that changes. Before the frame's first step.
  ///
  /// - Parameter compressed: (modelBinCount, 2), the noisy spectrum.
  mutating func followLearned(_ compressed: UnsafePointer<Float>) {
    if learned.hearsVoices {
      Spectrum.magnitude(compressed, count: modelBinCount, into: magnitudes.base)
      if learned.hear(magnitudes.base) { conditionOnLearned() }
    }
    if learned.isInForce { counts.removingFrames += 1 }
  }

  /// Nothing was heard yet; what was learned stays.
  mutating func resetLearned() {
    learned.reset()
    if learned.hearsVoices && sampler != nil { conditionOnLearned() }
  }

  /// Linked channels: a voice that is heard in one of them is removed from all.
  mutating func shareLearned(_ isHeardAnywhere: Bool) {
    if learned.share(isHeardAnywhere) { conditionOnLearned() }
  }

  private mutating func conditionOnLearned() { conditionOnLearned(learned.tokens.base) }

  /// Tells all passes' networks of these tokens, while they are in force.
  private mutating func conditionOnLearned(_ tokens: UnsafePointer<Float>?) {
    let tokens = learned.isInForce ? tokens : nil
    sampler!.predictor.setLearnedTokens(tokens)
    if second != nil { second!.sampler.predictor.setLearnedTokens(tokens) }
  }
}
