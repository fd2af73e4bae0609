import Foundation

/// The virtual microphone on PulseAudio alone: made, taken away, looked at.
enum PulseAudioMicrophone {
  static var isInstalled: Bool { script.map(PulseAudioScript.hasLines) ?? false }

  /// The user's start script; nil: has none.
  static var script: Data? { try? Data(contentsOf: URL(fileURLWithPath: PulseAudioScript.file)) }

  /// Loads the modules, adds them to the start script, and lets the unit run; where that fails, modules and files are as at the next
  /// login without it.
  ///
  /// - Parameter executable: this program, which a unit runs to let it rest while nobody listens.
  /// - Returns: what a person has to do, if anything.
  /// - Throws: `Failure` where PulseAudio does not take one, or the script cannot be written.
  static func install(_ files: PulseAudioModules, executable: String) throws -> String? {
    let file = PulseAudioScript.file
    let old = script
    if old == nil {
      guard access(file, F_OK) != 0 else {
        throw Failure(.noInput, "\(file): cannot be read; allow it, or move it away")
      }
      guard access(PulseAudioScript.systemScript, R_OK) == 0 else {
        throw Failure(
          .noInput,
          "\(PulseAudioScript.systemScript) is not there, which the script of your own begins with; "
            + "put yours at \(file) and try again")
      }
    }
    try unload()
    for module in files.modules {
      guard try PulseAudio.pactl("load-module", module.name, module.arguments).code != 0 else { continue }
      try unload()
      throw Failure(
        .noInput,
        module.name == "module-ladspa-sink"
          ? "PulseAudio does not load the plugin \(files.plugin); its log says why (`journalctl --user -u pulseaudio`), "
            + "and limpid presets whether the models are there"
          : "PulseAudio does not load \(module.name); its log says why (`journalctl --user -u pulseaudio`)")
    }
    if files.isDefault { _ = try PulseAudio.pactl("set-default-source", VirtualDevice.microphone.nodeName) }
    let before = UserFile.Snapshot([file, unit.file])
    do {
      try UserFile.write(PulseAudioScript.adding(files.script, to: old), to: file)
      try UserFile.write(unitText(executable), to: unit.file)
    } catch {
      before.restore()
      try unload()
      throw error
    }
    guard try !unit.start() else { return nil }
    return "systemd's user manager does not answer; until the next login it never rests, or run by hand: "
      + UnitText.shell([executable, "attend-microphone"])
  }

  /// Takes our lines out of the script and unloads the modules. Whether there was anything.
  static func remove() throws -> Bool {
    let wasThere = isInstalled
    if wasThere, let script {
      let file = PulseAudioScript.file
      if let rest = PulseAudioScript.removing(from: script) {
        try UserFile.write(rest, to: file)
      } else {
        try UserFile.remove(file)
      }
    }
    if PulseAudio.isListening, (try? PulseAudio.isServer) == true { return try unload() || wasThere }
    return wasThere
  }

  /// Whether there was one.
  @discardableResult private static func unload() throws -> Bool {
    // The last first: each of them stands on the one before.
    let ours = try loaded().reversed()
    for module in ours { _ = try PulseAudio.pactl("unload-module", module.number) }
    return !ours.isEmpty
  }

  /// Our modules that are loaded, in the order of their numbers.
  static func loaded() throws -> [(number: String, name: String, arguments: String)] {
    let list = try PulseAudio.pactl("list", "short", "modules")
    return PulseAudio.modules(String(decoding: list.output, as: UTF8.self))
      .filter { PulseAudioModules.isOurs(arguments: $0.arguments) }
  }

  /// Whether this PulseAudio can be told to give the plugin 50 ms at once. Else it is two seconds; what the plugin takes for them, the
  /// thread takes without a pause, and one that runs in real time is killed after 200 ms of that (rlimit-rttime), PulseAudio with it.
  ///
  /// - Throws: `Failure` where pactl cannot be run.
  static func givesShortBlocks() throws -> Bool {
    let probe = try PulseAudio.pactl("load-module", "module-null-sink", "sink_name=limpid-probe norewinds=1")
    guard probe.code == 0 else { return false }
    let number = String(decoding: probe.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    _ = try PulseAudio.pactl("unload-module", number)
    return true
  }

  // MARK: - The unit

  static let unit = UserUnit(name: VirtualDevice.microphone.unit)

  /// Of the program beside PulseAudio, whose modules do the rest.
  static func unitText(_ executable: String) -> String {
    UnitText.unit(
      .microphone, description: "the microphone rests while nobody listens", after: "pulseaudio.service",
      executable: executable, command: UnitText.program(executable) + " attend-microphone")
  }

  // MARK: - The plugin

  /// Where hosts and installers put LADSPA plugins: beside this program, then where hosts look.
  ///
  /// - Parameter names: the program's, and those of every link to it.
  static func pluginPlaces(
    names: [String] = Program.names.reversed(), environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    let prefixes = names.map {
      URL(fileURLWithPath: $0).deletingLastPathComponent().deletingLastPathComponent().path + "/lib/ladspa"
    }
    let given = (environment["LADSPA_PATH"] ?? "").split(separator: ":").map(String.init)
    let home = UserFolders.home(environment: environment) + "/.ladspa"
    var places: [String] = []
    for folder in prefixes + given + [home, "/usr/local/lib/ladspa", "/usr/lib/ladspa"]
    where folder.hasPrefix("/") && !places.contains(folder + "/limpid.so") {
      places.append(folder + "/limpid.so")
    }
    return places
  }

  static func plugin() throws -> String {
    let places = pluginPlaces()
    guard let plugin = places.first(where: { access($0, R_OK) == 0 }) else {
      throw Failure(
        .noInput,
        "the LADSPA plugin limpid.so, which PulseAudio needs, is not installed in "
          + "\(places.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }.joined(separator: ", ")); "
          + "install Limpid by its package or by tools/install")
    }
    return plugin
  }
}
