import Enhancement

/// What a session begins with: everything that its output depends on, besides the input and what is decided on the way
/// (`SessionEvent`).
public struct SessionStart: Sendable {
  /// What the device runs at, the same from the session's start to its end.
  public let format: StreamFormat
  /// Samples per channel between a block's input and its output, the enhancer's own latency left out.
  public let lead: Int
  /// The settings wished, as far as this machine manages them.
  public let settings: EnhancementSettings
  /// How much of them runs at the start, which the machine's speed may have lowered: steps, and one more for what else is not left
  /// out: a second network, a second pass (`WorkLevels`).
  public let level: Int
  /// What `level` may be above the steps (`WorkLevels.rungs`).
  package static var mostLevelsBeyondSteps: Int { 3 }
  /// The weights; nil for the method `wiener`.
  public let model: EnhancementModel?
  /// Noise heard before; nil: none.
  public let profile: NoiseProfile?
  /// Whether the noise reference stays at `profile`; where that has less than 0.25 s, or is none, as soon as it is full.
  public let isFrozen: Bool

  /// What is removed from the start.
  public let learned: [LearnedNoise]
  /// Whether the last of it was learned live, so that what is learned next comes in its place.
  public let endsLive: Bool

  var named: [LearnedNoise] { endsLive ? learned.dropLast() : learned }
  var live: LearnedNoise? { endsLive ? learned.last : nil }

  package init(
    format: StreamFormat, lead: Int, settings: EnhancementSettings, level: Int, model: EnhancementModel?,
    profile: NoiseProfile?, isFrozen: Bool, learned: [LearnedNoise] = [], endsLive: Bool = false
  ) {
    self.format = format
    self.lead = lead
    self.settings = settings
    self.level = level
    self.model = model
    self.profile = profile
    self.isFrozen = isFrozen
    self.learned = learned
    self.endsLive = endsLive
  }
}
