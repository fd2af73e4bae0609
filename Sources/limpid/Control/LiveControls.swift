import Enhancement
import Foundation
import Realtime

/// What can be asked of a running engine; `LiveEngine`, or a test's stand-in. Any ordinary thread.
protocol LiveControls: AnyObject, Sendable {
  var status: LiveStatus? { get }
  func send(_ command: EngineCommand) throws
  /// What was learned live; nil: nothing was.
  var learnedNoise: LearnedNoise? { get }
  /// Removes these sounds, instead of those that were removed by name so far.
  func remove(_ sounds: [LearnedNoise], named names: [String]) throws
}

extension LiveEngine: LiveControls {}

/// The lines of the control socket and the live page: a command, "status", "profiles", "save NAME", "use NAME …", "page" or "quit",
/// each with one line as its answer.
struct ControlProtocol: Sendable {
  let controls: any LiveControls
  /// The live page's address, with the token: for who may open the socket. nil: there is none.
  var page: String?
  let quit: @Sendable () -> Void

  /// How an answer begins that says what may be otherwise in a moment.
  static let busy = "error: busy: "

  /// A status object, names, an address, "ok", or "error: " and a sentence.
  func answer(_ line: String) -> String {
    switch line.trimmingCharacters(in: .whitespaces).lowercased() {
    case "status": return controls.status.map { StatusJSON($0).line } ?? Self.busy + "nothing runs yet; try again"
    case "page": return page ?? "error: no live page is served; start limpid with --web 0"
    case "quit":
      quit()
      return "ok"
    default:
      do {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
        if words.count == 1, words[0].lowercased() == "profiles" {
          return try ProfileStore.names().joined(separator: " ")
        }
        if words.count == 2, words[0].lowercased() == "save" {
          try save(String(words[1]))
          return "ok"
        }
        if words.first?.lowercased() == "use" {
          try use(words.dropFirst().map(String.init))
          return "ok"
        }
        try controls.send(try EngineCommand(line: line))
        return "ok"
      } catch {
        let sentence = ((error as? Failure)?.sentence ?? "\(error)")
          .split(whereSeparator: \.isNewline).joined(separator: " ")
        let namesAll = (error as? EngineCommandError)?.expected == EngineCommand.allForms
        let passes = (error as? LiveError)?.passes == true || (error as? Failure)?.code == .software
        return (passes ? Self.busy : "error: ") + sentence
          + (namesAll ? ", \(Self.ownForms)" : "")
      }
    }
  }

  /// What is no `EngineCommand`.
  static let ownForms = "profiles, save NAME, use [NAME …], page, status, quit"

  /// Removes what was learned under these names, and under no other; no name: none of them.
  private func use(_ names: [String]) throws {
    try controls.remove(try names.map { try ProfileStore.load($0) }, named: names)
  }

  private func save(_ name: String) throws {
    guard let noise = controls.learnedNoise else {
      throw Failure(.software, "nothing was learned yet; send learn first, while the unwanted sound is heard alone")
    }
    try ProfileStore.save(noise, as: name, replacing: true)
  }
}

extension LiveError {
  /// Whether the same command may be taken in a moment.
  fileprivate var passes: Bool {
    switch self {
    case .busy, .learning, .notRunning: true
    case .tooSlow, .noThread, .badOption: false
    }
  }
}
