import Enhancement
import Realtime

/// What a key asks for.
enum KeyAction: Equatable {
  case command(EngineCommand)
  case quit
  case help

  /// nil for a key without meaning.
  init?(_ key: Character, status: LiveStatus) {
    let limit = status.settings.attenuationLimitInDecibels
    switch key {
    case "b": self = .command(.bypass(!status.settings.bypass))
    // Without tokens for it, learning hears the noise reference anew, which is not ended early.
    case "l" where status.canLearn && status.learning != nil: self = .command(.endLearning)
    case "l": self = .command(.learn(seconds: EngineCommand.usualLearningSeconds))
    case "L": self = .command(.forget)
    case "f": self = .command(.freeze(!(status.isFrozen || status.freezesWhenHeard)))
    case "c": self = .command(.clear)
    // Up: more is taken away, until there is no limit; down from no limit begins at 30 dB.
    case "+", "=": self = .command(.attenuationLimit(limit.flatMap { $0 >= 30 ? nil : $0 + 3 }))
    case "-", "_": self = .command(.attenuationLimit(limit.map { max(0, $0 - 3) } ?? 30))
    case "1"..."8": self = .command(.steps(key.wholeNumberValue!))
    case "n" where status.networkNames.count == 2:
      self = .command(.networks(Self.next[status.settings.networks] ?? .both))
    case "q", "\u{4}": self = .quit
    case "?", "h": self = .help
    default: return nil
    }
  }

  private static let next: [EnhancementSettings.Networks: EnhancementSettings.Networks] = [
    .both: .first, .first: .second, .second: .both,
  ]
}
