import ArgumentParser
import Foundation

/// What a shell offers for words that are names, or files of a kind: it asks this program, which knows them.
extension CompletionKind {
  /// Presets' names.
  static var presets: CompletionKind {
    .custom { _, _, begun in
      PresetStore.paths().map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
        + files(begun, ending: ".toml")
    }
  }

  /// Weights: `words`, such as wide and light, or files.
  static func weights(or words: [String]) -> CompletionKind {
    .custom { _, _, begun in words + files(begun, ending: ".safetensors") }
  }

  /// What was learned, or sound files.
  static var learned: CompletionKind {
    .custom { _, _, begun in ((try? ProfileStore.names()) ?? []) + files(begun, ending: "") }
  }

  /// What was learned.
  static var profiles: CompletionKind { .custom { _, _, _ in (try? ProfileStore.names()) ?? [] } }

  /// Files of an ending, and the folders on the way to others, in the folder that a word has got to.
  private static func files(_ begun: String, ending: String) -> [String] {
    let folder = begun.lastIndex(of: "/").map { String(begun[...$0]) } ?? ""
    let place = folder.isEmpty ? "." : (folder as NSString).expandingTildeInPath
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    return names.sorted().compactMap { name in
      guard name.hasPrefix(".") == begun.dropFirst(folder.count).hasPrefix(".") else { return nil }
      var isFolder = ObjCBool(false)
      _ = FileManager.default.fileExists(atPath: place + "/" + name, isDirectory: &isFolder)
      return isFolder.boolValue ? folder + name + "/" : name.hasSuffix(ending) ? folder + name : nil
    }
  }
}
