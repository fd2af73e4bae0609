import ArgumentParser
import Foundation
import Ground

/// `limpid uninstall-desktop`: what tools/install made, taken away.
struct UninstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uninstall-desktop",
    abstract: "Takes away what tools/install, or a copied tarball, put under its prefix.",
    discussion: """
      Also the virtual microphone and output. Your own presets, learned profiles and settings stay, and are named; --purge \
      removes the settings that limpid kept and the learned profiles, too. A Debian package is removed with apt remove limpid.
      """)

  @Flag(name: .long, help: "Also remove kept settings and learned profiles.")
  var purge = false

  func run() throws {
    do {
      guard let list = Self.list() else {
        throw Failure(
          .noInput,
          "limpid was not installed by tools/install here; a package is removed with apt remove limpid, a copy by hand")
      }
      let remarks = try VirtualDevice.allCases.map { try Installation(device: $0).remove().remark }
      try Self.remove(list)
      try putOut("limpid is gone from \(list.prefix).")
      for remark in remarks.compactMap(\.self) { Terminal.complain("note", remark) }
      if purge {
        for folder in Self.keptFolders where FileManager.default.fileExists(atPath: folder) {
          do { try FileManager.default.removeItem(atPath: folder) } catch {
            throw Failure(.cannotCreate, "\(folder): cannot be removed (\(error.localizedDescription))")
          }
        }
      }
      for folder in Self.ownFolders where FileManager.default.fileExists(atPath: folder) {
        // One that is empty now was the profiles' alone.
        if rmdir(folder) != 0 { Terminal.complain("note", "\(folder) is yours and stays") }
      }
    } catch { throw Failure(error).end() }
  }

  struct Installed: Equatable {
    let prefix: String
    /// Relative to the prefix; or, for what plugin hosts look for elsewhere in the home folder, absolute.
    let files: [String]
  }

  /// The list that tools/install left beside the presets.
  static func list(names: [String] = Program.names) -> Installed? {
    for name in names.reversed() {
      let prefix = URL(fileURLWithPath: name).deletingLastPathComponent().deletingLastPathComponent().path
      guard let text = try? String(contentsOfFile: prefix + "/share/limpid/installed", encoding: .utf8) else {
        continue
      }
      return Installed(prefix: prefix, files: text.split(separator: "\n").map(String.init))
    }
    return nil
  }

  /// Removes the files and the folders that are empty then. A path with `..` in it is none of ours.
  static func remove(_ list: Installed) throws {
    for file in list.files + ["share/limpid/installed"] where !file.split(separator: "/").contains("..") {
      let path = file.hasPrefix("/") ? file : list.prefix + "/" + file
      if unlink(path) != 0, errno != ENOENT, errno != ENOTDIR {
        throw Failure(.cannotCreate, "\(path): cannot be removed (\(systemReason())); use sudo")
      }
      var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
      while folder.path != list.prefix, folder.path != NSHomeDirectory(), folder.path != "/", rmdir(folder.path) == 0 {
        folder.deleteLastPathComponent()
      }
    }
  }

  /// What Limpid kept by itself: learned profiles, and settings of devices.
  private static var keptFolders: [String] { [ProfileStore.folder.path, StateStore(device: "").folder.path] }

  /// Where presets and models of the user's own may lie, too.
  private static var ownFolders: [String] {
    [
      UserFolders.configuration + "/limpid", ProfileStore.folder.deletingLastPathComponent().path,
      StateStore(device: "").folder.path,
    ]
  }
}
