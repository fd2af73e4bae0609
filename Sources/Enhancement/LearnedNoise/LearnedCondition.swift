import Ground
import ScoreModel

/// What was learned, and whether it is to be removed just now.
///
/// With a voice's tokens the network takes the weaker of two voices for it, also where only others speak. So a voice may be removed
/// only while it is heard (`EnhancementSettings.LearnedVoices`). Any other sound is removed all the time. The decision follows
/// from the sound alone.
///
/// One thread; nothing but `init` allocates or locks.
struct LearnedCondition: ~Copyable {
  /// Logit of the activity from which a voice is taken to be there, and below which it is taken to be gone.
  ///
  /// Below 0, where both would be as likely: to miss the voice costs more than to take another for it (tools/training/LEDGER.md).
  static var opening: Float { -0.5 }
  static var closing: Float { -1 }

  let tokens: FloatMemory  // (tokenFloatCount)
  /// Numbers of a voice's embedding.
  let voiceSize: Int
  private var activity: SpeakerActivity?
  private var hasTokens = false
  /// Whether removal waits for a voice to be heard.
  private var waits = false
  /// Whether a voice is heard in this channel.
  private(set) var isHeard = false
  /// Whether it is in a channel that this one is linked with.
  private var isHeardElsewhere = false

  /// - Parameters:
  ///   - tokenFloatCount: of what was learned; 0: nothing ever is.
  ///   - voiceSize: numbers of a voice's embedding.
  ///   - activity: tells voices apart; nil: nothing does.
  init(tokenFloatCount: Int = 0, voiceSize: Int = 1, activity: consuming SpeakerActivity? = nil) {
    self.voiceSize = voiceSize
    tokens = FloatMemory(tokenFloatCount)
    self.activity = activity
  }

  /// Whether it is to be removed now.
  var isInForce: Bool { hasTokens && (!waits || isHeard || isHeardElsewhere) }
  /// Whether frames are to be heard; a state that is not of the whole stream would be of use to nobody.
  var hearsVoices: Bool { activity != nil }

  /// Takes what was learned.
  ///
  /// - Parameters:
  ///   - values: (tokenFloatCount), copied; nil: nothing was.
  ///   - voices: (voiceCount, voiceSize), copied; nil: it is removed all the time.
  mutating func set(_ values: UnsafePointer<Float>?, voices: UnsafePointer<Float>?, voiceCount: Int) {
    if let values { copyFloats(values, to: tokens.base, count: tokens.count) }
    hasTokens = values != nil
    isHeard = false
    isHeardElsewhere = false
    waits = false
    if hasTokens, let voices, activity != nil {
      waits = true
      activity!.listen(for: voices, count: voiceCount)
    }
  }

  /// Hears a frame.
  ///
  /// - Parameter magnitudes: (bins), compressed, as the network hears them.
  /// - Returns: whether `isInForce` has changed.
  mutating func hear(_ magnitudes: UnsafePointer<Float>) -> Bool {
    guard activity != nil, let logit = activity!.push(magnitudes), waits else { return false }
    let before = isInForce
    isHeard = logit > (isHeard ? Self.closing : Self.opening)
    return isInForce != before
  }

  /// Hears from linked channels whether a voice is heard in any.
  ///
  /// - Returns: whether `isInForce` has changed.
  mutating func share(_ isHeardAnywhere: Bool) -> Bool {
    let before = isInForce
    isHeardElsewhere = waits && isHeardAnywhere
    return isInForce != before
  }

  /// Nothing was heard yet; what was learned stays.
  mutating func reset() {
    isHeard = false
    isHeardElsewhere = false
    if activity != nil { activity!.reset() }
  }
}

extension EnhancementModel {
  /// For one channel.
  func makeLearnedCondition(_ voices: EnhancementSettings.LearnedVoices) -> LearnedCondition {
    guard hearsLearnedNoise else { return LearnedCondition() }
    let size = learningNetworks.reduce(0) { $0 + $1.configuration.tokenCount * $1.configuration.tokenDimension }
    guard voices == .heard, let weights = speakerWeights, let speaker = weights.speaker else {
      return LearnedCondition(tokenFloatCount: size)
    }
    return LearnedCondition(
      tokenFloatCount: size, voiceSize: speaker.configuration.embedding, activity: SpeakerActivity(weights))
  }
}
