/// What the clock or a person decided in a session: with its input and its start, all that its output depends on.
package enum SessionEvent: Equatable, Sendable {
  /// A command took effect before the block at this position.
  case command(position: Int, EngineCommand)
  /// As much of what is wished ran from the block at this position on (`WorkLevels`).
  case level(position: Int, Int)
  /// As many samples of the input were lost before the block at this position.
  case gap(position: Int, count: Int)
  /// The devices' clocks were found to differ by so much; the output does not depend on it.
  case clockDrift(position: Int, ppm: Double)
  /// A channel's frame ended after so many steps.
  case frameCut(frame: Int, channel: Int, steps: Int)
  /// A channel's frame did not get its noise tokens.
  case tokensLate(frame: Int, channel: Int)
  /// What was learned had its effect before the block at this position.
  case learned(position: Int)
  /// As many samples of the output, from this position on, are the delayed input at a gain.
  case dry(position: Int, count: Int, gain: Float)

  /// nil for the ring's filler.
  package init?(_ event: WorkerEvent) {
    switch event.kind {
    case .command(let value): self = .command(position: event.position, value.command)
    case .level(let level): self = .level(position: event.position, level)
    case .gap(let count): self = .gap(position: event.position, count: count)
    case .clockDrift(let ppm): self = .clockDrift(position: event.position, ppm: ppm)
    case .frameCut(let channel, let steps): self = .frameCut(frame: event.position, channel: channel, steps: steps)
    case .tokensLate(let channel): self = .tokensLate(frame: event.position, channel: channel)
    case .learned: self = .learned(position: event.position)
    case .overrun: return nil
    }
  }

  package init(_ span: DrySpan) { self = .dry(position: span.position, count: span.count, gain: span.gain) }
}
