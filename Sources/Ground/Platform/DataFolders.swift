/// Where presets, and the models beside them, lie: for the program, the C library and the plugins alike.
package enum DataFolders {
  /// Our own models, by the name that a user gives.
  package static let models = [
    (name: "wide", file: "limpid-wide.safetensors"), (name: "light", file: "limpid-sequence.safetensors"),
  ]
  /// Those that hear recordings from their end.
  package static let backwardModels = [
    (name: "wide", file: "limpid-wide-backward.safetensors"),
    (name: "light", file: "limpid-sequence-backward.safetensors"),
  ]

  /// Folders of presets, first to last, each with what it is for people.
  ///
  /// - Parameter binaries: programs or shared libraries whose own presets are looked for, and links to them, nearest first; links
  ///   are followed.
  package static func places(near binaries: [String]) -> [(meaning: String, folders: [String])] {
    let home = variable("HOME") ?? "/"
    let shared = variable("XDG_DATA_DIRS") ?? "/usr/local/share:/usr/share"
    return [
      ("$LIMPID_PRESETS", variable("LIMPID_PRESETS").map { [$0] } ?? []),
      (
        "$XDG_CONFIG_HOME/limpid/presets (~/.config): your own",
        [(variable("XDG_CONFIG_HOME") ?? home + "/.config") + "/limpid/presets"]
      ),
      (
        "$XDG_DATA_HOME/limpid/presets (~/.local/share)",
        [(variable("XDG_DATA_HOME") ?? home + "/.local/share") + "/limpid/presets"]
      ),
      (
        "beside the program, and beside every link to it: ../share/limpid/presets, or the checkout's presets",
        once(binaries.flatMap { [$0, realPath($0) ?? $0] }.flatMap { above($0) })
      ),
      (
        "limpid/presets in each of $XDG_DATA_DIRS (/usr/local/share, /usr/share)",
        shared.split(separator: ":").map { $0 + "/limpid/presets" }
      ),
    ]
  }

  /// The same folders, each once.
  ///
  /// - Parameter binaries: nil: the running program.
  package static func presets(near binaries: [String]? = nil) -> [String] {
    once(places(near: binaries ?? ["/proc/self/exe"]).flatMap(\.folders))
  }

  /// Folders of models, first to last: $LIMPID_MODELS, then `models` in every folder of presets.
  package static func models(near binaries: [String]? = nil) -> [String] {
    (variable("LIMPID_MODELS").map { [$0] } ?? []) + presets(near: binaries).map { $0 + "/models" }
  }

  /// The weights file of one of our own models; nil: it is in no folder.
  ///
  /// - Parameter file: of `models`.
  package static func model(file: String, near binaries: [String]? = nil) -> String? {
    models(near: binaries).lazy.map { $0 + "/" + file }.first { regularFileSize($0) != nil }
  }

  /// The presets that belong to a binary, nearest first: `presets` or `share/limpid/presets` in a folder above it. For `PREFIX/bin/limpid` the
  /// second is named even where it does not exist, so that people read where it was looked for.
  private static func above(_ binary: String) -> [String] {
    var found: [String] = []
    var folder = binary[...]
    var depth = 0
    while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
      folder = folder[..<slash]
      depth += 1
      for presets in ["\(folder)/presets", "\(folder)/share/limpid/presets"]
      where regularFileSize(presets + "/live.toml") != nil { found.append(presets) }
      let installed = "\(folder)/share/limpid/presets"
      if depth == 2, found.last != installed { found.append(installed) }
    }
    return found
  }

  private static func once(_ folders: [String]) -> [String] {
    var seen: Set<String> = []
    return folders.filter { seen.insert($0).inserted }
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
