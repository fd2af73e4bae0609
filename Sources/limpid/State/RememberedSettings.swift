import Enhancement
import SignalProcessing

/// What a run leaves for the next one with the same device: its preset, and every setting that can change while it runs.
struct RememberedSettings: Equatable {
  var preset: String
  /// Of these, what may change while an enhancer runs; the rest is the preset's.
  var settings: EnhancementSettings
  /// Kept beside the file, not in it; only where the noise reference was frozen.
  var profile: NoiseProfile?
  /// What was learned live; kept beside the file, too.
  var learned: LearnedNoise?
  /// What else is removed: names of `ProfileStore`.
  var removed: [String] = []
  /// Keys that a file of an older version has no line for: the plan's own values stay.
  private var missing: Set<String> = []

  private static var kept: [EnhancementSetting] { EnhancementSetting.all.filter(\.changesWhileRunning) }

  /// - Parameter profile: the frozen noise reference; nil: it followed the room.
  init(
    preset: String, settings: EnhancementSettings, profile: NoiseProfile?, learned: LearnedNoise? = nil,
    removed: [String] = []
  ) {
    self.preset = preset
    self.settings = settings
    self.profile = profile
    self.learned = learned
    self.removed = removed
  }

  /// No settings: the plan's own values stay.
  static var withoutSettings: RememberedSettings {
    var none = RememberedSettings(preset: SoundOptions.standardPreset, settings: EnhancementSettings(), profile: nil)
    none.missing = Set(kept.map(\.key))
    return none
  }

  static func == (a: RememberedSettings, b: RememberedSettings) -> Bool {
    a.preset == b.preset && a.profile == b.profile && a.learned == b.learned && a.removed == b.removed
      && kept.allSatisfy { $0.text(of: a.settings) == $0.text(of: b.settings) }
  }

  /// Lays these settings over those of preset and command line, as far as the command line leaves it open.
  ///
  /// - Parameters:
  ///   - given: what stands on the command line. A preset named there brings its own values.
  ///   - plan: changed in place; what it cannot use is its `unused`.
  ///   - profile: gives what was learned under a name.
  ///   - remark: gets a sentence for each name that is not removed any more.
  /// - Returns: what was used and differs from the plan: "limit 12.0 dB", "bypass on"…
  /// - Throws: `EnhancementError` where a value does not fit the plan.
  func apply(
    to plan: inout LivePlan, given: SoundOptions, profile load: (String) throws -> LearnedNoise,
    remark: (String) -> Void
  ) throws -> [String] {
    var used: [String] = []
    if given.preset == nil, preset != SoundOptions.standardPreset { used.append("preset \(preset)") }
    for setting in Self.kept
    where !missing.contains(setting.key)
      && (!setting.isPresetKey || given.preset == nil && given.settings.given[setting.key] == nil)
    {
      guard let text = setting.text(of: settings), text != setting.text(of: plan.settings) else { continue }
      // A model of one network leaves no choice.
      if setting.key == "networks", plan.model?.secondName == nil {
        plan.unused.settings[setting.key] = text
        continue
      }
      var next = plan.settings
      try setting.set(text, in: &next)
      // A model of fewer steps than the last run's keeps the preset's.
      if setting.countsSteps, (try? next.validate(for: plan.model)) == nil {
        plan.unused.settings[setting.key] = text
        continue
      }
      plan.settings = next
      used.append(setting.said(text))
    }
    if let profile, plan.options.noiseProfile == nil {
      if plan.settings.method == .score, (try? profile.check(for: plan.model?.frameFormat ?? .standard)) != nil {
        plan.options.noiseProfile = profile
        plan.options.freezesNoiseReference = true
        used.append("the noise kept then")
      } else {
        plan.unused.parts.insert(.profile)
      }
    }
    if let learned {
      if let model = plan.model, model.hearsLearnedNoise, model.hears(learned) {
        plan.options.learnedLive = learned
        used.append("what was learned then is removed")
      } else {
        plan.unused.parts.insert(.learned)
      }
    }
    if given.remove.isEmpty { used += applyNames(to: &plan, load, remark) }
    return used
  }

  /// The names, as `apply` says.
  private func applyNames(
    to plan: inout LivePlan, _ load: (String) throws -> LearnedNoise, _ remark: (String) -> Void
  ) -> [String] {
    for name in removed {
      guard let model = plan.model, model.hearsLearnedNoise else {
        plan.unused.names.append(name)
        continue
      }
      do {
        let noise = try load(name)
        if model.hears(noise) {
          plan.options.learned.append(noise)
          plan.options.learnedNames.append(name)
        } else {
          plan.unused.names.append(name)
          remark("'\(name)' is not removed as in the last run: this model hears nothing in it")
        }
      } catch { remark("'\(name)' is no longer removed as in the last run: \(Failure(error).sentence)") }
    }
    if !plan.unused.names.isEmpty { plan.unused.parts.insert(.names) }
    let names = plan.options.learnedNames
    return names.isEmpty ? [] : ["\(names.joined(separator: " and ")) removed"]
  }
}

/// As JSON: `{"preset":"live","bypass":false,"attenuationLimit":12,"mix":1,"guidance":1,"steps":1}`. What may be "none" is
/// then left out. A setting that came after the file was written is not in it. `"removed":["tv"]` where names are removed.
extension RememberedSettings: Codable {
  private struct Key: CodingKey {
    static let preset = Key(stringValue: "preset")
    static let removed = Key(stringValue: "removed")
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    /// "attenuation-limit" is "attenuationLimit" here.
    init(_ setting: EnhancementSetting) {
      let words = setting.key.split(separator: "-")
      stringValue = words[0] + words.dropFirst().map(\.capitalized).joined()
    }
  }

  /// - Throws: also what the enhancer would say of a value that it does not take.
  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    preset = try values.decode(String.self, forKey: .preset)
    settings = EnhancementSettings()
    for setting in Self.kept {
      let key = Key(setting)
      let text: String
      if !setting.isOptional, !values.contains(key) {
        missing.insert(setting.key)
        continue
      }
      if setting.isOptional, try !values.contains(key) || values.decodeNil(forKey: key) {
        text = "none"
      } else {
        switch setting.form {
        case .choice: text = try values.decode(String.self, forKey: key)
        case .integer: text = "\(try values.decode(Int.self, forKey: key))"
        case .natural: text = "\(try values.decode(UInt64.self, forKey: key))"
        case .number: text = "\(try values.decode(Float.self, forKey: key))"
        case .flag: text = "\(try values.decode(Bool.self, forKey: key))"
        }
      }
      try setting.set(text, in: &settings)
    }
    removed = try values.decodeIfPresent([String].self, forKey: .removed) ?? []
    try settings.checkRanges()
    if preset.isEmpty { throw DecodingError.dataCorruptedError(forKey: .preset, in: values, debugDescription: "empty") }
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(preset, forKey: .preset)
    if !removed.isEmpty { try values.encode(removed, forKey: .removed) }
    for setting in Self.kept {
      guard let text = setting.text(of: settings), !(setting.isOptional && text == "none") else { continue }
      switch setting.form {
      case .choice: try values.encode(text, forKey: Key(setting))
      case .integer: try values.encode(Int(text), forKey: Key(setting))
      case .natural: try values.encode(UInt64(text), forKey: Key(setting))
      case .number: try values.encode(Float(text), forKey: Key(setting))
      case .flag: try values.encode(Bool(text), forKey: Key(setting))
      }
    }
  }
}
