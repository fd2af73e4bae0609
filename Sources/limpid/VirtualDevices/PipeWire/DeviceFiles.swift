import ArgumentParser
import Foundation

/// What the virtual microphone is made of: PipeWire's node, from its start on, and systemd's unit that runs limpid beside it.
struct MicrophoneFiles {
  /// PipeWire's name of the virtual source.
  static let nodeName = "limpid-microphone"
  /// The JACK client's, under which the settings are kept.
  static let clientName = "limpid-enhancer"
  static let unit = "limpid-microphone.service"

  /// The microphone's name for people.
  let microphone: String
  /// Its ports, as JACK names them.
  let inputs: [String]
  /// The program that the unit starts.
  let executable: String
  /// Further options of limpid jack.
  let options: [String]
  /// Where the files lie that the options name; nil: they name none.
  let folder: String?

  init(
    _ source: PipeWireGraph.Source, ports: [String], executable: String, options: [String], folder: String? = nil
  ) {
    microphone = source.description
    inputs = ports.map { "\(source.description):\($0)" }
    self.executable = executable
    self.options = options
    self.folder = folder
  }

  /// What programs show.
  var description: String { Self.description(of: microphone) }
  static func description(of microphone: String) -> String { "Limpid (\(microphone))" }

  // MARK: - Where they lie

  static var home: String {
    ProcessInfo.processInfo.environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
  }
  static var configurationFolder: String {
    ProcessInfo.processInfo.environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.config"
  }
  static var nodeFile: String { configurationFolder + "/pipewire/pipewire.conf.d/limpid-microphone.conf" }
  static var unitFile: String { configurationFolder + "/systemd/user/" + unit }
  /// What systemctl enable makes.
  static var wantsLink: String { configurationFolder + "/systemd/user/default.target.wants/" + unit }
  /// The control socket of the unit's limpid.
  static var socket: String { Self.socket(environment: ProcessInfo.processInfo.environment) }
  static func socket(environment: [String: String]) -> String {
    let folder = environment["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/run/user/\(getuid())"
    return folder + "/limpid-microphone"
  }

  // MARK: - What they say

  /// Properties of the virtual source; PipeWire's own JSON.
  var node: String {
    """
    { factory.name = support.null-audio-sink
          node.name = \(Self.nodeName)
          node.description = \(Self.quoted(description))
          media.class = Audio/Source/Virtual
          audio.position = [ MONO ]
          object.linger = true }
    """
  }

  var nodeText: String {
    """
    # The virtual microphone \(description.filter { !$0.isNewline }).
    # Made by limpid install-microphone; limpid remove-microphone removes it.
    context.objects = [
      { factory = adapter
        args = \(node)
      }
    ]

    """
  }

  /// The command that the unit runs.
  var command: [String] {
    [executable, "jack", "--pipewire", "--on-demand", "--patient", "--no-start-server", "--name", Self.clientName]
      + inputs.flatMap { ["--input", $0] } + (inputs.count > 1 ? ["--input-channels", "auto"] : []) + [
        "--output", "\(description):input_MONO", "--control",
      ]
  }

  /// The same, whole.
  private var wholeCommand: [String] { command + [Self.socket] + options }

  /// The same for a shell.
  var handCommand: String { Self.handCommand(wholeCommand) }

  // MARK: - What may be among the options

  /// What the unit says itself.
  private static let own = [
    "--channels", "--connect", "--control", "--input", "--input-channels", "--name", "--output",
  ]
  /// What a second start would stumble over, or what ends at once.
  private static let once = ["--explain-latency", "--record", "--save-noise-profile"]

  /// - Throws: `Failure` for options of limpid jack that the unit cannot have, and for what are none.
  static func check(_ options: [String]) throws {
    for word in options {
      let name = String(word.prefix { $0 != "=" })
      if own.contains(name) {
        throw Failure(
          .usage,
          "the virtual microphone has a \(name) of its own; leave it out, and choose what is heard by name and --channel"
        )
      }
      if once.contains(name) {
        throw Failure(
          .usage, "\(name) is for a single run, and the virtual microphone starts at every login; leave it out")
      }
    }
    _ = try parsed(["--no-start-server"] + options)
  }

  /// Reads the unit's command as the unit's limpid will, the files that it names included.
  ///
  /// - Throws: `Failure` and other modules' errors with what would end it.
  func check() throws {
    try Self.check(options)
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

  // MARK: - What the unit says

  static func handCommand(_ words: [String]) -> String {
    words.map { word in
      word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:".contains($0) }
        ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }.joined(separator: " ")
  }

  var unitText: String {
    let words =
      [Self.unitProgram(executable)] + command.dropFirst().map(Self.unitWord) + ["%t/limpid-microphone"]
      + options.map(Self.unitWord)
    // A folder that is gone does not keep it from starting.
    let place = folder.map { "\nWorkingDirectory=-\(Self.specifier($0))" } ?? ""
    return Self.unit(
      description: "the microphone without its noise", after: "pipewire.service wireplumber.service",
      executable: executable, command: words.joined(separator: " "), place: place)
  }

  /// The unit on PulseAudio, whose modules do the rest.
  static func attendantUnit(_ executable: String) -> String {
    unit(
      description: "the microphone rests while nobody listens", after: "pulseaudio.service", executable: executable,
      command: unitProgram(executable) + " attend-microphone")
  }

  private static func unit(
    description: String, after: String, executable: String, command: String, place: String = ""
  ) -> String {
    """
    # Made by limpid install-microphone; limpid remove-microphone removes it.
    [Unit]
    Description=Limpid: \(description)
    After=\(after)
    # Nothing is tried for ever where limpid was removed without this file.
    ConditionFileIsExecutable=\(specifier(executable))
    StartLimitIntervalSec=0

    [Service]
    ExecStart=\(command)\(place)
    # A server that is not there yet is tried again; its restarts limpid waits for itself. Ended on purpose (limpid ctl … quit, the
    # page) it stays so until the next login.
    Restart=on-failure
    RestartSec=2
    Slice=session.slice

    [Install]
    WantedBy=default.target

    """
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\""
  }

  private static func specifier(_ text: String) -> String { text.replacingOccurrences(of: "%", with: "%%") }

  /// The first word of ExecStart, in which $ stands for itself (systemd.service(5), "Command lines").
  static func unitProgram(_ path: String) -> String {
    quoted(specifier(path)).unicodeScalars.reduce(into: "") { text, scalar in
      text += scalar.value < 32 || scalar.value == 127 ? "\\x" + hexadecimal(scalar.value) : String(scalar)
    }
  }

  /// Another word of it.
  static func unitWord(_ text: String) -> String { unitProgram(text).replacingOccurrences(of: "$", with: "$$") }

  private static func hexadecimal(_ value: UInt32) -> String {
    let text = String(value, radix: 16)
    return text.count < 2 ? "0" + text : text
  }
}
