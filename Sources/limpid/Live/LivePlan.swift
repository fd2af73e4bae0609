import Enhancement
import Foundation
import Realtime

/// Everything that a live run needs to know before it has a device.
struct LivePlan {
  /// Its name, or its file's absolute path.
  let preset: String
  let model: EnhancementModel?
  var settings: EnhancementSettings
  var options: LiveOptions
  /// What of the last run it cannot use.
  var unused = UnusedSettings()
}

extension LivePlan {
  /// Preset, then what the last run left, then the command line: the later wins.
  ///
  /// - Parameters:
  ///   - remembered: what the last run left; nil: nothing, or it is not wanted.
  ///   - remark: gets a line that says what of it is used, if anything.
  ///   - profile: gives what was learned under a name, for those that the last run removed.
  /// - Throws: `Failure` and other modules' errors for options that do not fit.
  init(
    _ arguments: LiveArguments, remembered: RememberedSettings? = nil, remark: (String) -> Void = { _ in },
    profile: (String) throws -> LearnedNoise = ProfileStore.load
  ) throws {
    var remembered = remembered
    var sound = arguments.sound
    let plan: Plan
    do {
      if sound.preset == nil { sound.preset = remembered?.preset }
      plan = try sound.plan()
    } catch  where sound.preset != arguments.sound.preset {
      // Not the user's mistake, unless it fails without the last run's preset, too.
      sound.preset = nil
      plan = try sound.plan()
      remark("the last run's preset is not used: \(Failure(error).sentence)")
      remembered?.preset = SoundOptions.standardPreset
    }
    preset = Self.lasting(sound.preset ?? SoundOptions.standardPreset)
    model = plan.model
    settings = plan.settings
    options = arguments.options
    options.noiseProfile = plan.profile
    options.learned = plan.learned
    options.learnedNames = sound.remove
    options.freezesNoiseReference = plan.profile != nil
    if let remembered {
      if let profile = remembered.profile, let model, options.noiseProfile == nil {
        do { try profile.check(for: model.frameFormat) } catch {
          remark("the noise of the last run is not used: \(error)")
        }
      }
      let used = try remembered.apply(to: &self, given: arguments.sound, profile: profile, remark: remark)
      if !used.isEmpty { remark("as in the last run: \(used.joined(separator: ", ")); --fresh begins anew") }
    }
    try settings.validate(for: model)
  }

  /// A preset's name, or its file's path as it can be found from any folder.
  private static func lasting(_ preset: String) -> String {
    preset.contains("/") || preset.hasSuffix(".toml") ? URL(fileURLWithPath: preset).path : preset
  }
}
