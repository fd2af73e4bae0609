import CLimpid
import Enhancement
import Realtime

/// What was wished of an enhancer, before and while it runs: the settings of Enhancement's table, and how to treat time.
struct Wishes {
  private(set) var settings = EnhancementSettings()
  private var live = LiveOptions()
  /// Streams and the live engine have a quality each by themselves, as long as nobody wishes one.
  private var wishesQuality = false

  /// The options of a stream in real time.
  var liveOptions: LiveOptions {
    var options = live
    if wishesQuality { options.resamplerQuality = settings.resamplerQuality }
    return options
  }

  /// Lays one setting over these; nothing has changed after an error.
  ///
  /// - Parameter model: says how many steps there may be; nil: none will be run.
  /// - Throws: `EnhancementError`, `LIMPID_UNKNOWN_KEY`, `LIMPID_BAD_VALUE`.
  mutating func set(_ key: String, to text: String, model: EnhancementModel?) throws {
    switch key {
    case "allowance":
      guard let seconds = Double(text), (0...1).contains(seconds) else {
        throw Failure(LIMPID_BAD_VALUE, "an allowance of '\(text)' is out of range; give 0 to 1 s")
      }
      live.allowance = seconds
    case "adaptive-steps":
      guard let isOn = Bool(text) else {
        throw Failure(LIMPID_BAD_VALUE, "adaptive-steps '\(text)' is not known; give true or false")
      }
      live.adaptsSteps = isOn
    default:
      var next = settings
      do { try next.set(key: key, text: text) } catch EnhancementError.unknownSetting(let key) {
        throw Failure(
          LIMPID_UNKNOWN_KEY,
          "'\(key)' is not a setting; the settings are \(Self.keys.joined(separator: ", "))")
      }
      try next.validate(for: model)
      settings = next
      if key == "resampler-quality" { wishesQuality = true }
      if key == "passes" { settings.secondPass = .whole }
    }
  }

  /// One of the controls that are numbers, without allocating; false where the value is no number.
  mutating func adjust(_ control: limpid_control, to value: Float) -> Bool {
    guard !value.isNaN else { return false }
    switch control {
    // The ranges are looked at here, as the sentence of a refusal would be allocated.
    case LIMPID_ATTENUATION_LIMIT:
      guard value == .infinity || (0...200).contains(value) else { return false }
      settings.attenuationLimitInDecibels = value == .infinity ? nil : value
    case LIMPID_MIX:
      guard (0...1).contains(value) else { return false }
      settings.mix = value
    case LIMPID_BYPASS: settings.bypass = value > 0
    case LIMPID_NETWORKS:
      switch value {
      case 0: settings.networks = .first
      case 1: settings.networks = .second
      case 2: settings.networks = .both
      default: return false
      }
    case LIMPID_PASSES:
      guard value == 1 || (value == 2 && settings.passes == 2) else { return false }
      settings.secondPass = value < Float(settings.passes) ? .none : .whole
    default: return false
    }
    return true
  }

  /// A number as the text that `set` takes.
  static func text(_ number: Double, for key: String) -> String {
    let isFlag = key == "adaptive-steps" || EnhancementSetting.all.contains { $0.key == key && $0.form == .flag }
    if isFlag, number == 0 || number == 1 { return number == 1 ? "true" : "false" }
    // Whole numbers without a point, as whole settings want them.
    if let whole = UInt64(exactly: number) { return "\(whole)" }
    return "\(number)"
  }

  private static var keys: [String] { EnhancementSetting.all.map(\.key) + ["allowance", "adaptive-steps"] }
}
