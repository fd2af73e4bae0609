import Ground
import ScoreModel

// Recordings only: live there is nothing to hear beforehand.
extension MultichannelEnhancer {
  /// Hears the beginning of a recording before it is enhanced, so that its first words are not the price of getting to know
  /// voice and room.
  ///
  /// Call it before the first block, then enhance the recording from its beginning. What `process` gives first, the
  /// `latencyInSamples` before the recording's first sample, is then the end of the warm-up instead of silence. Statistics
  /// count from here. Two seconds are enough (tools/training/LEDGER.md). Not for the real-time path: it allocates.
  ///
  /// - Parameter opening: (samples, channelCount) interleaved, the samples a multiple of the granularity.
  public mutating func warmUp(interleaved opening: UnsafeBufferPointer<Float>) {
    precondition(
      opening.count % (channelCount * granularity) == 0,
      "warmUp takes whole samples of all channels, a multiple of the granularity")
    let samples = opening.count / channelCount
    let rate = withChannel(0) { $0.sampleRate }
    // The last 10 ms fade out: the step back to the beginning would be a click in the first frame.
    let fade = min(samples, rate * StreamingChain<ScoreNetwork>.fadeMilliseconds / 1000)
    var sound = Array(opening)
    for n in 0..<fade {
      let weight = Float(fade - 1 - n) / Float(fade)
      for channel in 0..<channelCount { sound[(samples - fade + n) * channelCount + channel] *= weight }
    }
    sound.withUnsafeMutableBufferPointer { process(interleaved: UnsafeBufferPointer($0), into: $0) }
    for channel in 0..<channelCount { withChannel(channel) { $0.chain.forgetCounts() } }
  }
}
