import AudioFiles
import Foundation
import Ground

/// The user's files of configuration: written, made a link, removed.
enum UserFile {
  static func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

  /// A file that is there keeps its mode.
  static func write(_ data: Data, to path: String) throws {
    try makeFolder(of: path)
    var before = stat()
    let wasThere = stat(path, &before) == 0
    do { try data.write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw Failure(.cannotCreate, "\(path): cannot be written (\(error.localizedDescription)); make room or allow it")
    }
    if wasThere { _ = chmod(path, before.st_mode & 0o7777) }
  }

  /// A symbolic link, in the place of what is there.
  static func link(_ path: String, to destination: String) throws {
    try makeFolder(of: path)
    try? FileManager.default.removeItem(atPath: path)
    guard symlink(destination, path) == 0 else {
      throw Failure(.cannotCreate, "\(path): cannot be made (\(systemReason())); make room or allow it")
    }
  }

  /// Removes a file or a link, also one that points nowhere, and the folders above that are empty then.
  static func remove(_ path: String) throws {
    if unlink(path) != 0, errno != ENOENT, errno != ENOTDIR {
      throw Failure(.cannotCreate, "\(path): cannot be removed (\(systemReason()))")
    }
    var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    let home = UserFolders.home
    let kept = [
      home, home + "/.config", UserFolders.configuration,
      StateStore(device: "").folder.deletingLastPathComponent().path,
    ]
    while !kept.contains(folder.path), folder.path != "/", rmdir(folder.path) == 0 { folder.deleteLastPathComponent() }
  }

  /// Files as they are now, for the case that what comes fails.
  struct Snapshot {
    private let files: [(path: String, data: Data?)]

    init(_ paths: [String]) { files = paths.map { ($0, FileManager.default.contents(atPath: $0)) } }

    /// As far as it can be done: an error on the way to this is what the user is told.
    func restore() {
      for (path, data) in files { _ = data.map { try? UserFile.write($0, to: path) } ?? (try? UserFile.remove(path)) }
    }
  }

  private static func makeFolder(of path: String) throws {
    let folder = FileName.folder(path)
    let code = Files.makeFolder(folder)
    guard code == 0 else {
      throw Failure(
        .cannotCreate,
        "\(folder): the folder cannot be made (\(systemReason(code))); move what is in its way, or allow it")
    }
  }
}
