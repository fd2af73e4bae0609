import Ground

/// A second-order Butterworth high-pass as a stream: what level and speech presence hear, so that a microphone's offset and its
/// rumble do not count as sound.
///
/// y_n = b0 x_n + b1 x_{n−1} + b2 x_{n−2} − a1 y_{n−1} − a2 y_{n−2} by the bilinear transform; the same as
/// `scipy.signal.butter(2, cutoff, "highpass")`. States are doubles: with a corner so far below the rate, floats would leave a
/// noise of their own. One instance belongs to one thread; `process` neither allocates nor locks.
package struct HighPass: Sendable {
  /// Corner in Hz of the path to level and speech presence; training uses the same (tools/training, features.py).
  package static var levelCutoff: Double { 40 }

  private let b0: Double
  private let b1: Double
  private let a1: Double
  private let a2: Double
  private var state1 = 0.0
  private var state2 = 0.0

  /// - Parameters:
  ///   - cutoff: −3 dB, in Hz, below half of the rate.
  ///   - sampleRate: in Hz.
  package init(cutoff: Double, sampleRate: Double) {
    precondition(cutoff > 0 && cutoff < sampleRate / 2, "the corner lies below half of the rate")
    let half = 3.141592653589793 * cutoff / sampleRate
    let k = sine(half) / cosine(half)
    let norm = 1 / (1 + 2.0.squareRoot() * k + k * k)
    b0 = norm
    b1 = -2 * norm
    a1 = 2 * (k * k - 1) * norm
    a2 = (1 - 2.0.squareRoot() * k + k * k) * norm
  }

  /// Filters `count` samples; `output` may be `input`.
  @_noLocks
  package mutating func process(_ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int) {
    var s1 = state1
    var s2 = state2
    for n in 0..<count {
      let x = Double(input[n])
      let y = b0 * x + s1
      s1 = b1 * x - a1 * y + s2
      s2 = b0 * x - a2 * y
      output[n] = Float(y)
    }
    state1 = s1
    state2 = s2
  }

  /// Back to silence.
  @_noLocks
  package mutating func reset() {
    state1 = 0
    state2 = 0
  }
}
