import Foundation

/// Other programs that the virtual microphone is made with: those of PipeWire, PulseAudio and systemd.
enum Tool {
  struct Result {
    let code: Int32
    let output: Data
  }

  /// Seconds after which a program that does not end is ended.
  private static let patience = 20

  /// Runs a program and waits for its end. What it says on standard error is dropped.
  ///
  /// - Parameter package: Debian's name of what holds it.
  /// - Throws: `Failure` where it is not installed.
  static func run(_ name: String, _ arguments: [String], package: String) throws -> Result {
    let (process, output) = try start("timeout", ["\(patience)", name] + arguments, as: name)
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus != 127 else {
      throw Failure(.noInput, "\(name) is not installed; install it (Debian: \(package))")
    }
    return Result(code: process.terminationStatus, output: data)
  }

  /// Starts a program that env finds, in the language of programmers, which pactl translates otherwise, with names in UTF-8. env and
  /// timeout, which may bound it, say 127 where it is not there.
  ///
  /// - Parameter shown: its name in messages.
  /// - Throws: `Failure` where no process can be started.
  static func start(_ name: String, _ arguments: [String], as shown: String? = nil) throws -> (Process, output: Pipe) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["LC_ALL=C.UTF-8", name] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch {
      throw Failure(.software, "\(shown ?? name) cannot be started (\(error.localizedDescription)); end other programs")
    }
    return (process, output)
  }
}
