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
  /// `steps` outside 1…maximum.
  case stepsOutOfRange(Int, maximum: Int)
  /// `maximumSteps` outside 1…maximum.
  case maximumStepsOutOfRange(Int, maximum: Int)
  /// `guidance` outside 0…10 or not a number.
  case guidanceOutOfRange(Float)
  /// η of the few-step sampler outside 0…1.
  case etaOutOfRange(Float)
  /// The corrector's signal-to-noise ratio outside 0…1 (0 excluded).
  case correctorOutOfRange(Float)
  /// The attenuation limit outside 0…200 dB.
  case attenuationLimitOutOfRange(Float)
  /// `mix` outside 0…1.
  case mixOutOfRange(Float)
  /// `referenceLength` outside 0.25…2 s.
  case referenceLengthOutOfRange(Float)
  /// `startLevel` outside −75…10 dB.
  case startLevelOutOfRange(Float)
  /// `resamplerQuality` outside 0…10.
  case resamplerQualityOutOfRange(Int)
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
    case .stepsOutOfRange(let steps, let maximum):
      "\(steps) steps cannot be run; give 1 to \(maximum)"
    case .maximumStepsOutOfRange(let steps, let maximum):
      "room for \(steps) steps cannot be made; give 1 to \(maximum)"
    case .guidanceOutOfRange(let weight):
      "the guidance weight \(weight) is out of range; give 0 to 10 (1 is no guidance)"
    case .etaOutOfRange(let eta):
      "the sampler's eta \(eta) is out of range; give 0 (deterministic) to 1"
    case .correctorOutOfRange(let ratio):
      "the corrector's signal-to-noise ratio \(ratio) is out of range; give more than 0 and at most 1"
    case .attenuationLimitOutOfRange(let limit):
      "the attenuation limit \(limit) dB is out of range; give 0 to 200 dB, or none"
    case .mixOutOfRange(let mix):
      "the mix \(mix) is out of range; give 0 (the input) to 1 (the enhanced signal)"
    case .referenceLengthOutOfRange(let seconds):
      "the reference length \(seconds) s is out of range; give 0.25 to 2 s"
    case .startLevelOutOfRange(let level):
      "the start level \(level) dB is out of range; give -75 to 10 dB"
    case .resamplerQualityOutOfRange(let quality):
      "the resampler quality \(quality) is out of range; give 0 to 10"
    case .noLearnedTokens(let model):
      "the model '\(model)' cannot remove what was learned; choose one that can, such as wide"
    case .fixedWhileRunning(let setting):
      "'\(setting)' cannot change while the enhancer runs; make a new one"
    }
  }
}
