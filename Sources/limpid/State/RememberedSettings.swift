import Enhancement

/// What a run leaves for the next one with the same device.
struct RememberedSettings: Codable, Equatable {
  var preset: String
  var bypass: Bool
  var attenuationLimit: Float?
  var mix: Float
  var guidance: Float
  var steps: Int
  /// Kept beside the file, not in it; only where the noise reference was frozen.
  var profile: NoiseProfile?
  /// What was learned live; kept beside the file, too.
  var learned: LearnedNoise?

  private enum CodingKeys: CodingKey { case preset, bypass, attenuationLimit, mix, guidance, steps }

  /// - Parameter profile: the frozen noise reference; nil: it followed the room.
  init(preset: String, settings: EnhancementSettings, profile: NoiseProfile?, learned: LearnedNoise? = nil) {
    self.preset = preset
    bypass = settings.bypass
    attenuationLimit = settings.attenuationLimitInDecibels
    mix = settings.mix
    guidance = settings.guidance
    steps = settings.steps
    self.profile = profile
    self.learned = learned
  }

  /// Whether every value is one that the enhancer takes.
  var isUsable: Bool {
    var settings = EnhancementSettings()
    settings.attenuationLimitInDecibels = attenuationLimit
    settings.mix = mix
    settings.guidance = guidance
    settings.steps = steps
    return !preset.isEmpty && (try? settings.validate()) != nil
  }

  /// Lays these settings over those of preset and command line, as far as the command line leaves it open.
  ///
  /// - Parameters:
  ///   - given: what stands on the command line. A preset named there brings its own values.
  ///   - plan: changed in place.
  /// - Returns: what was used and differs from the plan: "limit 12.0 dB", "bypass on"…
  func apply(to plan: inout LivePlan, given: SoundOptions) -> [String] {
    var used: [String] = []
    if given.preset == nil, preset != SoundOptions.standardPreset { used.append("preset \(preset)") }
    if bypass, !plan.settings.bypass {
      plan.settings.bypass = true
      used.append("bypass on")
    }
    if given.preset == nil {
      if given.attenuationLimit == nil, attenuationLimit != plan.settings.attenuationLimitInDecibels {
        plan.settings.attenuationLimitInDecibels = attenuationLimit
        used.append(attenuationLimit.map { "limit \($0) dB" } ?? "no limit")
      }
      if given.mix == nil, mix != plan.settings.mix {
        plan.settings.mix = mix
        used.append("mix \(mix)")
      }
      if given.guidance == nil, guidance != plan.settings.guidance {
        plan.settings.guidance = guidance
        used.append("guidance \(guidance)")
      }
      if given.steps == nil, steps != plan.settings.steps {
        plan.settings.steps = steps
        used.append("\(steps) step\(steps == 1 ? "" : "s")")
      }
    }
    if let profile, plan.options.noiseProfile == nil, plan.settings.method == .score {
      plan.options.noiseProfile = profile
      plan.options.freezesNoiseReference = true
      used.append("the noise kept then")
    }
    if let learned, plan.model?.hearsLearnedNoise == true {
      plan.options.learnedLive = learned
      used.append("what was learned then is removed")
    }
    return used
  }
}
