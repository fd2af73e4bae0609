import AudioFiles
import Enhancement
import Foundation
import Ground

/// What was learned, by name: `$XDG_DATA_HOME/limpid/profiles/NAME.safetensors`, for its owner's eyes only, since it may be
/// somebody's voice.
enum ProfileStore {
  private static let suffix = ".safetensors"

  static var folder: URL { Self.folder(environment: ProcessInfo.processInfo.environment) }
  static func folder(environment: [String: String]) -> URL {
    URL(fileURLWithPath: UserFolders.data(environment: environment)).appending(path: "limpid/profiles")
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

  /// The same of a name to come: one that looks like a file's would be taken for that file by `--remove`.
  static func checkNew(_ name: String) throws {
    try check(name)
    let ending = FileName.suffix(name)
    guard ending != "safetensors", !FileList.extensions.contains(ending), !FFmpegReader.extensions.contains(ending)
    else { throw Failure(.usage, "'\(name)' would be taken for a file; leave .\(ending) out, or choose another name") }
  }

  static func path(_ name: String) -> String { folder.appending(path: name + suffix).path }

  /// Whether something was learned under this name.
  static func holds(_ name: String) -> Bool {
    (try? check(name)) != nil && FileManager.default.fileExists(atPath: path(name))
  }

  /// The names there are, in order.
  ///
  /// - Throws: `Failure` where there are some and they cannot be read.
  static func names() throws -> [String] {
    guard let files = Files.names(in: folder.path) else {
      let number = errno
      if number == ENOENT { return [] }
      throw Failure(
        .noInput,
        "\(folder.path): what was learned cannot be read (\(systemReason(number))); check its permissions")
    }
    return files.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
      .map { String($0.dropLast(suffix.count)) }.sorted()
  }

  /// - Throws: `Failure` where there is one of that name, also of this moment, and it is not to be replaced.
  static func save(_ noise: LearnedNoise, as name: String, replacing: Bool) throws {
    try checkNew(name)
    let target = path(name)
    let known = Failure(
      .cannotCreate, "'\(name)' was learned already; use --force to replace it, or choose another name")
    guard replacing || !FileManager.default.fileExists(atPath: target) else { throw known }
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw Failure(.cannotCreate, "\(folder.path): the folder cannot be made; set XDG_DATA_HOME to one that can")
    }
    if replacing { return try noise.save(to: target) }
    let temporary = folder.appending(path: ".\(name)-\(getpid())-\(UInt64.random(in: .min ... .max))").path
    do throws(LearnedNoiseError) { try noise.save(to: temporary) } catch {
      // It is not the temporary name that the message is about.
      if case .unwritable(_, let reason) = error { throw LearnedNoiseError.unwritable(path: target, reason: reason) }
      throw error
    }
    defer { unlink(temporary) }
    // A second name, unlike a rename, never takes the place of a file.
    if link(temporary, target) == 0 { return }
    if errno == EEXIST { throw known }
    // A file system without links.
    guard rename(temporary, target) == 0 else {
      throw LearnedNoiseError.unwritable(path: target, reason: systemReason())
    }
  }

  /// - Throws: `Failure` where there is none of that name, or what is there is no file.
  static func remove(_ name: String) throws {
    try check(name)
    let target = path(name)
    var status = stat()
    guard lstat(target, &status) == 0 else { throw unknown(name) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFLNK else {
      throw Failure(.cannotCreate, "\(target) is no file, so it was not learned; move it elsewhere by hand")
    }
    guard unlink(target) == 0 else {
      throw Failure(.cannotCreate, "\(target): cannot be removed (\(systemReason())); check the folder's permissions")
    }
  }

  static func load(_ name: String) throws -> LearnedNoise {
    try check(name)
    guard FileManager.default.fileExists(atPath: path(name)) else { throw unknown(name) }
    return try LearnedNoise(path: path(name))
  }

  private static func unknown(_ name: String) -> Failure {
    let known: [String]
    do { known = try names() } catch { return Failure(error) }
    let hint =
      known.isEmpty
      ? "nothing was learned yet; learn it with: limpid learn SOUND --name \(name)"
      : "there are \(known.joined(separator: ", "))"
    return Failure(.configuration, "nothing named '\(name)' was learned; \(hint)")
  }
}
