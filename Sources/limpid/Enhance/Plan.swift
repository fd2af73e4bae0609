import Enhancement

/// Everything that is the same for all files of a command.
struct Plan: Sendable {
  let preset: String
  let settings: EnhancementSettings
  /// One network, or two of which the mean is heard.
  let model: EnhancementModel?
  /// As it was asked for; the model has what came of it.
  var precision = PrecisionChoice.auto
  /// Seconds of a file's beginning that are heard before it is enhanced.
  var warmUp: Float
  /// Noise reference to start from and keep; nil: learn from the recording.
  let profile: NoiseProfile?
  let profileToSave: String?
  /// Sounds that are to be removed, and what the model makes of them; nil: none.
  var learned: [LearnedNoise] = []
  /// What the user called them.
  var learnedNames: [String] = []
  var removed: LearnedTokens?
  /// The network of the way back; nil: recordings are heard as they come alone.
  var backward: EnhancementModel?
  /// What it makes of the learned sounds.
  var removedBackward: LearnedTokens?
  /// Not the whole of a recording, or joined of its spans; nil: the whole.
  var spans: SpanWork?

  /// What is wrong with so many seconds, for presets and the command line; nil: nothing.
  static func fault(ofWarmUp seconds: Float) -> String? {
    (0...10).contains(seconds) ? nil : "is out of range; give 0 to 10 seconds"
  }
}
