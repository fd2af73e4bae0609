import Foundation
import Ground
import JackDevice

/// The virtual microphone on PipeWire: made, taken away, looked at. `PulseAudioMicrophone` is the same on PulseAudio.
enum Microphone {
  /// On PipeWire or PulseAudio: one unit's name serves both.
  static var isInstalled: Bool { hasNode || FileManager.default.fileExists(atPath: MicrophoneFiles.unitFile) }
  /// On PipeWire, which has its source from a file.
  static var hasNode: Bool { FileManager.default.fileExists(atPath: MicrophoneFiles.nodeFile) }

  /// Writes the files, makes the source now, and starts limpid now and at every login.
  ///
  /// - Returns: what a person has to do, if anything.
  static func install(_ files: MicrophoneFiles) throws -> String? {
    try write(files.nodeText, to: MicrophoneFiles.nodeFile)
    try write(files.unitText, to: MicrophoneFiles.unitFile)
    try removeNode()
    let made = try Tool.run("pw-cli", ["create-node", "adapter", files.node], package: "pipewire-bin")
    guard made.code == 0 else {
      throw Failure(
        .noInput,
        "PipeWire did not make the source; restart it, `systemctl --user restart pipewire`, and run "
          + "limpid install-microphone again")
    }
    guard try startUnit() else {
      return "systemd's user manager does not answer; until the next login run it by hand: \(files.handCommand)"
    }
    return nil
  }

  /// Starts the unit that was written, now and at every login. Whether it runs now.
  static func startUnit() throws -> Bool {
    guard try userManager("daemon-reload"), try userManager("enable", MicrophoneFiles.unit),
      try userManager("restart", MicrophoneFiles.unit)
    else {
      // No user manager runs, as in a container; the next login's finds the link.
      try link()
      return false
    }
    return true
  }

  /// Takes everything away again, PulseAudio's too, what was set for it included.
  ///
  /// - Returns: whether there was anything, and what is left to do, if anything.
  static func remove() throws -> (wasThere: Bool, remark: String?) {
    let isUnitThere = isInstalled
    _ = try? userManager("disable", "--now", MicrophoneFiles.unit)
    let wasThere = try PulseAudioMicrophone.remove() || isUnitThere
    for file in [MicrophoneFiles.wantsLink, MicrophoneFiles.unitFile, MicrophoneFiles.nodeFile] {
      try removeFile(file)
    }
    let state = StateStore(device: "jack-" + MicrophoneFiles.clientName)
    for file in [state.file, state.damagedFile, state.learnedFile, state.profileFile] { try removeFile(file.path) }
    _ = try? userManager("daemon-reload")
    // A PipeWire beside PulseAudio carries pictures only, and need not have pw-dump; where no microphone was, nor need any.
    guard isUnitThere, PipeWire.isRunning else { return (wasThere, nil) }
    do {
      if try SoundServer.current() == .pipeWire {
        try removeNode()
        try DefaultMicrophone.unset()
      }
      return (wasThere, nil)
    } catch {
      return (wasThere, "its source may stay until PipeWire is restarted: \(Failure(error).sentence)")
    }
  }

  private static func removeNode() throws {
    for node in try PipeWireGraph.current().sources where node.name == MicrophoneFiles.nodeName {
      _ = try Tool.run("pw-cli", ["destroy", "\(node.id)"], package: "pipewire-bin")
    }
  }

  /// Whether systemd's user manager did it.
  private static func userManager(_ words: String...) throws -> Bool {
    do { return try Tool.run("systemctl", ["--user"] + words, package: "systemd").code == 0 } catch is Failure {
      return false
    }
  }

  static var isActive: Bool { (try? userManager("is-active", "--quiet", MicrophoneFiles.unit)) == true }

  private static func link() throws {
    let link = MicrophoneFiles.wantsLink
    try makeFolder(of: link)
    try? FileManager.default.removeItem(atPath: link)
    do { try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: MicrophoneFiles.unitFile) } catch
    {
      throw Failure(.cannotCreate, "\(link): cannot be made (\(error.localizedDescription))")
    }
  }

  private static func makeFolder(of path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw Failure(.cannotCreate, "\(folder.path): the folder cannot be made (\(error.localizedDescription))")
    }
  }

  private static func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

  static func write(_ data: Data, to path: String) throws {
    try makeFolder(of: path)
    var before = stat()
    let wasThere = stat(path, &before) == 0
    do { try data.write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
      throw Failure(.cannotCreate, "\(path): cannot be written (\(error.localizedDescription)); make room or allow it")
    }
    if wasThere { _ = chmod(path, before.st_mode & 0o7777) }
  }

  /// Removes a file or a link, also one that points nowhere, and the folders above that are empty then.
  static func removeFile(_ path: String) throws {
    if unlink(path) != 0, errno != ENOENT, errno != ENOTDIR {
      throw Failure(.cannotCreate, "\(path): cannot be removed (\(systemReason()))")
    }
    var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    let home = MicrophoneFiles.home
    let kept = [
      home, home + "/.config", MicrophoneFiles.configurationFolder,
      StateStore(device: "").folder.deletingLastPathComponent().path,
    ]
    while !kept.contains(folder.path), folder.path != "/", rmdir(folder.path) == 0 { folder.deleteLastPathComponent() }
  }
}
