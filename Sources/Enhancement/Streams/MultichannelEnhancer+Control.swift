import Ground
import ScoreModel
import SignalProcessing

// What somebody changes while the stream runs, on the thread that runs it: nothing here allocates, locks or waits, but
// for what says so.
extension MultichannelEnhancer {
  /// Makes room for learning from the stream itself (`beginLearning`), if the model has tokens for what is learned. Allocates.
  package mutating func prepareLearning(_ model: EnhancementModel?) {
    learning = StreamLearning(model: model, channelCount: channelCount)
  }

  /// Learns what sounds from now on, until `endLearning` or until 5 s are full, as noise that is to be removed; it has its
  /// effect half a second after the end. Where too little was heard, what was learned before stays.
  ///
  /// With a model that has no tokens for learned noise, the noise reference is what learns: it is emptied, and frozen at the
  /// end.
  public mutating func beginLearning() {
    if learning != nil {
      learning!.begin()
    } else {
      clearNoiseReferences()
      holdNoiseReferences(false)
    }
  }

  /// Ends what `beginLearning` began, where it has not ended by itself; else nothing happens. With a model that has no tokens for learned
  /// noise, the noise reference is held (`holdNoiseReferences`), whatever began.
  public mutating func endLearning() {
    if learning != nil { learning!.end() } else { holdNoiseReferences(true) }
  }

  /// Forgets what was learned.
  public mutating func forgetLearned() {
    if learning != nil { learning!.forget() }
    for channel in 0..<channelCount { enhancers[channel].chain.frames.setLearnedTokens(nil) }
  }

  /// Keeps all references as they are, or lets them follow the room. Where too little was heard to keep (0.25 s), they go on
  /// until they are full.
  public mutating func holdNoiseReferences(_ isHeld: Bool) {
    holdsWhenFull = isHeld && noiseReferenceFrameCount < frameFormat.shortestReference
    freezeNoiseReferences(isHeld && !holdsWhenFull)
  }

  /// Whether the references stay as they are, or will once they are full.
  package var holdsNoiseReferences: Bool { isNoiseReferenceFrozen || holdsWhenFull }

  /// After every frame of all channels.
  mutating func followControl() {
    if holdsWhenFull && noiseReferenceFrameCount >= referenceFrames {
      holdsWhenFull = false
      freezeNoiseReferences(true)
    }
    guard learning != nil else { return }
    for channel in 0..<channelCount {
      learning!.note(energy: enhancers[channel].chain.frames.analysis.energy, channel: channel)
    }
    if learning!.isListening {
      let channel = learning!.chosenChannel()
      if channel >= 0 { learning!.keep(enhancers[channel].chain.frames.analysis.newestHop) }
    }
    guard let learned = learning!.work() else { return }
    for channel in 0..<channelCount {
      enhancers[channel].chain.frames.setLearned(
        learned.tokens, voices: learned.voice, voiceCount: learned.voice == nil ? 0 : 1)
    }
  }

  private var referenceFrames: Int { enhancers[0].chain.frames.reference.length }
}
