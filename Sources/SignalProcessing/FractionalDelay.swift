import Ground

/// A delay by a fraction of a sample, for signals well below the Nyquist frequency: a windowed sinc of 16 taps.
///
/// Up to 0.2 of the sample rate (8 kHz at 44.1 kHz) it is flat and its delay exact to −67 dB, worst at half a
/// sample and 8 kHz; −73 dB up to 4 kHz (FractionalDelayTests).
/// Memory is made in `init`; `process` allocates nothing. One thread.
package struct FractionalDelay: ~Copyable {
  /// Samples; the whole part is about half of the taps.
  package let delay: Double

  private static var tapCount: Int { @_noLocks get { 16 } }
  private let taps: FloatMemory  // (16), for the newest sample first
  private let history: FloatMemory  // (16) twice, so that the newest 16 always lie in a row
  private var next = 0

  /// Whether a whole sample more is waited for, and the sample that waits.
  private let waits: Bool
  private var waiting: Float = 0

  /// - Parameter delay: samples, 7…9.
  package init(delay whole: Double) {
    precondition(whole >= 7 && whole <= 9, "the delay is near the middle of the taps, or a sample beyond")
    self.delay = whole
    waits = whole > 8
    let delay = waits ? whole - 1 : whole
    let count = Self.tapCount
    taps = FloatMemory(count)
    history = FloatMemory(2 * count)
    var sum = 0.0
    var values = (0..<count).map { n -> Double in
      let x = Double(n) - delay
      let sinc = x == 0 ? 1 : sine(.pi * x) / (.pi * x)
      // Kaiser, β = 8, centred on the delay: side lobes below −80 dB.
      let place = x / (Double(count) / 2 + 0.5)
      return sinc * Window.kaiser(place, beta: 8)
    }
    for value in values { sum += value }
    for n in values.indices { values[n] /= sum }
    for n in 0..<count { taps[n] = Float(values[n]) }
  }

  /// Delays `count` samples in place.
  @_noLocks
  package mutating func process(_ samples: UnsafeMutablePointer<Float>, count: Int) {
    let length = Self.tapCount
    for n in 0..<count {
      // Newest first: the window moves down through the memory.
      next = next == 0 ? length - 1 : next - 1
      history[next] = samples[n]
      history[next + length] = samples[n]
      var sum: Float = 0
      for k in 0..<length { sum += taps[k] * history[next + k] }
      if waits { swap(&sum, &waiting) }
      samples[n] = sum
    }
  }

  /// Back to zeros.
  @_noLocks
  package mutating func reset() {
    history.clear()
    next = 0
    waiting = 0
  }
}
