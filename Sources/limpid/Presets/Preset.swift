import Diffusion
import Enhancement
import Foundation
import TOMLKit

/// A preset: settings that a user picks by name, from a TOML file.
struct Preset {
  /// The file's name without `.toml`.
  let name: String
  let path: String
  var description: String
  /// Weights file; relative paths were taken from the preset's folder. nil: the method needs none.
  var model: String?
  var settings: EnhancementSettings
  let precision: EnhancementModel.Precision
  /// Seconds of a file's beginning that are heard before it is enhanced; live it means nothing.
  let warmUp: Float

  /// Every key a preset may have. Each is named as the option of `limpid enhance`.
  static let keys = [
    "description", "method", "model", "steps", "guidance", "sampler", "eta", "corrector-snr",
    "attenuation-limit",
    "mix", "noise-selection", "reference-length", "start-level", "band", "warm-up",
    "precision",
  ]

  /// - Throws: `Failure` with the file, the key and the remedy.
  init(path: String) throws {
    self.path = path
    let url = URL(fileURLWithPath: path)
    name = url.deletingPathExtension().lastPathComponent
    let text: String
    do {
      text = try String(contentsOf: url, encoding: .utf8)
    } catch {
      throw Failure(
        .configuration, "\(path): the preset cannot be read; check that the file is there and is text")
    }
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      let line = error.source.begin.line
      throw Failure(.configuration, "\(path): line \(line) is not TOML (\(error.description)); correct it")
    }
    let values = PresetValues(path: path, table: table)
    try values.checkKeys()

    description = try values.string("description") ?? ""
    var settings = EnhancementSettings()
    settings.method = try values.choice("method") ?? settings.method
    settings.steps = try values.integer("steps") ?? settings.steps
    settings.guidance = try values.number("guidance") ?? settings.guidance
    settings.attenuationLimitInDecibels = try values.number("attenuation-limit")
    settings.mix = try values.number("mix") ?? settings.mix
    settings.noiseSelection = try values.choice("noise-selection") ?? settings.noiseSelection
    settings.referenceLength = try values.number("reference-length") ?? settings.referenceLength
    settings.band = try values.choice("band") ?? settings.band
    settings.startLevel = try values.number("start-level") ?? settings.startLevel
    let sampler: SamplerName = try values.choice("sampler") ?? .fewStep
    settings.sampler = try sampler.kind(
      eta: values.number("eta"), correctorSNR: values.number("corrector-snr"), origin: path,
      code: .configuration)
    do {
      try settings.validate()
    } catch {
      throw Failure(.configuration, "\(path): \(error.description)")
    }
    self.settings = settings
    precision = try values.choice("precision") ?? .float32
    warmUp = try values.number("warm-up") ?? 0
    guard (0...10).contains(warmUp) else {
      throw Failure(.configuration, "\(path): the key 'warm-up' is out of range; give 0 to 10 seconds")
    }
    model = try values.string("model").map {
      URL(fileURLWithPath: $0, relativeTo: url.deletingLastPathComponent()).standardizedFileURL.path
    }
    if settings.method == .score, model == nil {
      throw Failure(.configuration, "\(path): the key 'model' is missing; name a weights file")
    }
  }
}

/// The samplers as the command line and the presets name them.
enum SamplerName: String, CaseIterable {
  case fewStep = "few-step"
  case reverseDiffusion = "reverse-diffusion"
  case predictorCorrector = "predictor-corrector"
  case probabilityFlow = "probability-flow"

  init(_ kind: SamplerKind) {
    self =
      switch kind {
      case .fewStep: .fewStep
      case .reverseDiffusion: .reverseDiffusion
      case .predictorCorrector: .predictorCorrector
      case .probabilityFlow: .probabilityFlow
      }
  }

  /// - Throws: `Failure` when eta or the corrector's ratio is given to a sampler that has none.
  func kind(eta: Float?, correctorSNR: Float?, origin: String, code: Failure.Code) throws -> SamplerKind {
    if eta != nil, self != .fewStep {
      throw Failure(
        code, "\(origin): 'eta' belongs to the sampler few-step; remove it, or choose that sampler")
    }
    if correctorSNR != nil, self != .predictorCorrector {
      throw Failure(code, "\(origin): 'corrector-snr' belongs to the sampler predictor-corrector; remove it")
    }
    switch self {
    case .fewStep: return .fewStep(eta: eta ?? 0)
    case .reverseDiffusion: return .reverseDiffusion
    case .predictorCorrector: return .predictorCorrector(snr: correctorSNR ?? 0.5)
    case .probabilityFlow: return .probabilityFlow
    }
  }
}
