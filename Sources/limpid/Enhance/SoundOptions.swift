import ArgumentParser
import AudioFiles
import Enhancement
import Foundation
import SignalProcessing

/// The options that choose preset, model and settings.
struct SoundOptions: ParsableArguments {
  static let standardPreset = "live"
  /// What files are enhanced with.
  static let filePreset = "quality"

  @Option(
    name: .shortAndLong,
    help: "A preset's name or file; see limpid presets. (default: \(filePreset) for files, else \(standardPreset))")
  var preset: String?

  @Option(
    help: "wide, light, or a weights file, instead of the preset's.", completion: .file(extensions: ["safetensors"]))
  var model: String?

  @OptionGroup var settings: SettingOptions

  @Option(help: "float32, or bfloat16: faster, on processors with AVX512_BF16.")
  var precision: String?

  @Option(help: "Start from a saved noise reference and keep it.", completion: .file())
  var noiseProfile: String?

  @Option(help: "Save the noise reference heard by the end.")
  var saveNoiseProfile: String?

  @Option(
    help: "Remove this, voice or not: what limpid learn was taught, by name, or a recording of it. Several times: all.",
    completion: .file())
  var remove: [String] = []

  /// Which second network there is to be.
  enum SecondNetwork {
    /// None: for what is live.
    case never
    /// The preset's, unless a model is named.
    case ofPreset
    /// This one; "none": none.
    case named(String)
  }

  /// The preset with the options laid over it, the models loaded.
  ///
  /// - Parameters:
  ///   - standard: the preset where none is named.
  ///   - wish: for a second network.
  func plan(standard: String = standardPreset, second wish: SecondNetwork = .never) throws -> Plan {
    let preset = try PresetStore.preset(preset ?? standard)
    var settings = preset.settings
    try self.settings.apply(to: &settings)
    let precision = try precision.map { try Self.choice($0, "--precision") } ?? preset.precision
    if settings.method == .wiener, noiseProfile != nil {
      throw Failure(.usage, "the method wiener takes no noise profile; remove --noise-profile")
    }
    if let saveNoiseProfile { try Self.checkFolder(of: saveNoiseProfile) }
    var loaded: EnhancementModel?
    var second: EnhancementModel?
    if settings.method == .score {
      let path = try model.map { try ModelStore.path($0) } ?? preset.model ?? ModelStore.path(ModelStore.standard)
      loaded = try EnhancementModel(path: path, precision: precision)
      if let path = try secondPath(preset, wish) { second = try EnhancementModel(path: path, precision: precision) }
    } else if case .named(let name) = wish, name != "none" {
      throw Failure(.usage, "the method wiener runs no network; leave --second-model or --method wiener out")
    }
    try settings.validate(for: loaded)
    try settings.validate(for: second ?? loaded)
    let profile = try noiseProfile.map { try NoiseProfile(path: $0) }
    for model in [loaded, second].compactMap(\.self) { try profile?.check(for: model.frameFormat) }
    if settings.method == .wiener, !remove.isEmpty {
      throw Failure(.usage, "the method wiener removes nothing that was learned; leave --remove or --method wiener out")
    }
    let learned = try remove.map { try LearnedSound.named($0) }
    // What was learned maybe only the second can remove.
    var removed = second == nil ? nil : try? loaded?.learnedTokens(learned)
    if removed == nil, !learned.isEmpty {
      loaded = second ?? loaded
      removed = try loaded?.learnedTokens(learned)
    }
    // Half of what is to be removed would be left by a network that does not hear of it.
    if removed != nil { second = nil }
    return Plan(
      preset: preset.name, settings: settings, model: loaded, secondModel: second, warmUp: preset.warmUp,
      profile: profile, profileToSave: saveNoiseProfile, learned: learned, learnedNames: remove, removed: removed)
  }

  /// The second network's file; nil: there is none.
  private func secondPath(_ preset: Preset, _ wish: SecondNetwork) throws -> String? {
    switch wish {
    case .never, .named("none"): nil
    case .named(let name): try ModelStore.path(name)
    case .ofPreset: model == nil ? preset.secondModel : nil
    }
  }

  /// Before an hour of sound, not after it.
  private static func checkFolder(of profile: String) throws {
    let folder = FileName.folder(profile)
    guard FileName.withCString(folder, { access($0, W_OK) }) == 0, Files.isFolder(folder) else {
      throw Failure(
        .cannotCreate, "\(folder): no folder that can be written to; make it, or name another --save-noise-profile")
    }
  }

  static func choice<Choice: RawRepresentable & CaseIterable>(_ text: String, _ option: String) throws
    -> Choice
  where Choice.RawValue == String {
    guard let value = Choice(rawValue: text) else {
      let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "\(option) '\(text)' is not known; give one of \(all)")
    }
    return value
  }
}
