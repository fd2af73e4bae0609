import ArgumentParser
import AudioFiles
import Ground

/// `limpid`: the command line. One file a command.
@main
struct Limpid: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limpid",
    abstract: "Makes noisy speech clear, frame by frame, on an ordinary CPU.",
    discussion: """
        limpid enhance noisy.wav -o clean.wav   one file
        limpid enhance recordings/ -o clean/    a folder, in parallel
        limpid live                             ALSA: microphone in, clean speech out
        limpid jack --connect                   the same in a JACK graph
        limpid install-microphone               a clean microphone for every program
        limpid install-output                   what others say without its noise
        limpid status                           how these two do
        limpid remove-microphone                takes it away; remove-output the other
        limpid devices                          what there is to listen and play to
        limpid ctl SOCKET bypass on             a command to a running live or jack
        limpid replay SESSION/                  what --record kept, to the bit
        limpid bench                            what this machine can run live
        limpid learn tv.wav --name tv           a sound that --remove tv takes away
        limpid profiles                         what was learned
        limpid presets                          what --preset can name
        limpid info clean.wav                   rate, channels, length
        limpid figure noisy.wav clean.wav       a picture of both

      Exit codes:
         0  all went well
        64  wrong use
        65  input that is no sound or is damaged
        66  input, a device or a server that is not there or cannot be used
        70  a fault of the program, or it is too busy just now: try again
        73  an output that cannot be made, or would replace something
        74  writing failed in the middle
        78  a preset, weights file or noise profile that cannot be used
       130  interrupted

      q, Ctrl-C and SIGTERM are the usual ends of limpid live and limpid jack: 0.
      Of several files all are tried; the code is that of the first that failed.
      """,
    version: "limpid 0.2.1",
    subcommands: [
      EnhanceCommand.self, LiveCommand.self, JackCommand.self, DevicesCommand.self, ControlCommand.self,
      ReplayCommand.self, BenchCommand.self, LearnCommand.self, ProfilesCommand.self, PresetsCommand.self,
      InfoCommand.self, FigureCommand.self, InstallMicrophoneCommand.self, RemoveMicrophoneCommand.self,
      InstallOutputCommand.self, RemoveOutputCommand.self, StatusCommand.self, UninstallCommand.self,
      AttendMicrophoneCommand.self,
    ])

  /// Parses and runs. Wrong use, too, is one sentence that begins with the program's name.
  static func main() {
    keepStandardDescriptors()
    ignoreSignalsOfWriting()
    do {
      let arguments = Array(FileName.arguments.dropFirst())
      ignoreTooNarrow()
      try refuseHelpOfNothing(arguments)
      try refuseNoCommand(arguments)
      var command = try parseAsRoot(arguments)
      // Of files alone: what JACK and ALSA print at a device is of use.
      if command is EnhanceCommand || command is LearnCommand || command is InfoCommand || command is FigureCommand {
        LibraryMessages.silence()
      }
      try command.run()
    } catch {
      // Help, a version, a shell's completions: what is printed may not fit on a disk.
      if exitCode(for: error) == .success {
        let text = fullMessage(for: error)
        do { if !text.isEmpty { try putOut(text) } } catch { exit(withError: Failure(error).end()) }
        exit(withError: ExitCode.success)
      }
      let sentence = message(for: error)
      guard exitCode(for: error) == .validationFailure, !sentence.isEmpty else { exit(withError: error) }
      let name = CommandLine.arguments.dropFirst().first { argument in
        configuration.subcommands.contains { $0.configuration.commandName == argument }
      }
      let help = (["limpid"] + [name].compactMap(\.self) + ["--help"]).joined(separator: " ")
      let first = sentence.split(separator: "\n").first.map(String.init) ?? sentence
      Terminal.complain("error", (first.hasSuffix(".") ? String(first.dropLast()) : first) + " (see \(help))")
      exit(withError: ExitCode.validationFailure)
    }
  }

  /// Help is folded to $COLUMNS, and says nothing in a width of none.
  private static func ignoreTooNarrow() {
    if let columns = getenv("COLUMNS"), (Int(String(cString: columns)) ?? 0) < 20 { unsetenv("COLUMNS") }
  }

  /// A first word that is no command's would be told as an argument too many.
  private static func refuseNoCommand(_ arguments: [String]) throws {
    guard let name = arguments.first, !name.hasPrefix("-"), name != "help",
      !configuration.subcommands.contains(where: { $0.configuration.commandName == name })
    else { return }
    let remedy = Files.kind(name) == nil ? "" : "; to enhance a file or folder: limpid enhance \(name)"
    throw ValidationError("there is no command '\(name)'\(remedy)")
  }

  /// `limpid help NAME` says nothing of a name that is no command's.
  private static func refuseHelpOfNothing(_ arguments: [String]) throws {
    guard arguments.count > 1, arguments[0] == "help" else { return }
    let name = arguments[1]
    let isCommand = configuration.subcommands.contains { $0.configuration.commandName == name }
    guard isCommand || name == "help" || name.hasPrefix("-") else {
      throw ValidationError("there is no command '\(name)'")
    }
  }
}
