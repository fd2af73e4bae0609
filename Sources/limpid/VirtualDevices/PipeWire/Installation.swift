import Foundation
import Ground
import JackDevice

/// A virtual device on PipeWire: made, taken away, looked at. `PulseAudioMicrophone` is the microphone on PulseAudio.
struct Installation {
  let device: VirtualDevice

  var unit: UserUnit { UserUnit(name: device.unit) }
  private var nodeFile: String { DeviceFiles.nodeFile(device) }

  /// On PipeWire or PulseAudio: one unit's name serves both.
  var isThere: Bool { hasNode || unit.isInstalled }
  /// On PipeWire, which has its node from a file.
  var hasNode: Bool { FileManager.default.fileExists(atPath: nodeFile) }

  /// What it is to be made of.
  ///
  /// - Parameters:
  ///   - wanted: the real device; nil: the default one.
  ///   - options: of limpid jack, with files named from the current folder.
  ///   - ports: those of the real device that are used.
  /// - Throws: `Failure` and other modules' errors with what is not there, or what the unit's limpid could not start with.
  func files(
    for wanted: String?, options: [String], ports: (AudioDevice) throws -> [String]
  ) throws -> DeviceFiles {
    try JackLibrary.preferPipeWires()
    let list = try PipeWireGraph.current().list(device)
    let real = try list.chosen(wanted)
    // JACK's ports are named for people, and the first of two equal ones would be used.
    guard list.isUnique(real) else {
      throw Failure(
        .usage,
        "another \(device.rawValue) is called \"\(real.description)\", too, and PipeWire's JACK cannot tell them apart; unplug it, or "
          + "give one of them another node.description in WirePlumber")
    }
    let description = VirtualDevice.description(of: real.description)
    guard !list.real.contains(where: { $0.description == description }) else {
      throw Failure(
        .usage,
        "another \(device.rawValue) is called \"\(description)\" already, and PipeWire's JACK could not tell ours from it; give it another "
          + "node.description in WirePlumber")
    }
    guard !real.ports.isEmpty else {
      throw Failure(
        .noInput, "\"\(real.description)\" has no channels now; switch its profile on, or choose another one")
    }
    let folder = FileManager.default.currentDirectoryPath
    let files = DeviceFiles(
      device, real: real, ports: try ports(real), executable: try Program.whereItLies, options: options,
      folder: options.isEmpty || folder.isEmpty ? nil : folder, environment: ProcessInfo.processInfo.environment)
    try files.check()
    return files
  }

  /// Writes the files, makes the node now, and starts limpid now and at every login.
  ///
  /// - Parameter isDefault: programs that choose none are to get it.
  /// - Returns: what a person has to do, if anything.
  func install(_ files: DeviceFiles, isDefault: Bool) throws -> [String] {
    let remark = try install(files)
    return [remark, isDefault ? try DefaultDevice(device: device).set() : nil].compactMap(\.self)
  }

  /// - Throws: with the files as they were: without a unit that feeds it, a node would come to nothing at the next login.
  private func install(_ files: DeviceFiles) throws -> String? {
    let before = UserFile.Snapshot([nodeFile, unit.file])
    do {
      try UserFile.write(files.nodeText, to: nodeFile)
      try UserFile.write(files.unitText, to: unit.file)
      try makeNode(files)
    } catch {
      before.restore()
      throw error
    }
    guard try unit.start() else {
      return "systemd's user manager does not answer; until the next login run it by hand: \(files.handCommand)"
    }
    return nil
  }

  /// In the place of the one that is there.
  private func makeNode(_ files: DeviceFiles) throws {
    try removeNode()
    let made = try Tool.run("pw-cli", ["create-node", "adapter", files.node], package: "pipewire-bin")
    guard made.code == 0 else {
      throw Failure(
        .noInput,
        "PipeWire did not make the \(device.rawValue); restart it, `systemctl --user restart pipewire`, and run "
          + "\(device.installCommand) again")
    }
  }

  /// Takes everything away again, the microphone on PulseAudio too, what was set for it included.
  ///
  /// - Returns: whether there was anything, and what is left to do, if anything.
  func remove() throws -> (wasThere: Bool, remark: String?) {
    let isUnitThere = isThere
    try unit.remove()
    let wasThere = try (device == .microphone && PulseAudioMicrophone.remove()) || isUnitThere
    try UserFile.remove(nodeFile)
    let state = StateStore(device: "jack-" + device.clientName)
    for file in [state.file, state.damagedFile, state.learnedFile, state.profileFile] { try UserFile.remove(file.path) }
    // A PipeWire beside PulseAudio carries pictures only, and need not have pw-dump; where no device was, nor need any.
    guard isUnitThere, PipeWire.isRunning else { return (wasThere, nil) }
    do {
      if try SoundServer.current() == .pipeWire {
        try removeNode()
        try DefaultDevice(device: device).unset()
      }
      return (wasThere, nil)
    } catch {
      return (
        wasThere, "the virtual \(device.rawValue) may stay until PipeWire is restarted: \(Failure(error).sentence)"
      )
    }
  }

  /// The same, told to a person.
  func removeAndSay() throws {
    let removed = try remove()
    try putOut(
      removed.wasThere ? "The virtual \(device.rawValue) is gone." : "There was no virtual \(device.rawValue).")
    if let remark = removed.remark { Terminal.complain("note", remark) }
  }

  private func removeNode() throws {
    for node in try PipeWireGraph.current().list(device).devices where node.name == device.nodeName {
      _ = try Tool.run("pw-cli", ["destroy", "\(node.id)"], package: "pipewire-bin")
    }
  }
}
