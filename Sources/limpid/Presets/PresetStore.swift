import Foundation

/// Where presets lie, and which file a name means.
enum PresetStore {
  /// Folders searched, first to last, each with what it is for people.
  static var places: [(meaning: String, folders: [String])] {
    // An empty variable is as good as none (XDG Base Directory Specification).
    let environment = ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty }
    let home = environment["HOME"] ?? "/"
    let shared = environment["XDG_DATA_DIRS"] ?? "/usr/local/share:/usr/share"
    return [
      ("$LIMPID_PRESETS", environment["LIMPID_PRESETS"].map { [$0] } ?? []),
      (
        "$XDG_CONFIG_HOME/limpid/presets (~/.config): your own",
        [(environment["XDG_CONFIG_HOME"] ?? home + "/.config") + "/limpid/presets"]
      ),
      (
        "$XDG_DATA_HOME/limpid/presets (~/.local/share)",
        [(environment["XDG_DATA_HOME"] ?? home + "/.local/share") + "/limpid/presets"]
      ),
      (
        "beside the program, and beside every link to it: ../share/limpid/presets, or the checkout's presets",
        Program.presetFolders
      ),
      (
        "limpid/presets in each of $XDG_DATA_DIRS (/usr/local/share, /usr/share)",
        shared.split(separator: ":").map { $0 + "/limpid/presets" }
      ),
    ]
  }

  /// Folders searched, first to last, each once.
  static var folders: [String] {
    var seen: Set<String> = []
    return places.flatMap(\.folders).filter { seen.insert($0).inserted }
  }

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
