import Foundation
import Ground

/// Where presets lie, and which file a name means.
enum PresetStore {
  /// Folders searched, first to last, each with what it is for people.
  static var places: [(meaning: String, folders: [String])] { DataFolders.places(near: Program.names.reversed()) }

  /// Folders searched, first to last, each once.
  static var folders: [String] { DataFolders.presets(near: Program.names.reversed()) }

  /// The preset of a name or a path; a path has a slash or ends in `.toml`.
  static func preset(_ name: String) throws -> Preset {
    if name.contains("/") || name.hasSuffix(".toml") { return try Preset(path: name) }
    for folder in folders {
      let path = folder + "/" + name + ".toml"
      if FileManager.default.fileExists(atPath: path) { return try Preset(path: path) }
    }
    let known = paths().map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
    let hint = known.isEmpty ? "no presets were found; \(remedy)" : "there are \(known.joined(separator: ", "))"
    throw Failure(.configuration, "there is no preset '\(name)'; \(hint)")
  }

  /// What to do where none was found.
  static let remedy =
    "set LIMPID_PRESETS to the folder that holds them, or install limpid with its share/limpid (limpid presets --help "
    + "names every place searched)"

  /// Every preset file, by name; of equal names the first folder's counts.
  static func paths() -> [String] {
    var seen: Set<String> = []
    var paths: [String] = []
    for folder in folders {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      for file in files.sorted() where file.hasSuffix(".toml") && seen.insert(file).inserted {
        paths.append(folder + "/" + file)
      }
    }
    return paths
  }
}
