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
    // What is not finite would be so in sums, too.
    var sound = opening.map { StreamingChain<NetworkPair>.isSound($0) ? $0 : 0 }
    leadBack(&sound, samples: samples, over: min(samples / 2, rate * Self.wayBackMilliseconds / 1000))
    sound.withUnsafeMutableBufferPointer { process(interleaved: UnsafeBufferPointer($0), into: $0) }
    forgetCounts()
  }

  /// Several frames of the network: the seam is over in those with the recording's first samples, and so is what the high-pass makes of
  /// an offset there.
  private static var wayBackMilliseconds: Int { 100 }

  /// The end becomes a way back to the beginning, which is heard next: the beginning itself in reverse, faded in over the first quarter. A
  /// step of a sample would be a click in the first frame, one of the level, such as a fade to nothing makes, a sound that has just begun.
  ///
  /// - Parameter length: samples.
  private func leadBack(_ sound: inout [Float], samples: Int, over length: Int) {
    let fade = length / 4
    for n in 0..<length {
      // Of equal power: noise keeps its level.
      let angle = n < fade ? 0.5 * Double.pi * (Double(n) + 0.5) / Double(fade) : 0.5 * Double.pi
      let (going, coming) = (Float(cosine(angle)), Float(sine(angle)))
      for channel in 0..<channelCount {
        let place = (samples - length + n) * channelCount + channel
        sound[place] = going * sound[place] + coming * sound[(length - n) * channelCount + channel]
      }
    }
  }

  /// Gives the first frame the number that it has in a recording of which this is a span: the sampler's noise and the schedule of the
  /// noise reference are then those of the whole. Before anything was processed, after a noise profile was set.
  ///
  /// - Parameter frame: of the model's frames, from 0; a warm-up of the whole has frames too.
  package mutating func number(firstFrame frame: Int) {
    precondition(enhancers[0].frameCount == 0 && frame >= 0, "frames are numbered before there are any")
    for channel in 0..<channelCount { withChannel(channel) { $0.chain.frames.frameIndex = frame } }
  }

  /// What was processed until now is not counted.
  package mutating func forgetCounts() {
    for channel in 0..<channelCount { withChannel(channel) { $0.chain.forgetCounts() } }
  }
}
