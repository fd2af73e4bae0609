import Foundation

/// Where presets lie, and which file a name means.
enum PresetStore {
  /// Folders searched, first to last: $LIMPID_PRESETS, the user's, the checkout that the program was built in, the
  /// system's.
  static var folders: [String] {
    // An empty variable is as good as none (XDG Base Directory Specification).
    let environment = ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty }
    let home = environment["HOME"] ?? "/"
    var folders: [String] = []
    if let own = environment["LIMPID_PRESETS"] { folders.append(own) }
    folders.append((environment["XDG_CONFIG_HOME"] ?? home + "/.config") + "/limpid/presets")
    folders.append((environment["XDG_DATA_HOME"] ?? home + "/.local/share") + "/limpid/presets")
    if let checkout { folders.append(checkout) }
    let shared = environment["XDG_DATA_DIRS"] ?? "/usr/local/share:/usr/share"
    folders += shared.split(separator: ":").map { $0 + "/limpid/presets" }
    return folders
  }

  /// `presets/` above the executable's real place: `.build/release/limpid` finds the checkout's.
  private static var checkout: String? {
    guard let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
      return nil
    }
    var folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
    while folder.path != "/" {
      let presets = folder.appendingPathComponent("presets")
      if FileManager.default.fileExists(atPath: presets.appendingPathComponent("live.toml").path) {
        return presets.path
      }
      folder.deleteLastPathComponent()
    }
    return nil
  }

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
