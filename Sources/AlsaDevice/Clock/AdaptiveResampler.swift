import Ground
import SignalProcessing

/// Resamples by a ratio near 1 that may change from block to block: what brings two clocks into step. Several channels.
///
/// A windowed sinc of 48 taps (Kaiser, β = 9) at 256 phases with linear interpolation between them; the delay is constant,
/// 24 input samples. Memory is made in `init`; `process` allocates nothing. One thread.
package struct AdaptiveResampler: ~Copyable {
  package let channelCount: Int
  /// Input samples from an input sample to the output that holds it.
  package static var delayInSamples: Int { @_noLocks get { 24 } }
  /// Largest difference of the ratio from 1.
  package static var largestDeviation: Double { @_noLocks get { 0.01 } }

  private static var tapCount: Int { @_noLocks get { 48 } }
  private static var phaseCount: Int { @_noLocks get { 256 } }
  private let taps: FloatMemory  // (phaseCount + 1, tapCount)
  private let history: FloatMemory  // (channelCount, room): the last taps, then a block
  private let room: Int
  /// Time of the next output after the first of the last `tapCount` samples, in input samples, 0..<1 after every block.
  private var position = 0.0
  /// Output samples per input sample.
  private var ratio = 1.0

  /// - Parameter maximumBlock: input samples per `process` at most.
  package init(channelCount: Int, maximumBlock: Int) {
    precondition(channelCount > 0 && maximumBlock > 0, "a resampler has channels and blocks")
    self.channelCount = channelCount
    let count = Self.tapCount
    let phases = Self.phaseCount
    let table = FloatMemory((phases + 1) * count)
    for phase in 0...phases {
      let shift = Double(phase) / Double(phases)
      var sum = 0.0
      var values = [Double](repeating: 0, count: count)
      for tap in 0..<count {
        // Output at time tapCount/2 − 1 + shift of the window.
        let x = Double(tap) - Double(count / 2 - 1) - shift
        // The cut-off at 0.95 of the Nyquist frequency keeps images out whichever way the ratio goes.
        let sinc = x == 0 ? 0.95 : sine(0.95 * .pi * x) / (.pi * x)
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

  /// Most samples that a block of `count` gives.
  @_noLocks
  package func maximumOutput(forInput count: Int) -> Int { count + count / 64 + 2 }

  /// Resamples a block.
  ///
  /// - Parameters:
  ///   - input: (channelCount) pointers to `count` samples, at most `maximumBlock`.
  ///   - newRatio: output samples per input sample, within 1 ± 0.01; reached over the block.
  ///   - output: (channelCount) pointers to room for `maximumOutput` samples.
  /// - Returns: samples written per channel.
  @_noLocks
  package mutating func process(
    _ input: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int, ratio newRatio: Double,
    into output: UnsafePointer<UnsafeMutablePointer<Float>>
  ) -> Int {
    let length = Self.tapCount
    let limit = Self.largestDeviation
    let target = newRatio < 1 - limit ? 1 - limit : newRatio > 1 + limit ? 1 + limit : newRatio
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
    ratio = 1
  }
}
