import Foundation

/// A unit of systemd's user manager: its file, and whether it runs.
struct UserUnit {
  /// "limpid-microphone.service".
  let name: String

  var file: String { UserFolders.configuration + "/systemd/user/" + name }
  /// What systemctl enable makes.
  var wantsLink: String { UserFolders.configuration + "/systemd/user/default.target.wants/" + name }

  var isInstalled: Bool { FileManager.default.fileExists(atPath: file) }
  var isActive: Bool { (try? Self.manager("is-active", "--quiet", name)) == true }

  /// Starts what was written, now and at every login. Whether it runs now.
  func start() throws -> Bool {
    guard try Self.manager("daemon-reload"), try Self.manager("enable", name), try Self.manager("restart", name) else {
      // No user manager runs, as in a container; the next login's finds the link.
      try UserFile.link(wantsLink, to: file)
      return false
    }
    return true
  }

  /// Ends it, now and for later logins, and takes its files away.
  func remove() throws {
    _ = try? Self.manager("disable", "--now", name)
    for file in [wantsLink, file] { try UserFile.remove(file) }
    _ = try? Self.manager("daemon-reload")
  }

  /// Whether systemd's user manager did it.
  private static func manager(_ words: String...) throws -> Bool {
    do { return try Tool.run("systemctl", ["--user"] + words, package: "systemd").code == 0 } catch is Failure {
      return false
    }
  }
}
