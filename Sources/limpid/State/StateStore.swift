import Enhancement
import Foundation

/// The settings of the last run, a file per device in the XDG state folder.
struct StateStore {
  let folder: URL
  private let stem: String

  /// - Parameters:
  ///   - device: the input device's or the JACK client's name.
  ///   - environment: has XDG_STATE_HOME or HOME.
  init(device: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
    folder = URL(fileURLWithPath: UserFolders.state(environment: environment)).appending(path: "limpid")
    stem = Self.stem(device)
  }

  /// The device's name with everything but letters, digits, - and _ written as its code, so that no two are one; what is
  /// too long for a file's name ends in a number made of all of it.
  private static func stem(_ device: String) -> String {
    let name = device.utf8.map { byte -> String in
      let character = Character(UnicodeScalar(byte))
      let isPlain = byte < 128 && (character.isLetter || character.isNumber || character == "-" || character == "_")
      return isPlain ? String(character) : String(format: "%%%02X", byte)
    }.joined()
    guard name.count > 150 else { return name }
    // FNV-1a
    let hash = device.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return name.prefix(120) + "-" + String(hash, radix: 16)
  }

  var file: URL { folder.appending(path: stem + ".json") }
  /// Where a damaged `file` is put.
  var damagedFile: URL { folder.appending(path: stem + ".json.damaged") }
  var learnedFile: URL { folder.appending(path: stem + ".learned.safetensors") }
  var profileFile: URL { folder.appending(path: stem + ".safetensors") }

  /// What the last run left; nil where there is nothing. What is damaged is ignored, with a remark; where that is the file of
  /// settings, it is put aside, and the files beside it are read all the same.
  func load(remark: (String) -> Void) -> RememberedSettings? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let data = try? Data(contentsOf: file)
    let whole = data.flatMap { try? JSONDecoder().decode(RememberedSettings.self, from: $0) }
    if whole == nil {
      let isAside = rename(file.path, damagedFile.path) == 0
      remark(
        "\(file.path) is damaged, so the settings of the last run are not used"
          + (isAside ? "; it is kept as \(damagedFile.lastPathComponent)" : ""))
    }
    var settings = whole ?? .withoutSettings
    do {
      settings.profile = try NoiseProfile(path: profileFile.path)
    } catch NoiseProfileError.missing {
      // The reference followed the room.
    } catch { remark("the noise of the last run is not used: \(error)") }
    do { settings.learned = try LearnedNoise(path: learnedFile.path) } catch LearnedNoiseError.missing {
      // Nothing was learned.
    } catch { remark("what the last run learned is not used: \(error)") }
    return whole == nil && settings.profile == nil && settings.learned == nil ? nil : settings
  }

  /// Writes it, each file whole or not at all. A part that is not there loses its file.
  ///
  /// - Parameter leaving: parts whose files stay as they are where there is nothing to be written.
  func save(_ settings: RememberedSettings, leaving: LeftParts = []) throws {
    // The specification's mode for what is not there yet.
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(settings).write(to: file, options: .atomic)
    if let profile = settings.profile {
      try profile.save(to: profileFile.path)
    } else if !leaving.contains(.profile) {
      try? FileManager.default.removeItem(at: profileFile)
    }
    if let learned = settings.learned {
      try learned.save(to: learnedFile.path)
    } else if !leaving.contains(.learned) {
      try? FileManager.default.removeItem(at: learnedFile)
    }
  }
}
