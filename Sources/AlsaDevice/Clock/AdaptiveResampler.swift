import Ground
import SignalProcessing

/// Resamples by a ratio that may change a little from block to block: what brings two clocks, and two rates, into step. Several
/// channels.
///
/// A windowed sinc (Kaiser, β = 9) of 48 taps, more where the output's rate is the lower one, at 256 phases with linear
/// interpolation between them; the delay is constant, 24 input samples or more. Memory is made in `init`; `process` allocates
/// nothing. One thread.
package struct AdaptiveResampler: ~Copyable {
  package let channelCount: Int
  /// Output samples per input sample where both clocks agree: the output's rate over the input's.
  package let nominalRatio: Double
  /// Largest difference of the ratio from the nominal one, as a share of that.
  package static var largestDeviation: Double { @_noLocks get { 0.01 } }

  private let tapCount: Int
  private static var phaseCount: Int { @_noLocks get { 256 } }
  private let taps: FloatMemory  // (phaseCount + 1, tapCount)
  private let history: FloatMemory  // (channelCount, room): the last taps, then a block
  private let room: Int
  /// Time of the next output after the first of the last `tapCount` samples, in input samples, 0..<1 after every block.
  private var position = 0.0
  /// Output samples per input sample.
  private var ratio: Double

  /// - Parameters:
  ///   - maximumBlock: input samples per `process` at most.
  ///   - nominalRatio: the output's rate over the input's, 1/32…32.
  package init(channelCount: Int, maximumBlock: Int, nominalRatio: Double = 1) {
    precondition(channelCount > 0 && maximumBlock > 0, "a resampler has channels and blocks")
    precondition(nominalRatio >= 1.0 / 32 && nominalRatio <= 32, "rates of devices differ by less")
    self.channelCount = channelCount
    self.nominalRatio = nominalRatio
    ratio = nominalRatio
    // The band that both rates have; the lower it lies below the input's, the longer its sinc.
    let band = min(1, nominalRatio)
    let count = 2 * Int((24 / band).rounded(.up))
    let cutOff = 0.95 * band
    tapCount = count
    let phases = Self.phaseCount
    let table = FloatMemory((phases + 1) * count)
    for phase in 0...phases {
      let shift = Double(phase) / Double(phases)
      var sum = 0.0
      var values = [Double](repeating: 0, count: count)
      for tap in 0..<count {
        // Output at time tapCount/2 − 1 + shift of the window.
        let x = Double(tap) - Double(count / 2 - 1) - shift
        // The cut-off at 0.95 of the lower Nyquist frequency keeps images out whichever way the ratio goes.
        let sinc = x == 0 ? cutOff : sine(cutOff * .pi * x) / (.pi * x)
        let place = x / Double(count / 2)
        values[tap] = sinc * Window.kaiser(place, beta: 9)
        sum += values[tap]
      }
      for tap in 0..<count { table.base[phase * count + tap] = Float(values[tap] / sum) }
    }
    taps = table
    room = count + maximumBlock
    history = FloatMemory(channelCount * room)
  }

  /// Input samples from an input sample to the output that holds it.
  package var delayInSamples: Int { @_noLocks get { tapCount / 2 } }

  /// Most samples that a block of `count` gives.
  @_noLocks
  package func maximumOutput(forInput count: Int) -> Int {
    let nominal = Int(Double(count) * nominalRatio) + 1
    return nominal + nominal / 64 + 2
  }

  /// Resamples a block.
  ///
  /// - Parameters:
  ///   - input: (channelCount) pointers to `count` samples, at most `maximumBlock`.
  ///   - newRatio: output samples per input sample, within 1 % of the nominal ratio; reached over the block.
  ///   - output: (channelCount) pointers to room for `maximumOutput` samples.
  /// - Returns: samples written per channel.
  @_noLocks
  package mutating func process(
    _ input: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int, ratio newRatio: Double,
    into output: UnsafePointer<UnsafeMutablePointer<Float>>
  ) -> Int {
    let length = tapCount
    let least = nominalRatio * (1 - Self.largestDeviation)
    let most = nominalRatio * (1 + Self.largestDeviation)
    let target = newRatio < least ? least : newRatio > most ? most : newRatio
    let step = 1 / (0.5 * (ratio + target))
    ratio = target
    var produced = 0
    for channel in 0..<channelCount {
      let lane = history.base + channel * room
      for n in 0..<count { lane[length + n] = input[channel][n] }
      var time = position
      produced = 0
      // An output needs tapCount samples from its own place on, and the next one for its neighbour phase.
      while time < Double(count) {
        let whole = Int(time)
        let place = (time - Double(whole)) * Double(Self.phaseCount)
        let phase = Int(place)
        let share = Float(place - Double(phase))
        let first = taps.base + phase * length
        let second = first + length
        var sum: Float = 0
        for tap in 0..<length { sum += lane[whole + 1 + tap] * (first[tap] + share * (second[tap] - first[tap])) }
        output[channel][produced] = sum
        produced += 1
        time += step
      }
      if channel == channelCount - 1 { position = time - Double(count) }
      for n in 0..<length { lane[n] = lane[count + n] }
    }
    return produced
  }

  /// Input samples' worth of time that lie between the outputs given and the input taken: 0 or a fraction more.
  package var fractionWaiting: Double { position }

  @_noLocks
  package mutating func reset() {
    history.clear()
    position = 0
    ratio = nominalRatio
  }
}
