import Enhancement

/// Something that the clock or a person decided, at a place in the input that the worker knows.
package struct WorkerEvent: BitwiseCopyable {
  package enum Kind: BitwiseCopyable {
    /// A command took effect before the block at this position.
    case command(CommandValue)
    /// The level in use, of `WorkLevels`, became this one before the block at this position.
    case level(Int)
    /// A channel's frame ended after so many steps. `position` is the frame's index.
    case frameCut(channel: Int, steps: Int)
    /// What was learned had its effect before the block at this position.
    case learned
    /// A channel's frame did not get its noise tokens. `position` is the frame's index.
    case tokensLate(channel: Int)
    /// Input was lost before the block at this position: as many samples.
    case gap(count: Int)
    /// The devices' clocks were found to differ by so much. The resampler stands between engine and device, so the recorded
    /// output does not depend on it.
    case clockDrift(ppm: Double)
    /// Filler.
    case overrun
  }
  /// Samples since the start, or, where it says so, a frame's index.
  package var position: Int
  package var kind: Kind

  package init(position: Int, kind: Kind) {
    self.position = position
    self.kind = kind
  }
}

/// A `EngineCommand` without anything that is counted or allocated.
package enum CommandValue: BitwiseCopyable {
  case bypass(Bool)
  case learn(seconds: Double)
  case endLearning
  case forget
  case freeze(Bool)
  case clear
  case attenuationLimit(Float)  // NaN: none
  case mix(Float)
  case guidance(Float)
  case steps(Int)
  case networks(EnhancementSettings.Networks)

  package init(_ command: EngineCommand) {
    self =
      switch command {
      case .bypass(let on): .bypass(on)
      case .learn(let seconds): .learn(seconds: seconds)
      case .endLearning: .endLearning
      case .forget: .forget
      case .freeze(let on): .freeze(on)
      case .clear: .clear
      case .attenuationLimit(let limit): .attenuationLimit(limit ?? .nan)
      case .mix(let mix): .mix(mix)
      case .guidance(let weight): .guidance(weight)
      case .steps(let steps): .steps(steps)
      case .networks(let networks): .networks(networks)
      }
  }

  package var command: EngineCommand {
    switch self {
    case .bypass(let on): .bypass(on)
    case .learn(let seconds): .learn(seconds: seconds)
    case .endLearning: .endLearning
    case .forget: .forget
    case .freeze(let on): .freeze(on)
    case .clear: .clear
    case .attenuationLimit(let limit): .attenuationLimit(limit.isNaN ? nil : limit)
    case .mix(let mix): .mix(mix)
    case .guidance(let weight): .guidance(weight)
    case .steps(let steps): .steps(steps)
    case .networks(let networks): .networks(networks)
    }
  }
}
