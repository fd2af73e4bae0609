import Ground

// What a live worker needs between blocks; nothing here allocates or locks.
extension MultichannelEnhancer {
  /// Nanoseconds of the monotonic clock after which a frame begins no further step, for all channels; 0: no limit.
  public mutating func setDeadline(_ nanoseconds: UInt64) {
    for channel in 0..<channelCount { enhancers[channel].deadline = nanoseconds }
  }

  /// Frames seen, the same in all channels.
  public var frameCount: Int { enhancers[0].frameCount }

  /// Hands over what the clock decided since the last time: channel by channel, oldest first.
  package mutating func takeDecisions(_ body: (_ channel: Int, _ decision: FrameDecision) -> Void) {
    for channel in 0..<channelCount { enhancers[channel].takeDecisions { body(channel, $0) } }
  }

  /// Frames cut short and refreshes of the noise tokens that came late, all channels.
  public var missed: (reducedFrames: Int, lateReferences: Int) {
    var sum = (reducedFrames: 0, lateReferences: 0)
    for channel in 0..<channelCount {
      let missed = enhancers[channel].missed
      sum.reducedFrames += missed.reducedFrames
      sum.lateReferences += missed.lateReferences
    }
    return sum
  }

  /// Energies since the start, all channels, as `EnhancementStatistics` has them.
  public var energies: (input: Double, output: Double, noiseInput: Double, noiseOutput: Double) {
    var sum = (input: 0.0, output: 0.0, noiseInput: 0.0, noiseOutput: 0.0)
    for channel in 0..<channelCount {
      let energies = enhancers[channel].energies
      sum.input += energies.input
      sum.output += energies.output
      sum.noiseInput += energies.noiseInput
      sum.noiseOutput += energies.noiseOutput
    }
    return sum
  }

  /// What was counted since the start, all channels: `statistics` without its histogram, for who asks after every frame.
  public var counts: EnhancementCounts {
    var sum = enhancers[0].chain.frames.counts
    for channel in 1..<channelCount { sum += enhancers[channel].chain.frames.counts }
    return sum
  }

  /// Whether the networks of all channels rest.
  public var isResting: Bool {
    for channel in 0..<channelCount where !enhancers[channel].isResting { return false }
    return true
  }

  /// Whether what was learned is being removed from any channel just now.
  public var isRemovingLearned: Bool {
    for channel in 0..<channelCount where enhancers[channel].chain.frames.learned.isInForce { return true }
    return false
  }

  /// Forgets the noise heard, in all channels.
  public mutating func clearNoiseReferences() {
    for channel in 0..<channelCount { enhancers[channel].clearNoiseReference() }
  }

  /// Keeps all references as they are, or lets them follow the room.
  public mutating func freezeNoiseReferences(_ isFrozen: Bool) {
    for channel in 0..<channelCount { enhancers[channel].freezeNoiseReference(isFrozen) }
  }

  /// Whether the references stay as they are, as the first channel's tells.
  public var isNoiseReferenceFrozen: Bool { enhancers[0].isNoiseReferenceFrozen }

  /// Frames in the reference of the channel that has most.
  public var noiseReferenceFrameCount: Int { enhancers[fullestChannel].noiseReferenceFrameCount }

  /// The noise heard in the channel that has heard most of it, to be saved; nil where no channel has heard any. Allocates.
  public func noiseProfile() -> NoiseProfile? { enhancers[fullestChannel].noiseProfile() }

  /// The same, without allocating, as `StreamingEnhancer` does.
  package func copyNoiseReference(into magnitudes: UnsafeMutablePointer<Float>) -> Int {
    enhancers[fullestChannel].copyNoiseReference(into: magnitudes)
  }

  /// The channel whose reference has most frames, of several the first: one that is silent all the time has none.
  private var fullestChannel: Int {
    var fullest = 0
    for channel in 1..<channelCount
    where enhancers[channel].noiseReferenceFrameCount > enhancers[fullest].noiseReferenceFrameCount {
      fullest = channel
    }
    return fullest
  }

  /// Frames since the newest one in any reference; −1: there is none, or only a profile's.
  public var noiseReferenceAge: Int {
    var newest = -1
    for channel in 0..<channelCount { newest = max(newest, enhancers[channel].newestNoiseFrame ?? -1) }
    return newest < 0 ? -1 : frameCount - 1 - newest
  }
}
