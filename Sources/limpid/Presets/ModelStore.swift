import Foundation

/// Which weights file a name means: `wide`, `light`, or a file.
enum ModelStore {
  /// Our own models lie in `models/` beside the presets.
  private static let files = ["wide": "limpid-wide.safetensors", "light": "limpid-sequence.safetensors"]
  static var names: [String] { files.keys.sorted(by: >) }

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
    for folder in PresetStore.folders {
      let path = folder + "/models/" + file
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    throw Failure(
      .configuration,
      "the weights of the model '\(name)' (models/\(file)) are in none of the preset folders; see limpid presets --help"
    )
  }
}
