import Foundation
import Realtime

/// What can be asked of a running engine; `LiveEngine`, or a test's stand-in. Any ordinary thread.
protocol LiveControls: AnyObject, Sendable {
  var status: LiveStatus? { get }
  func send(_ command: LiveCommand) throws
}

extension LiveEngine: LiveControls {}

/// The lines of the control socket: a command, "status" or "quit", each with one line as its answer.
struct ControlProtocol: Sendable {
  let controls: any LiveControls
  let quit: @Sendable () -> Void

  /// A status object, "ok", or "error: " and a sentence.
  func answer(_ line: String) -> String {
    switch line.trimmingCharacters(in: .whitespaces).lowercased() {
    case "status": return controls.status.map { StatusJSON($0).line } ?? "error: nothing runs yet; try again"
    case "quit":
      quit()
      return "ok"
    default:
      do {
        try controls.send(try LiveCommand(line: line))
        return "ok"
      } catch {
        let sentence = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
        let namesAll = (error as? LiveCommandError)?.expected == LiveCommand.allForms
        return "error: " + sentence + (namesAll ? ", status, quit" : "")
      }
    }
  }
}
