import Foundation
import LivePage
import Realtime

/// What the live page shows and does: the engine's, by the lines of the control socket.
final class PageSource: LivePageSource, @unchecked Sendable {
  private let engine: LiveEngine
  private let answers: ControlProtocol
  private let preset: String
  private let encoder = JSONEncoder()
  /// The names of what was learned, and when they were last looked for. The page's thread alone.
  private var profiles: (names: [String], at: Double) = ([], -1)

  /// - Parameter preset: its name.
  init(engine: LiveEngine, answers: ControlProtocol, preset: String) {
    self.engine = engine
    self.answers = answers
    self.preset = preset
    encoder.keyEncodingStrategy = .convertToSnakeCase
  }

  var soundTap: SoundTap? { engine.soundTap }
  var status: LiveStatus? { engine.status }

  func answer(_ line: String) -> String {
    defer { profiles.at = -1 }  // a name may have come
    return answers.answer(line)
  }

  func description(of status: LiveStatus) -> String {
    // A folder is read once a second at most.
    let now = ProcessInfo.processInfo.systemUptime
    if now - profiles.at > 1 || profiles.at < 0 { profiles = ((try? ProfileStore.names()) ?? [], now) }
    return text(
      Description(
        status: StatusJSON(status), canLearn: status.canLearn, profiles: profiles.names))
  }

  var facts: String {
    let budget = engine.latencyBudget
    let parts = budget?.parts.map { part in
      Part(
        name: part.name, ms: part.samples / Double(budget?.sampleRate ?? 1) * 1000, explanation: part.explanation)
    }
    return text(
      Facts(
        networks: engine.networkNames, preset: preset, largestSteps: engine.largestSteps,
        frameDeadlineMs: (engine.status?.frameDeadline ?? 0) * 1000, parts: parts ?? [],
        counters: LiveCounters.all.filter { $0.display != .never }.map {
          Count(key: $0.name.replacing("-", with: "_"), name: $0.name, meaning: $0.meaning)
        }))
  }

  private func text(_ value: some Encodable) -> String {
    (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// A status and, in the same object, what the page needs besides.
  private struct Description: Encodable {
    let status: StatusJSON
    let canLearn: Bool
    let profiles: [String]

    func encode(to encoder: any Encoder) throws {
      try status.encode(to: encoder)
      var object = encoder.container(keyedBy: Key.self)
      try object.encode(canLearn, forKey: .canLearn)
      try object.encode(profiles, forKey: .profiles)
    }
    private enum Key: CodingKey { case canLearn, profiles }
  }

  private struct Facts: Encodable {
    let networks: [String]
    let preset: String
    let largestSteps: Int
    let frameDeadlineMs: Double
    let parts: [Part]
    let counters: [Count]
  }
  private struct Part: Encodable {
    let name: String
    let ms: Double
    let explanation: String
  }
  /// `key` is that of the description, in which the encoder has words joined by underscores.
  private struct Count: Encodable { let key, name, meaning: String }
}
