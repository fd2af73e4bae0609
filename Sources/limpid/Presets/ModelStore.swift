import Enhancement
import Foundation
import Ground

/// Which weights file a name means: `wide`, `light`, or a file.
enum ModelStore {
  /// The names of our own models.
  static let names = DataFolders.models.map(\.name)
  /// What a preset without the key `model` uses.
  static let standard = "light"

  /// - Parameter name: `wide`, `light`, or a path, which has a slash or ends in `.safetensors`.
  static func path(_ name: String) throws -> String { try path(name, among: DataFolders.models) }

  /// The same of the networks of the way back.
  static func backwardPath(_ name: String) throws -> String { try path(name, among: DataFolders.backwardModels) }

  private static func path(_ name: String, among models: [(name: String, file: String)]) throws -> String {
    guard let file = models.first(where: { $0.name == name })?.file else {
      // A word that is neither is more likely a name than a file without an extension.
      guard name.contains("/") || name.hasSuffix(".safetensors") || FileManager.default.fileExists(atPath: name) else {
        throw Failure(
          .configuration,
          "there is no model '\(name)'; give \(models.map(\.name).joined(separator: ", ")) or a .safetensors file")
      }
      return name
    }
    if let path = DataFolders.model(file: file, near: Program.names.reversed()) { return path }
    throw Failure(
      .configuration,
      "the weights of the model '\(name)' (models/\(file)) are in none of the preset folders; see limpid presets --help"
    )
  }

  /// What a preset's key `model` means: a name, or a path. A relative path is taken from the preset's folder or, where there is
  /// no such file, from the other preset folders: a copy of a preset of ours finds the weights where ours does.
  ///
  /// - Parameters:
  ///   - text: nil: the key is not there.
  ///   - models: whose names count.
  /// - Returns: where the file is, or where it was first looked for.
  static func path(
    inPreset text: String?, of folder: URL, among models: [(name: String, file: String)] = DataFolders.models
  ) -> String {
    let text = text ?? standard
    let own = models.first { $0.name == text }?.file
    let relative = own.map { "models/" + $0 } ?? text
    let first = URL(fileURLWithPath: relative, relativeTo: folder).standardizedFileURL.path
    if relative.hasPrefix("/") || FileManager.default.fileExists(atPath: first) { return first }
    if let own { return DataFolders.model(file: own, near: Program.names.reversed()) ?? first }
    return PresetStore.folders.map { $0 + "/" + relative }.first { FileManager.default.fileExists(atPath: $0) } ?? first
  }
}

extension EnhancementModel {
  /// A network of one direction.
  ///
  /// - Throws: `Failure` where it hears sound from the other end.
  static func opened(_ path: String, _ precision: Precision, hearsBackwards: Bool) throws -> EnhancementModel {
    let model = try EnhancementModel(path: path, precision: precision)
    guard model.hearsBackwards == hearsBackwards else {
      throw Failure(
        .configuration,
        hearsBackwards
          ? "\(path): the network hears sound as it comes, not from its end; name another with --backward-model, or none"
          : "\(path): the network hears recordings from their end; name it with --backward-model")
    }
    return model
  }
}
