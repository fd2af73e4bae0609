import ArgumentParser
import Foundation
import Ground
import Realtime

/// `limpid ctl`: commands to a running `limpid live` or `limpid jack`.
struct ControlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl", abstract: "Sends a command to a running limpid live or limpid jack.",
    discussion: """
      Commands: \(EngineCommand.allForms), \(ControlProtocol.ownForms). limit off and limit none are the \
      same, no limit. Without a command, lines are read from standard input.

        limpid ctl /run/user/1000/limpid bypass on
        limpid ctl /run/user/1000/limpid limit 12
        limpid ctl /run/user/1000/limpid status

      page answers with the address of the live page (--web). What cannot be done just now, as something is being learned or \
      nothing runs yet, ends with 70: try again. status answers with one line of JSON. Counted since the start are in it:

      \(counters)
      """)

  /// As `StatusJSON` names them.
  private static var counters: String {
    LiveCounters.all.map { "  \($0.name.replacing("-", with: "_")): \($0.meaning)" }
      .joined(separator: "\n")
  }

  @Argument(help: "The socket that was named with --control.", completion: .file())
  var socket: String

  @Argument(parsing: .captureForPassthrough, help: "The command.")
  var command: [String] = []

  func run() throws {
    Interruption.prepare()
    do {
      let connection = try ControlConnection(socket)
      defer { connection.close() }
      if command.isEmpty {
        while let line = readLine() { try put(connection.ask(line)) }
      } else {
        try put(connection.ask(command.joined(separator: " ")))
      }
    } catch { throw Failure(error).end() }
  }

  /// - Throws: `Failure` where the answer is that of an error.
  private func put(_ answer: String) throws {
    if answer.hasPrefix(ControlProtocol.busy) {
      throw Failure(.software, String(answer.dropFirst(ControlProtocol.busy.count)))
    }
    if answer.hasPrefix("error: ") { throw Failure(.usage, String(answer.dropFirst(7))) }
    try putOut(answer)
  }
}
