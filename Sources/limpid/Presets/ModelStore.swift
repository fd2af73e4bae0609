import Foundation

/// Which weights file a name means: `wide`, `light`, or a file.
enum ModelStore {
  /// Our own models lie in `models/` beside the presets.
  private static let files = ["wide": "limpid-wide.safetensors", "light": "limpid-sequence.safetensors"]
  static var names: [String] { files.keys.sorted(by: >) }
  /// What a preset without the key `model` uses.
  static let standard = "light"

  /// - Parameter name: `wide`, `light`, or a path, which has a slash or ends in `.safetensors`.
  static func path(_ name: String) throws -> String {
    guard let file = files[name] else {
      // A word that is neither is more likely a name than a file without an extension.
      guard name.contains("/") || name.hasSuffix(".safetensors") || FileManager.default.fileExists(atPath: name) else {
        throw Failure(
          .usage, "there is no model '\(name)'; give \(names.joined(separator: ", ")) or a .safetensors file")
      }
      return name
    }
    if let path = found("models/" + file) { return path }
    throw Failure(
      .configuration,
      "the weights of the model '\(name)' (models/\(file)) are in none of the preset folders; see limpid presets --help"
    )
  }

  /// What a preset's key `model` means: a name, or a path. A relative path is taken from the preset's folder or, where there is
  /// no such file, from the other preset folders: a copy of a preset of ours finds the weights where ours does.
  ///
  /// - Parameter text: nil: the key is not there.
  /// - Returns: where the file is, or where it was first looked for.
  static func path(inPreset text: String?, of folder: URL) -> String {
    let text = text ?? standard
    let relative = files[text].map { "models/" + $0 } ?? text
    let first = URL(fileURLWithPath: relative, relativeTo: folder).standardizedFileURL.path
    if relative.hasPrefix("/") || FileManager.default.fileExists(atPath: first) { return first }
    return found(relative) ?? first
  }

  private static func found(_ relative: String) -> String? {
    PresetStore.folders.map { $0 + "/" + relative }.first { FileManager.default.fileExists(atPath: $0) }
  }
}
