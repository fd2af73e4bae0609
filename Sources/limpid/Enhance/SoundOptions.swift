import ArgumentParser
import Diffusion
import Enhancement
import Foundation

/// The options that choose settings and model; each has a preset's key of the same name.
///
/// Numbers are parsed unconditionally: -1 is a number out of range, not an option that nobody knows.
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

  @Option(help: "score: the diffusion model; wiener: a classic spectral filter, for comparison.")
  var method: String?

  @Option(parsing: .unconditional, help: "Reverse diffusion steps per frame, 1 to 8.")
  var steps: Int?

  // The second name is SGMSE+'s descendants' and the experiments'.
  @Option(
    name: [.customLong("guidance"), .customLong("cfg_scale")], parsing: .unconditional,
    help: "Weight of classifier-free guidance, 0 to 10; 1 is none, others double the work.")
  var guidance: Float?

  @Option(help: "few-step, reverse-diffusion, predictor-corrector or probability-flow.")
  var sampler: String?

  @Option(parsing: .unconditional, help: "Randomness of the sampler few-step, 0 to 1.")
  var eta: Float?

  @Option(parsing: .unconditional, help: "Take noise down by at most this many dB.")
  var attenuationLimit: Float?

  @Option(parsing: .unconditional, help: "0 is the input, 1 the enhanced signal; both are aligned in time.")
  var mix: Float?

  @Option(help: "Names the sampler's noise: the same seed gives the same bits.")
  var seed: UInt64?

  @Option(help: "How noise is told from speech: spp (speech presence) or residual.")
  var noiseSelection: String?

  @Option(parsing: .unconditional, help: "Seconds of noise that the rolling reference holds, 0.25 to 2.")
  var referenceLength: Float?

  @Option(help: "float32, or bfloat16: faster, on processors with AVX512_BF16.")
  var precision: String?

  @Option(help: "full keeps and denoises what is above 8 kHz, wide leaves it out.")
  var band: String?

  @Flag(name: .long, help: "Enhance every channel by itself: for channels that are no stereo image.")
  var independentChannels = false

  @Option(help: "Start from a saved noise reference and keep it.", completion: .file())
  var noiseProfile: String?

  @Option(help: "Save the noise reference heard by the end.")
  var saveNoiseProfile: String?

  @Option(
    help: "Remove this, voice or not: what limpid learn was taught, by name, or a recording of it. Several times: all.",
    completion: .file())
  var remove: [String] = []

  /// The preset with the options laid over it, the model loaded.
  ///
  /// - Parameter standard: the preset where none is named.
  func plan(standard: String = standardPreset) throws -> Plan {
    let preset = try PresetStore.preset(preset ?? standard)
    var settings = preset.settings
    if let method { settings.method = try Self.choice(method, "--method") }
    if let steps { settings.steps = steps }
    if let guidance { settings.guidance = guidance }
    if let attenuationLimit { settings.attenuationLimitInDecibels = attenuationLimit }
    if let mix { settings.mix = mix }
    if let seed { settings.seed = seed }
    if let noiseSelection { settings.noiseSelection = try Self.choice(noiseSelection, "--noise-selection") }
    if let referenceLength { settings.referenceLength = referenceLength }
    if let band { settings.band = try Self.choice(band, "--band") }
    if independentChannels { settings.linksChannels = false }
    if sampler != nil || eta != nil { settings.sampler = try samplerKind(over: settings.sampler) }
    let precision = try precision.map { try Self.choice($0, "--precision") } ?? preset.precision
    try settings.validate()
    if settings.method == .wiener, noiseProfile != nil {
      throw Failure(.usage, "the method wiener takes no noise profile; remove --noise-profile")
    }
    if let saveNoiseProfile { try Self.checkFolder(of: saveNoiseProfile) }
    var loaded: EnhancementModel?
    if settings.method == .score {
      guard let path = try model.map({ try ModelStore.path($0) }) ?? preset.model else {
        throw Failure(.usage, "the preset '\(preset.name)' names no model; give one with --model")
      }
      loaded = try EnhancementModel(path: path, precision: precision)
    }
    if settings.method == .wiener, !remove.isEmpty {
      throw Failure(.usage, "the method wiener removes nothing that was learned; leave --remove or --method wiener out")
    }
    let learned = try remove.map { try LearnedSound.named($0) }
    return Plan(
      preset: preset.name, settings: settings, model: loaded, warmUp: preset.warmUp,
      profile: try noiseProfile.map { try NoiseProfile(path: $0) }, profileToSave: saveNoiseProfile,
      learned: learned, removed: try loaded?.learnedTokens(learned))
  }

  /// Before an hour of sound, not after it.
  private static func checkFolder(of profile: String) throws {
    let folder = URL(fileURLWithPath: profile).deletingLastPathComponent().path
    guard access(folder, W_OK) == 0, FileList.isFolder(folder) else {
      throw Failure(
        .cannotCreate, "\(folder): no folder that can be written to; make it, or name another --save-noise-profile")
    }
  }

  /// What is not said stays as the preset has it, as long as the sampler is the preset's.
  private func samplerKind(over preset: SamplerKind) throws -> SamplerKind {
    let name: SamplerName = try sampler.map { try Self.choice($0, "--sampler") } ?? SamplerName(preset)
    var eta = eta
    var correctorSNR: Float?
    if name == SamplerName(preset) {
      if case .fewStep(let kept) = preset { eta = eta ?? kept }
      if case .predictorCorrector(let kept) = preset { correctorSNR = kept }
    }
    return try name.kind(
      eta: eta, correctorSNR: correctorSNR, origin: "--sampler \(name.rawValue)", code: .usage)
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
