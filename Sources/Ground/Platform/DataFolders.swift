/// Where presets, and the models beside them, lie, for what has no Foundation: plugins and the C library. The order is that of the
/// program's PresetStore.
package enum DataFolders {
  /// Our own models, by the name that a user gives.
  package static let models = [
    (name: "wide", file: "limpid-wide.safetensors"), (name: "light", file: "limpid-sequence.safetensors"),
  ]

  /// Folders of presets, first to last: $LIMPID_PRESETS; the user's; those above the binary's real place, `presets` (a checkout)
  /// or `share/limpid/presets` (where it is installed); the system's.
  ///
  /// - Parameter binary: a program or a shared library; nil: the running program. Links are followed.
  package static func presets(near binary: String? = nil) -> [String] {
    let home = variable("HOME") ?? "/"
    var folders: [String] = []
    if let own = variable("LIMPID_PRESETS") { folders.append(own) }
    folders.append((variable("XDG_CONFIG_HOME") ?? home + "/.config") + "/limpid/presets")
    folders.append((variable("XDG_DATA_HOME") ?? home + "/.local/share") + "/limpid/presets")
    let named = binary ?? "/proc/self/exe"
    folders += above(named)
    if let real = realPath(named), real != named { folders += above(real) }
    let shared = variable("XDG_DATA_DIRS") ?? "/usr/local/share:/usr/share"
    folders += shared.split(separator: ":").map { $0 + "/limpid/presets" }
    return folders
  }

  /// Folders of models, first to last: $LIMPID_MODELS, then `models` in every folder of presets.
  package static func models(near binary: String? = nil) -> [String] {
    (variable("LIMPID_MODELS").map { [$0] } ?? []) + presets(near: binary).map { $0 + "/models" }
  }

  /// The weights file of one of our own models; nil: it is in no folder.
  ///
  /// - Parameter file: of `models`.
  package static func model(file: String, near binary: String? = nil) -> String? {
    models(near: binary).lazy.map { $0 + "/" + file }.first { regularFileSize($0) != nil }
  }

  /// The presets that belong to a binary: nearest first.
  private static func above(_ binary: String) -> [String] {
    var found: [String] = []
    var folder = binary[...]
    while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
      folder = folder[..<slash]
      for presets in ["\(folder)/presets", "\(folder)/share/limpid/presets"]
      where regularFileSize(presets + "/live.toml") != nil { found.append(presets) }
    }
    return found
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  /// An empty variable is as good as none (XDG Base Directory Specification).
  private static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}
