import Enhancement
import Foundation
import Live

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

  private enum CodingKeys: CodingKey { case preset, bypass, attenuationLimit, mix, guidance, steps }

  /// - Parameter profile: the frozen noise reference; nil: it followed the room.
  init(preset: String, settings: EnhancementSettings, profile: NoiseProfile?) {
    self.preset = preset
    bypass = settings.bypass
    attenuationLimit = settings.attenuationLimitInDecibels
    mix = settings.mix
    guidance = settings.guidance
    steps = settings.steps
    self.profile = profile
  }

  /// Whether every number is one that the enhancer takes.
  var isUsable: Bool {
    var settings = EnhancementSettings()
    settings.attenuationLimitInDecibels = attenuationLimit
    settings.mix = mix
    settings.guidance = guidance
    settings.steps = steps
    return (try? settings.validate()) != nil
  }

  /// "limit 12.0 dB, steps 2": what differs from the preset.
  func differences(from settings: EnhancementSettings) -> String {
    var parts: [String] = []
    if bypass { parts.append("bypass on") }
    if attenuationLimit != settings.attenuationLimitInDecibels {
      parts.append(attenuationLimit.map { "limit \($0) dB" } ?? "no limit")
    }
    if mix != settings.mix { parts.append("mix \(mix)") }
    if guidance != settings.guidance { parts.append("guidance \(guidance)") }
    if steps != settings.steps { parts.append("steps \(steps)") }
    if profile != nil { parts.append("the noise learned") }
    return parts.joined(separator: ", ")
  }
}

/// The settings of the last run, a file per device in the XDG state folder.
struct StateStore {
  let folder: URL
  let device: String

  /// - Parameters:
  ///   - device: the input device's or the JACK client's name.
  ///   - environment: has XDG_STATE_HOME or HOME.
  init(device: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
    let home = environment["HOME"] ?? NSHomeDirectory()
    let base =
      environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.local/state"
    folder = URL(fileURLWithPath: base).appending(path: "limpid")
    self.device = device
  }

  /// The device's name with everything but letters, digits, - and _ written as its code, so that no two are one.
  private var stem: String {
    String(
      device.utf8.map { byte -> String in
        let character = Character(UnicodeScalar(byte))
        return byte < 128 && (character.isLetter || character.isNumber || character == "-" || character == "_")
          ? String(character) : String(format: "%%%02X", byte)
      }.joined().prefix(120))
  }
  private var file: URL { folder.appending(path: stem + ".json") }
  private var profileFile: URL { folder.appending(path: stem + ".safetensors") }

  /// What the last run left; nil where there is nothing. A file that is damaged is ignored, with a remark.
  func load(remark: (String) -> Void) -> RememberedSettings? {
    guard let data = try? Data(contentsOf: file) else { return nil }
    guard var settings = try? JSONDecoder().decode(RememberedSettings.self, from: data), settings.isUsable else {
      remark("\(file.path) is damaged, so nothing of the last run is used")
      return nil
    }
    if FileManager.default.fileExists(atPath: profileFile.path) {
      settings.profile = try? NoiseProfile(path: profileFile.path)
    }
    return settings
  }

  /// Writes it, whole or not at all.
  func save(_ settings: RememberedSettings) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(settings).write(to: file, options: .atomic)
    if let profile = settings.profile {
      try profile.save(to: profileFile.path)
    } else {
      try? FileManager.default.removeItem(at: profileFile)
    }
  }
}
