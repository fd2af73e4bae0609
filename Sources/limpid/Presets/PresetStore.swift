import Foundation
import Ground

/// Where presets lie, and which file a name means.
enum PresetStore {
  /// Folders searched, first to last.
  static var folders: [String] { DataFolders.presets() }

  /// The preset of a name or a path; a path has a slash or ends in `.toml`.
  static func preset(_ name: String) throws -> Preset {
    if name.contains("/") || name.hasSuffix(".toml") { return try Preset(path: name) }
    for folder in folders {
      let path = folder + "/" + name + ".toml"
      if FileManager.default.fileExists(atPath: path) { return try Preset(path: path) }
    }
    let known = paths().map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
    let hint =
      known.isEmpty
      ? "no presets were found; set LIMPID_PRESETS to the folder that holds them"
      : "there are \(known.joined(separator: ", "))"
    throw Failure(.configuration, "there is no preset '\(name)'; \(hint)")
  }

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
