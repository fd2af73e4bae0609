import Foundation

/// What a unit of systemd's says, and how words are quoted in it.
enum UnitText {
  /// - Parameters:
  ///   - device: of which `limpid install-…` the unit is made.
  ///   - command: quoted already (`program`, `word`).
  ///   - folder: in which the command runs; nil: in any.
  ///   - environment: that the command is to have besides its manager's.
  static func unit(
    _ device: VirtualDevice, description: String, after: String, executable: String, command: String,
    folder: String? = nil, environment: [(name: String, value: String)] = []
  ) -> String {
    // A folder that is gone does not keep it from starting.
    let place = folder.map { "\nWorkingDirectory=-\(specifier($0))" } ?? ""
    let variables = environment.map { "Environment=\(program("\($0.name)=\($0.value)"))\n" }.joined()
    return """
      # Made by \(device.installCommand); \(device.removeCommand) removes it.
      [Unit]
      Description=Limpid: \(description)
      After=\(after)
      # Nothing is tried for ever where limpid was removed without this file.
      ConditionFileIsExecutable=\(specifier(executable))
      StartLimitIntervalSec=0

      [Service]
      \(variables)ExecStart=\(command)\(place)
      # A server that is not there yet is tried again; its restarts limpid waits for itself. Ended on purpose (limpid ctl … quit, the
      # page) it stays so until the next login.
      Restart=on-failure
      RestartSec=2
      Slice=session.slice

      [Install]
      WantedBy=default.target

      """
  }

  /// The first word of ExecStart, in which $ stands for itself (systemd.service(5), "Command lines").
  static func program(_ path: String) -> String {
    quoted(specifier(path)).unicodeScalars.reduce(into: "") { text, scalar in
      text += scalar.value < 32 || scalar.value == 127 ? "\\x" + hexadecimal(scalar.value) : String(scalar)
    }
  }

  /// Another word of it.
  static func word(_ text: String) -> String { program(text).replacingOccurrences(of: "$", with: "$$") }

  /// A command for a person's shell.
  static func shell(_ words: [String]) -> String {
    words.map { word in
      word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:".contains($0) }
        ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }.joined(separator: " ")
  }

  /// In double quotes, as systemd and PipeWire read them.
  static func quoted(_ text: String) -> String {
    "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\""
  }

  private static func specifier(_ text: String) -> String { text.replacingOccurrences(of: "%", with: "%%") }

  private static func hexadecimal(_ value: UInt32) -> String {
    let text = String(value, radix: 16)
    return text.count < 2 ? "0" + text : text
  }
}
