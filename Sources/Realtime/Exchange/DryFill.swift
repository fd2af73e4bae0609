import Ground

/// What is played where the enhanced signal is missing: the delayed input at the last gain, without a click at either end.
///
/// At each change between enhanced and delayed input the output goes on from its last sample: the difference to the new
/// source is added and fades out over 5 ms. One thread; nothing allocates after `init`.
struct DryFill: ~Copyable {
  /// Seconds over which a difference fades out.
  static var fadeSeconds: Double { 0.005 }

  private let channelCount: Int
  private let fadeLength: Int
  private let last: FloatMemory  // (channelCount), the newest output sample
  private let offset: FloatMemory  // (channelCount), the difference at the last change
  private var fadeLeft = 0
  private(set) var isDry = false
  private var gain: Float = 1

  init(channelCount: Int, sampleRate: Int) {
    self.channelCount = channelCount
    fadeLength = max(1, Int(Self.fadeSeconds * Double(sampleRate)))
    last = FloatMemory(channelCount)
    offset = FloatMemory(channelCount)
  }

  /// Turns `count` ≥ 1 samples of the source in `channels`, beginning at `start`, into output, in place.
  ///
  /// - Parameters:
  ///   - dry: whether the samples are the delayed input; else they are the enhanced signal.
  ///   - newGain: for the delayed input, where a span of it begins.
  @_noLocks
  mutating func render(
    _ channels: UnsafePointer<UnsafeMutablePointer<Float>>, from start: Int, count: Int, dry: Bool, gain newGain: Float
  ) {
    let begins = dry != isDry
    if begins {
      isDry = dry
      gain = dry ? newGain : 1
      fadeLeft = fadeLength
    }
    let factor = gain
    let faded = min(count, fadeLeft)
    for channel in 0..<channelCount {
      let samples = channels[channel] + start
      if dry { for n in 0..<count { samples[n] *= factor } }
      if begins { offset[channel] = last[channel] - samples[0] }
      let step = offset[channel] / Float(fadeLength)
      for n in 0..<faded { samples[n] += step * Float(fadeLeft - n) }
      last[channel] = samples[count - 1]
    }
    fadeLeft -= faded
  }
}
