import Enhancement
import Foundation

/// What was learned, by name: `$XDG_DATA_HOME/limpid/profiles/NAME.safetensors`, for its owner's eyes only, since it may be
/// somebody's voice.
enum ProfileStore {
  private static let suffix = ".safetensors"

  static var folder: URL {
    let environment = ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty }
    let data = environment["XDG_DATA_HOME"] ?? (environment["HOME"] ?? "/") + "/.local/share"
    return URL(fileURLWithPath: data).appending(path: "limpid/profiles")
  }

  /// Letters, digits, `.`, `_` and `-`, not first a `.` or a `-`: a file's name and a word of the control socket.
  static func check(_ name: String) throws {
    let allowed = name.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || "._-".unicodeScalars.contains($0)
    }
    guard allowed, !name.isEmpty, name.count <= 64, name.first != ".", name.first != "-" else {
      throw Failure(.usage, "'\(name)' cannot name what is learned; give letters, digits, '.', '_' and '-', at most 64")
    }
  }

  static func path(_ name: String) -> String { folder.appending(path: name + suffix).path }

  /// The names there are, in order.
  static func names() -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
      .map { String($0.dropLast(suffix.count)) }.sorted()
  }

  /// - Throws: `Failure` where there is one of that name and it is not to be replaced.
  static func save(_ noise: LearnedNoise, as name: String, replacing: Bool) throws {
    try check(name)
    guard replacing || !FileManager.default.fileExists(atPath: path(name)) else {
      throw Failure(.cannotCreate, "'\(name)' was learned already; use --force to replace it, or choose another name")
    }
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw Failure(.cannotCreate, "\(folder.path): the folder cannot be made; set XDG_DATA_HOME to one that can")
    }
    try noise.save(to: path(name))
  }

  static func remove(_ name: String) throws {
    try check(name)
    guard FileManager.default.fileExists(atPath: path(name)) else { throw unknown(name) }
    do { try FileManager.default.removeItem(atPath: path(name)) } catch {
      throw Failure(.cannotCreate, "\(path(name)): cannot be removed; check its permissions")
    }
  }

  static func load(_ name: String) throws -> LearnedNoise {
    try check(name)
    guard FileManager.default.fileExists(atPath: path(name)) else { throw unknown(name) }
    return try LearnedNoise(path: path(name))
  }

  private static func unknown(_ name: String) -> Failure {
    let known = names()
    let hint =
      known.isEmpty
      ? "nothing was learned yet; learn it with: limpid learn SOUND --name \(name)"
      : "there are \(known.joined(separator: ", "))"
    return Failure(.configuration, "nothing named '\(name)' was learned; \(hint)")
  }
}
