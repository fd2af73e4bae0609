import Foundation
import Ground

/// Which weights file a name means: `wide`, `light`, or a file.
enum ModelStore {
  static var names: [String] { DataFolders.models.map(\.name) }

  /// - Parameter name: `wide`, `light`, or a path, which has a slash or ends in `.safetensors`.
  static func path(_ name: String) throws -> String {
    guard let file = DataFolders.models.first(where: { $0.name == name })?.file else {
      // A word that is neither is more likely a name than a file without an extension.
      guard name.contains("/") || name.hasSuffix(".safetensors") || FileManager.default.fileExists(atPath: name) else {
        throw Failure(
          .usage, "there is no model '\(name)'; give \(names.joined(separator: ", ")) or a .safetensors file")
      }
      return name
    }
    if let path = DataFolders.model(file: file) { return path }
    throw Failure(
      .configuration,
      "the weights of the model '\(name)' (models/\(file)) are in none of the preset folders; see limpid presets --help"
    )
  }
}
