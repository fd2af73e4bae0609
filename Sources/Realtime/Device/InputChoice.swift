import Ground

/// Which of a device's input channels a stream of one channel hears.
package enum InputChannels: Sendable, Equatable {
  /// The one with the voice (`InputChoice`); streams of several channels take them one by one.
  case automatic
  /// These, counted from 1; as many as the stream has channels.
  case numbers([Int])
}

/// One channel of several: the one with the voice, and with it those that hear the same in phase.
///
/// A microphone on one input of four must not be averaged with three that are empty, nor one whose pair is wired the other way
/// round with its opposite. What a channel holds above its own noise floor says whether it has the voice; a channel that is
/// correlated with the chosen one (above 0.9, within 3 dB) is averaged with it, which keeps the level and takes off noise.
/// Changes are faded over 20 ms. Memory is made in `init`; `process` allocates nothing. One thread.
package struct InputChoice: ~Copyable {
  package let inputCount: Int
  /// Samples over which powers are taken: 5 ms.
  private let segment: Int
  /// Largest change of a gain from one sample to the next.
  private let step: Float

  /// Not private: other modules that hold an `InputChoice` have to destroy it.
  package struct Channel {
    /// Of the last sample, and where it goes.
    var gain: Float = 0
    var target: Float = 0
    /// What is subtracted: offset and rumble, by a first-order low-pass.
    var slow: Float = 0
    /// Smoothed power, and product with the chosen channel; full scale 1.
    var power: Float = 0
    var product: Float = 0
    /// The smallest power of this span and of the one before.
    var least: Float = .infinity
    var leastBefore: Float = .infinity
    var isAveraged = false
    // Sums over the segment.
    var energy: Float = 0
    var cross: Float = 0

    var floor: Float { @_noLocks get { least < leastBefore ? least : leastBefore } }
  }
  private let channels: FixedArray<Channel>  // (inputCount)

  private var chosen = 0
  private var candidate = 0
  /// Segments in a row in which another channel had more of the voice.
  private var better = 0
  private var filled = 0
  private var segments = 0

  // Segments of 5 ms: powers over 50 ms, floors over 1.5 to 3 s and known after 0.3 s, a change after 20 ms.
  private static var weight: Float { @_noLocks get { 0.1 } }
  private static var span: Int { @_noLocks get { 300 } }
  private static var settling: Int { @_noLocks get { 60 } }
  private static var patience: Int { @_noLocks get { 4 } }
  /// −80 dB: below it nothing is a voice.
  private static var faintest: Float { @_noLocks get { 1e-8 } }

  /// - Parameter sampleRate: Hz.
  package init(inputCount: Int, sampleRate: Int) {
    precondition(inputCount >= 1 && sampleRate > 0, "there is a channel to choose, at a rate")
    self.inputCount = inputCount
    segment = max(1, sampleRate / 200)
    step = 1 / (Float(sampleRate) / 50)
    channels = FixedArray(repeating: Channel(), count: inputCount)
    channels.base[0].gain = 1
    channels.base[0].target = 1
  }

  /// The channel that is heard, from 0 on.
  package var chosenChannel: Int { chosen }

  /// Makes one channel of a block.
  ///
  /// - Parameters:
  ///   - inputs: (inputCount) pointers to `count` samples.
  ///   - output: room for `count` samples; none of the inputs.
  @_noLocks
  package mutating func process(
    _ inputs: UnsafePointer<UnsafePointer<Float>>, count: Int, into output: UnsafeMutablePointer<Float>
  ) {
    var first = 0
    while first < count {
      let length = segment - filled < count - first ? segment - filled : count - first
      listen(inputs, first, length)
      mix(inputs, first, length, output)
      filled += length
      first += length
      if filled == segment {
        decide()
        filled = 0
      }
    }
  }

  @_noLocks
  private func listen(_ inputs: UnsafePointer<UnsafePointer<Float>>, _ first: Int, _ length: Int) {
    // 80 Hz at whatever rate: 2π · 80 / rate, and a segment is rate / 200.
    let share = 2 * Float.pi * 80 / 200 / Float(segment)
    for n in first..<first + length {
      let own = Self.sound(inputs[chosen][n]) - channels.base[chosen].slow
      for channel in 0..<inputCount {
        let quick = Self.sound(inputs[channel][n]) - channels.base[channel].slow
        channels.base[channel].energy += quick * quick
        channels.base[channel].cross += quick * own
        channels.base[channel].slow += share * quick
      }
    }
  }

  /// A sample that is none, as the enhancer takes it: its square would never leave the powers again.
  @_noLocks
  private static func sound(_ sample: Float) -> Float { sample >= -1e10 && sample <= 1e10 ? sample : 0 }

  @_noLocks
  private func mix(
    _ inputs: UnsafePointer<UnsafePointer<Float>>, _ first: Int, _ length: Int, _ output: UnsafeMutablePointer<Float>
  ) {
    for n in first..<first + length { output[n] = 0 }
    for channel in 0..<inputCount {
      var gain = channels.base[channel].gain
      let target = channels.base[channel].target
      if gain == 0 && target == 0 { continue }
      let input = inputs[channel]
      for n in first..<first + length {
        if gain < target {
          gain = gain + step < target ? gain + step : target
        } else if gain > target {
          gain = gain - step > target ? gain - step : target
        }
        output[n] += gain * Self.sound(input[n])
      }
      channels.base[channel].gain = gain
    }
  }

  /// At a segment's end.
  @_noLocks
  private mutating func decide() {
    segments += 1
    let isNewSpan = segments % Self.span == 0
    // The first powers are those of the first segment.
    let weight = segments == 1 ? 1 : Self.weight
    for channel in 0..<inputCount {
      let c = channels.base + channel
      c.pointee.power += weight * (c.pointee.energy / Float(segment) - c.pointee.power)
      c.pointee.product += weight * (c.pointee.cross / Float(segment) - c.pointee.product)
      c.pointee.energy = 0
      c.pointee.cross = 0
      if isNewSpan {
        c.pointee.leastBefore = c.pointee.least
        c.pointee.least = .infinity
      }
      if c.pointee.power < c.pointee.least { c.pointee.least = c.pointee.power }
    }
    choose()
    for channel in 0..<inputCount { channels.base[channel].isAveraged = isInPhase(channel) }
    var count: Float = 0
    for channel in 0..<inputCount where channels.base[channel].isAveraged { count += 1 }
    for channel in 0..<inputCount { channels.base[channel].target = channels.base[channel].isAveraged ? 1 / count : 0 }
  }

  /// What a channel holds that its own noise does not explain; at first, before its noise is known, all that it holds.
  @_noLocks
  private func voice(_ channel: Int) -> Float {
    let power = channels.base[channel].power
    let floor = segments < Self.settling ? 0 : channels.base[channel].floor
    return power > 3 * floor ? power - floor : 0
  }

  @_noLocks
  private mutating func choose() {
    var best = 0
    var most = voice(0)
    for channel in 0..<inputCount {
      let own = voice(channel)
      if own > most {
        best = channel
        most = own
      }
    }
    guard best != chosen, most > Self.faintest, most > 2 * voice(chosen) else {
      better = 0
      return
    }
    better = best == candidate ? better + 1 : 1
    candidate = best
    guard better >= Self.patience else { return }
    chosen = best
    better = 0
    // The products were another channel's.
    for channel in 0..<inputCount { channels.base[channel].product = 0 }
    channels.base[best].product = channels.base[best].power
  }

  @_noLocks
  private func isInPhase(_ channel: Int) -> Bool {
    if channel == chosen { return true }
    let own = channels.base[chosen].power
    let (power, product) = (channels.base[channel].power, channels.base[channel].product)
    guard product > 0, power < 2 * own, own < 2 * power else { return false }
    // Once averaged it stays so a little longer.
    let least: Float = channels.base[channel].isAveraged ? 0.8 : 0.9
    return product * product > least * least * own * power
  }
}
