import Enhancement
import Foundation
import Ground
import TOMLKit

/// A preset: settings that a user picks by name, from a TOML file.
struct Preset {
  /// The file's name without `.toml`.
  let name: String
  let path: String
  var description: String
  /// Weights file (`ModelStore.path(inPreset:of:)`). nil: the method needs none.
  var model: String?
  /// Weights file of a second network, whose output is averaged with the first one's in files; nil: none.
  var secondModel: String?
  /// Weights file of a network that hears recordings from their end, whose output has a part in what is heard; nil: none.
  var backwardModel: String?
  /// Weights file of a second one, of which and the first the mean has that part; nil: none.
  var backwardSecondModel: String?
  var settings: EnhancementSettings
  let precision: PrecisionChoice
  /// Seconds of a file's beginning that are heard before it is enhanced; live it means nothing.
  let warmUp: Float

  /// Every key a preset may have. Each but the description is an option of `limpid enhance`, too.
  static let keys =
    ["description", "model", "second-model", "backward-model", "backward-second-model"]
    + SettingOptions.settings.map(\.key) + [
      "warm-up", "precision",
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
    do {
      for setting in SettingOptions.settings {
        if let text = try values.text(of: setting) { try setting.set(text, in: &settings) }
      }
      // How many steps there may be, the model says.
      if settings.method == .score { try settings.checkRanges() } else { try settings.validate() }
    } catch let error as EnhancementError {
      throw Failure(.configuration, "\(path): \(error.description)")
    }
    self.settings = settings
    precision = try values.choice("precision") ?? .auto
    warmUp = try values.number("warm-up") ?? 0
    if let fault = Plan.fault(ofWarmUp: warmUp) {
      throw Failure(.configuration, "\(path): the key 'warm-up' \(fault)")
    }
    let named = try values.model("model")
    if named != nil || settings.method == .score {
      model = ModelStore.path(inPreset: named, of: url.deletingLastPathComponent())
    }
    // As the options say it.
    if let second = try values.model("second-model"), second != "none" {
      guard settings.method == .score else {
        throw Failure(.configuration, "\(path): the method wiener runs no network; remove the key 'second-model'")
      }
      secondModel = ModelStore.path(inPreset: second, of: url.deletingLastPathComponent())
    }
    backwardModel = try values.backwardModel("backward-model", of: url, settings.method)
    backwardSecondModel = try values.backwardModel("backward-second-model", of: url, settings.method)
    guard backwardModel != nil || backwardSecondModel == nil else {
      throw Failure(
        .configuration,
        "\(path): the key 'backward-second-model' has no first beside it; add the key 'backward-model', or remove it")
    }
  }
}
