import ArgumentParser
import Foundation

/// `limpid install-output`: what others say, clean.
struct InstallOutputCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install-output",
    abstract: "Makes a virtual output for calls: what programs play to it is heard without its noise.",
    discussion: """
      PipeWire gets an output "Limpid (OUTPUT)", from now on and at every login, and systemd a user unit that runs limpid \
      between it and your loudspeakers or headphones. It rests while neither is used. Choose it in a \
      program of calls, or for a lecture in the browser; it is for speech, and takes music for noise. It waits for an output \
      that is not there yet, and for PipeWire's restarts.

        limpid install-output                         before the output that is PipeWire's default now
        limpid install-output Headphones              its name, or a part of it
        limpid install-output --default               and it is the one that programs get that choose none
        limpid install-output -- --model light        after --, options of limpid jack; files are found from this folder
        limpid ctl $XDG_RUNTIME_DIR/limpid-output limit 12          what is set stays

      Two channels are enhanced where the output has two, which takes twice the time of one. PulseAudio without PipeWire has \
      none of this.
      """)

  @Argument(help: "The real output; limpid status lists them.")
  var output: String?

  @Flag(
    name: .customLong("default"), help: "Also make it the output of programs that choose none, until it is removed.")
  var isDefault = false

  @Argument(parsing: .postTerminator, help: "Options of limpid jack.")
  var options: [String] = []

  func validate() throws {
    // What limpid jack does not take is said now, not in a log later.
    guard !options.isEmpty else { return }
    do { try DeviceFiles.check(options, of: .output) } catch { throw ValidationError(Failure(error).sentence) }
  }

  func run() throws {
    do {
      guard try SoundServer.current() == .pipeWire else {
        throw Failure(
          .noInput,
          "the virtual output needs PipeWire, and PulseAudio runs in its place; install it (Debian: pipewire, wireplumber, "
            + "pipewire-pulse, pipewire-jack) and log in again")
      }
      let installation = Installation(device: .output)
      let files = try installation.files(for: output, options: options) { Array($0.ports.prefix(2)) }
      let remarks = try installation.install(files, isDefault: isDefault)
      try putOut(
        isDefault
          ? "\(files.description) is there, as the output of all programs that choose none."
          : "\(files.description) is there: choose it as the output in a program of calls.")
      for remark in remarks { Terminal.complain("note", remark) }
    } catch { throw Failure(error).end() }
  }
}
