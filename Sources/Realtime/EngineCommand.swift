import Enhancement

/// What a person can ask of a running engine: by a key, a line on the control socket, or a recording played again.
///
/// Every command takes effect between two blocks of the worker, and is written into recordings with its place.
public enum EngineCommand: Sendable, Equatable {
  /// The delayed input instead of the enhanced signal; cross-faded, the latency stays.
  case bypass(Bool)
  /// Learns what is heard during the given time, while only the unwanted sound is: it is removed from then on, voice or not.
  /// Where the model has no tokens for that, the noise reference is heard anew and then kept, as by `freeze`.
  case learn(seconds: Double)
  /// Enough was heard: ends `learn` early.
  case endLearning
  /// Forgets what was learned; every voice stays again.
  case forget
  /// Keeps the noise reference as it is, where less than 0.25 s were heard as soon as it is full; or lets it follow the room again.
  case freeze(Bool)
  /// Forgets the noise heard.
  case clear
  /// Noise is lowered by at most this many dB; nil: no limit.
  case attenuationLimit(Float?)
  /// 1: enhanced only, 0: the delayed input only.
  case mix(Float)
  /// Weight of classifier-free guidance.
  case guidance(Float)
  /// Reverse steps per frame, from 1 to the points of the model's time grid.
  case steps(Int)
  /// Which networks of a model of two are heard; with a model of one it changes nothing.
  case networks(EnhancementSettings.Networks)
}

extension EngineCommand: CustomStringConvertible {
  /// The command as a line of text, which `init(line:)` reads: "bypass on", "limit 12", "steps 2".
  public var description: String {
    switch self {
    case .bypass(let on): "bypass \(on ? "on" : "off")"
    case .learn(let seconds): "learn \(seconds)"
    case .endLearning: "learn end"
    case .forget: "forget"
    case .freeze(let on): "freeze \(on ? "on" : "off")"
    case .clear: "clear"
    case .attenuationLimit(let limit): "limit \(limit.map { "\($0)" } ?? "off")"
    case .mix(let mix): "mix \(mix)"
    case .guidance(let weight): "guidance \(weight)"
    case .steps(let steps): "steps \(steps)"
    case .networks(let networks): "networks \(networks.rawValue)"
    }
  }

  /// Reads a line such as `description` writes; case and extra blanks do not matter. A setting's value is read as
  /// everywhere else; whether the running model has so many steps, the engine says.
  ///
  /// - Throws: `EngineCommandError` with the sentence for the user.
  public init(line: String) throws(EngineCommandError) {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }).map { $0.lowercased() }
    guard let name = words.first, words.count <= 2 else {
      throw EngineCommandError(line: line, expected: Self.allForms)
    }
    let value = words.count == 2 ? words[1] : nil
    func number(_ range: ClosedRange<Double>, _ form: String) throws(EngineCommandError) -> Double {
      guard let value, let number = Double(value), range.contains(number) else {
        throw EngineCommandError(line: line, expected: form)
      }
      return number
    }
    /// With the value for the setting of this key.
    func settings(_ key: String, _ form: String) throws(EngineCommandError) -> EnhancementSettings {
      var settings = EnhancementSettings()
      if let value, (try? settings.set(key: key, text: value)) != nil { return settings }
      throw EngineCommandError(line: line, expected: "\(form), \((try? EnhancementSetting(key: key).range) ?? "")")
    }
    func onOff() throws(EngineCommandError) -> Bool {
      switch value {
      case "on": return true
      case "off": return false
      default: throw EngineCommandError(line: line, expected: "\(name) on, or \(name) off")
      }
    }
    switch name {
    case "bypass": self = .bypass(try onOff())
    case "freeze": self = .freeze(try onOff())
    case "clear" where value == nil: self = .clear
    case "forget" where value == nil: self = .forget
    case "learn" where value == "end": self = .endLearning
    case "learn":
      self = .learn(
        seconds: value == nil
          ? Self.usualLearningSeconds
          : try number(
            Self.learningSeconds,
            "learn SECONDS, \(Self.learningRange) (\(Int(LearningDesk.longest)) at most are learned), or learn end"))
    case "limit" where value == "off": self = .attenuationLimit(nil)
    case "limit":
      self = .attenuationLimit(try settings("attenuation-limit", "limit DECIBELS").attenuationLimitInDecibels)
    case "mix": self = .mix(try settings("mix", "mix SHARE").mix)
    case "guidance": self = .guidance(try settings("guidance", "guidance WEIGHT").guidance)
    case "steps": self = .steps(try settings("steps", "steps COUNT").steps)
    case "networks": self = .networks(try settings("networks", "networks WHICH").networks)
    default: throw EngineCommandError(line: line, expected: Self.allForms)
    }
  }

  /// Seconds that `learn` takes; where tokens are made of what is learned, at least `LearnedNoise.shortest`.
  static let learningSeconds = 0.3...60.0
  /// The same in words.
  static var learningRange: String { "\(learningSeconds.lowerBound) to \(Int(learningSeconds.upperBound))" }
  /// Seconds of `learn` where nobody says how many.
  public static let usualLearningSeconds = 4.0

  /// All forms, for help and errors.
  public static var allForms: String {
    "bypass on|off, learn [SECONDS]|end, forget, freeze on|off, clear, limit DECIBELS|none, mix SHARE, guidance WEIGHT, steps COUNT, "
      + "networks both|first|second"
  }
}

/// A line that is no command.
public struct EngineCommandError: Error, Equatable, CustomStringConvertible {
  /// The line as it was given.
  public let line: String
  /// The forms that could have stood there, for the user.
  public let expected: String
  public var description: String { "“\(line)” is no command; expected: \(expected)" }
}
