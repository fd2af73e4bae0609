import ArgumentParser
import Foundation

/// What a virtual device is made of on PipeWire: its node, from PipeWire's start on, and systemd's unit that runs limpid beside it.
struct DeviceFiles {
  let device: VirtualDevice
  /// The real device's name for people.
  let real: String
  /// Its ports that are heard or played to, as JACK names them.
  let ports: [String]
  /// The program that the unit starts.
  let executable: String
  /// Further options of limpid jack.
  let options: [String]
  /// Where the files lie that the options name; nil: they name none.
  let folder: String?
  /// The variables by which presets, models and profiles were found when this was made: the unit's manager may have others, or none.
  let environment: [(name: String, value: String)]

  /// - Parameter ports: those of `real` that are used.
  init(
    _ device: VirtualDevice, real: AudioDevice, ports: [String], executable: String, options: [String],
    folder: String? = nil, environment: [String: String] = [:]
  ) {
    self.device = device
    self.real = real.description
    self.ports = ports.map { "\(real.description):\($0)" }
    self.executable = executable
    self.options = options
    self.folder = folder
    self.environment = Self.variables.compactMap { name in
      guard let value = environment[name], !value.isEmpty else { return nil }
      if value.hasPrefix("/") { return (name, value) }
      // The specification ignores relative ones; ours are from the current folder, which the unit has not.
      return name.hasPrefix("XDG_") ? nil : (name, URL(fileURLWithPath: value).path)
    }
  }

  private static let variables = [
    "LIMPID_PRESETS", "LIMPID_MODELS", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
  ]

  /// What programs show.
  var description: String { VirtualDevice.description(of: real) }

  static func nodeFile(_ device: VirtualDevice) -> String {
    UserFolders.configuration + "/pipewire/pipewire.conf.d/\(device.nodeName).conf"
  }

  // MARK: - What they say

  /// The virtual device's channels. A microphone has one, which limpid makes of all that are heard.
  private var positions: [String] {
    switch device {
    case .microphone: ["MONO"]
    case .output: ports.count > 1 ? ["FL", "FR"] : ["MONO"]
    }
  }

  /// Properties of the node; PipeWire's own JSON.
  var node: String {
    let kind =
      switch device {
      case .microphone: "media.class = Audio/Source/Virtual"
      // Without the second limpid would hear what is played at full volume, whatever the slider says.
      case .output: "media.class = Audio/Sink\n      monitor.channel-volumes = true"
      }
    return """
      { factory.name = support.null-audio-sink
            node.name = \(device.nodeName)
            node.description = \(UnitText.quoted(description))
            \(kind)
            audio.position = [ \(positions.joined(separator: " ")) ]
            object.linger = true }
      """
  }

  var nodeText: String {
    """
    # The virtual \(device.rawValue) \(description.filter { !$0.isNewline }).
    # Made by \(device.installCommand); \(device.removeCommand) removes it.
    context.objects = [
      { factory = adapter
        args = \(node)
      }
    ]

    """
  }

  /// The command that the unit runs.
  var command: [String] {
    let virtual = positions.map { "\(description):\(device == .microphone ? "input" : "monitor")_\($0)" }
    let (inputs, outputs) = device == .microphone ? (ports, virtual) : (virtual, ports)
    var words = [
      executable, "jack", "--pipewire", "--on-demand", "--patient", "--no-start-server", "--name", device.clientName,
    ]
    if outputs.count > 1 { words += ["--channels", "\(outputs.count)"] }
    words += inputs.flatMap { ["--input", $0] }
    if inputs.count > outputs.count { words += ["--input-channels", "auto"] }
    words += outputs.flatMap { ["--output", $0] }
    return words + ["--control"]
  }

  /// The same, whole.
  private var wholeCommand: [String] { command + [device.socket] + options }

  /// The same for a shell.
  var handCommand: String { UnitText.shell(wholeCommand) }

  var unitText: String {
    let words =
      [UnitText.program(executable)] + command.dropFirst().map(UnitText.word) + ["%t/\(device.socketName)"]
      + options.map(UnitText.word)
    let description =
      switch device {
      case .microphone: "the microphone without its noise"
      case .output: "what others say without its noise"
      }
    return UnitText.unit(
      device, description: description, after: "pipewire.service wireplumber.service", executable: executable,
      command: words.joined(separator: " "), folder: folder, environment: environment)
  }

  // MARK: - What may be among the options

  /// What the unit says itself.
  private static let own = [
    "--channels", "--connect", "--control", "--input", "--input-channels", "--name", "--output",
  ]
  /// What a second start would stumble over, or what ends at once.
  private static let once = ["--explain-latency", "--record", "--save-noise-profile"]

  /// - Throws: `Failure` for options of limpid jack that the unit cannot have, and for what are none.
  static func check(_ options: [String], of device: VirtualDevice) throws {
    for word in options {
      let name = String(word.prefix { $0 != "=" })
      if own.contains(name) {
        throw Failure(
          .usage,
          "the virtual \(device.rawValue) has a \(name) of its own; leave it out, and "
            + (device == .microphone
              ? "choose what is heard by name and --channel" : "choose the real output by its name"))
      }
      if once.contains(name) {
        throw Failure(
          .usage, "\(name) is for a single run, and the virtual \(device.rawValue) starts at every login; leave it out")
      }
    }
    _ = try parsed(["--no-start-server"] + options)
  }

  /// Reads the unit's command as the unit's limpid will, the files that it names included.
  ///
  /// - Throws: `Failure` and other modules' errors with what would end it.
  func check() throws {
    try Self.check(options, of: device)
    _ = try LivePlan(Self.parsed(Array(wholeCommand.dropFirst(2))).live)
    // A line of a unit ends with its line and goes on after a backslash, and blanks around it do not count.
    if let folder, folder.contains(where: \.isNewline) || folder.last == "\\" || folder.last?.isWhitespace == true {
      throw Failure(.usage, "\(folder): systemd's units cannot name this folder; run limpid from another one")
    }
  }

  private static func parsed(_ words: [String]) throws -> JackCommand {
    do { return try JackCommand.parse(words) } catch {
      let sentence = JackCommand.message(for: error)
      throw Failure(.usage, sentence.split(separator: "\n").first.map(String.init) ?? sentence)
    }
  }
}
