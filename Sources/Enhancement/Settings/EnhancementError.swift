/// Why an enhancer could not be made, or a change of its settings not be taken.
public enum EnhancementError: Error, Equatable, Sendable {
  /// A sample rate outside 8000…192000 Hz, or one that the resampler refuses.
  case unsupportedSampleRate(Int)
  /// A channel count outside 1…32.
  case unsupportedChannelCount(Int)
  /// `granularity` is not from 1 to 2^20.
  case unsupportedBlock(Int)
  /// The method `score` without a model.
  case modelRequired
  /// A key that no setting has.
  case unknownSetting(key: String)
  /// A text that is no value of a setting; `fault` says what one is.
  case notAValue(setting: String, text: String, fault: String)
  /// A setting out of its range, in the words of its declaration.
  case outOfRange(setting: String, sentence: String)
  /// A setting that only another sampler has.
  case otherSampler(setting: String, sampler: String)
  /// The model has no tokens for noise that was learned.
  case noLearnedTokens(model: String)
  /// A setting that only a new enhancer can take was changed.
  case fixedWhileRunning(setting: String)
}

extension EnhancementError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unsupportedSampleRate(let rate):
      "the sample rate \(rate) Hz is not supported; rates from 8000 to 192000 Hz are"
    case .unsupportedChannelCount(let count):
      "\(count) channels are not supported; 1 to 32 are"
    case .unsupportedBlock(let size):
      "blocks of \(size) samples are not supported; give 1 to \(1 << 20)"
    case .modelRequired:
      "the method 'score' needs a model; give a weights file, or choose the method 'wiener'"
    case .unknownSetting(let key):
      "'\(key)' is not a setting; the settings are \(EnhancementSetting.all.map(\.key).joined(separator: ", "))"
    case .notAValue(let setting, let text, let fault): "\(setting) '\(text)' \(fault)"
    case .outOfRange(_, let sentence): sentence
    case .otherSampler(let setting, let sampler):
      "'\(setting)' belongs to the sampler \(sampler); remove it, or choose that sampler"
    case .noLearnedTokens(let model):
      "the model '\(model)' cannot remove what was learned; choose one that can, such as wide"
    case .fixedWhileRunning(let setting):
      "'\(setting)' cannot change while the enhancer runs; make a new one"
    }
  }
}
