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
    help: """
      A preset's name or file; see limpid presets. (default: \(standardPreset); of files with limpid enhance: \(filePreset))
      """, completion: .presets)
  var preset: String?

  @Option(
    help: "wide, light, or a weights file, instead of the preset's.", completion: .weights(or: ModelStore.names))
  var model: String?

  @Option(
    help: """
      A second network, of which and the first the mean is heard: wide, light, or a weights file; none: the first alone, in a \
      quarter of the time (limpid enhance: a sixth, as files are then not heard from their end). (default: the preset's, unless --model names one)
      """,
    completion: .weights(or: ModelStore.names + ["none"]))
  var secondModel: String?

  @OptionGroup var settings: SettingOptions

  @Option(
    help: "float32, bfloat16, or auto: what this processor multiplies faster in. (default: the preset's, or auto)",
    completion: .list(PrecisionChoice.allCases.map(\.rawValue)))
  var precision: String?

  @Option(help: "Start from a saved noise reference and keep it.", completion: .file())
  var noiseProfile: String?

  @Option(help: "Save the noise reference heard by the end.", completion: .file())
  var saveNoiseProfile: String?

  @Option(
    help: "Remove this, voice or not: what limpid learn was taught, by name, or a recording of it. Several times: all.",
    completion: .learned)
  var remove: [String] = []

  func validate() throws {
    guard ![preset, model, secondModel, noiseProfile, saveNoiseProfile].contains(""), !remove.contains("") else {
      throw ValidationError("a name is empty; is a variable of your shell not set?")
    }
  }

  /// The files that are read for these options. What is none of them is left out: `plan` says so.
  ///
  /// - Parameter standard: the preset where none is named.
  func filesRead(standard: String) -> [String] {
    let preset = try? PresetStore.preset(preset ?? standard)
    var files = [preset?.path, noiseProfile]
    files.append(model == nil ? preset?.model : Self.weights(model))
    files.append(secondModel == nil && model == nil ? preset?.secondModel : Self.weights(secondModel))
    return files.compactMap(\.self) + remove.map { LearnedSound.isFile($0) ? $0 : ProfileStore.path($0) }
  }

  private static func weights(_ name: String?) -> String? {
    guard let name, name != "none" else { return nil }
    return try? ModelStore.path(name)
  }

  /// The preset with the options laid over it, the model loaded.
  ///
  /// - Parameters:
  ///   - standard: the preset where none is named.
  ///   - learnsLater: whether something may be learned or forgotten while it runs. Else a network that hears nothing of what is always
  ///     to be removed is left out from the start: it would never be heard.
  func plan(standard: String = standardPreset, learnsLater: Bool = true) throws -> Plan {
    let preset = try PresetStore.preset(preset ?? standard)
    var settings = preset.settings
    try self.settings.apply(to: &settings)
    let precision: PrecisionChoice = try precision.map { try Self.choice($0, "--precision") } ?? preset.precision
    if settings.method == .wiener, noiseProfile != nil {
      throw Failure(.usage, "the method wiener takes no noise profile; remove --noise-profile")
    }
    if let saveNoiseProfile { try Self.checkFolder(of: saveNoiseProfile) }
    if settings.method == .wiener, let secondModel, secondModel != "none" {
      throw Failure(.usage, "the method wiener runs no network; leave --second-model or --method wiener out")
    }
    var model = settings.method == .score ? try loadedModel(preset, precision.precision) : nil
    do throws(EnhancementError) { try settings.validate(for: model) } catch {
      // A number of steps that the preset names for its own model.
      if self.model == nil, secondModel == nil, let model, Self.fault(of: preset.settings, for: model) == error {
        throw Failure(.configuration, "\(preset.path): \(error)")
      }
      throw error
    }
    let profile = try noiseProfile.map { try NoiseProfile(path: $0) }
    if let model { try profile?.check(for: model.frameFormat) }
    if settings.method == .wiener, !remove.isEmpty {
      throw Failure(.usage, "the method wiener removes nothing that was learned; leave --remove or --method wiener out")
    }
    let learned = try remove.map { try LearnedSound.named($0) }
    if let model, let unheard = zip(remove, learned).first(where: { !model.hears($0.1) }) {
      throw Failure(
        .badInput,
        "\(unheard.0): this model hears nothing in it; learn a longer or a lower sound, or choose another --model")
    }
    if !learned.isEmpty, !learnsLater, settings.learnedVoices == .always { model = model?.learning ?? model }
    let plan = Plan(
      preset: preset.name, settings: settings, model: model, precision: precision, warmUp: preset.warmUp,
      profile: profile, profileToSave: saveNoiseProfile, learned: learned, learnedNames: remove,
      removed: try model?.learnedTokens(learned))
    sayWithoutEffect(in: plan)
    return plan
  }

  private static func fault(of settings: EnhancementSettings, for model: EnhancementModel) -> EnhancementError? {
    do throws(EnhancementError) { try settings.validate(for: model) } catch { return error }
    return nil
  }

  /// Says which of the options that were given, not of the preset's, the model makes nothing of.
  private func sayWithoutEffect(in plan: Plan) {
    guard let model = plan.model else { return }
    if let secondModel, model.secondPath == model.path {
      Terminal.complain(
        "note",
        "--second-model \(secondModel) is the network that is heard already, and takes its time again; "
          + "give another, or none")
    }
    if settings.given["passes"] != nil, plan.settings.passes == 2, model.frameFormat.runs(2) == 1 {
      let hop = model.frameFormat.hopLength
      Terminal.complain(
        "note", "--passes 2 has no effect: the model's hop of \(hop) samples has no half; there is one pass")
    }
    if settings.given["learned-voices"] != nil, plan.settings.learnedVoices == .heard, !model.tellsVoicesApart {
      Terminal.complain(
        "note",
        "--learned-voices heard has no effect: the model '\(model.fullName)' does not tell voices apart; what was learned is "
          + "always removed")
    }
  }

  /// The preset's model or the one named, with a second network where there is to be one.
  private func loadedModel(_ preset: Preset, _ precision: EnhancementModel.Precision) throws -> EnhancementModel {
    let path = try model.map { try ModelStore.path($0) } ?? preset.model ?? ModelStore.path(ModelStore.standard)
    let first = try EnhancementModel.opened(path, precision, hearsBackwards: false)
    let secondPath: String? =
      switch secondModel {
      case "none": nil
      case let name?: try ModelStore.path(name)
      case nil: model == nil ? preset.secondModel : nil
      }
    guard let secondPath else { return first }
    return try EnhancementModel(mean: first, try EnhancementModel.opened(secondPath, precision, hearsBackwards: false))
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
