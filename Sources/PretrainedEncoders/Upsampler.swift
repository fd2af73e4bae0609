import Ground
import SignalProcessing

/// Raises the sample rate by a whole factor with a linear-phase filter, without delay: a whole signal at once, zeros
/// beyond its ends.
///
/// The filter is `scipy.signal.resample_poly`'s own: a sinc of 20·factor + 1 taps, cut off at the old Nyquist frequency,
/// under a Kaiser window of β = 5, with unit gain at 0 Hz. `forward` does not allocate.
package struct Upsampler: Sendable {
  package let factor: Int
  private let taps: [Float]  // (2·half + 1)
  private var half: Int { 10 * factor }

  /// - Parameter factor: at least 1; 1 is a copy.
  package init(factor: Int) {
    precondition(factor >= 1, "a rate is raised, not lowered")
    self.factor = factor
    let half = 10 * factor
    var taps = (-half...half).map { n -> Double in
      let x = Double.pi * Double(n) / Double(factor)
      return (n == 0 ? 1 : sine(x) / x) * kaiser(n, half)
    }
    let sum = taps.reduce(0, +)
    for i in taps.indices { taps[i] *= Double(factor) / sum }
    self.taps = taps.map { Float($0) }
  }

  /// - Parameters:
  ///   - samples: `count` of them.
  ///   - output: factor · count samples, apart from `samples`.
  package func forward(_ samples: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>) {
    if factor == 1 { return copyFloats(samples, to: output, count: count) }
    for n in 0..<count * factor {
      // output[n] = Σ over inputs i of samples[i] · taps[n − i·factor + half]
      let first = max(0, (n - half + factor - 1) / factor)
      let last = min(count - 1, (n + half) / factor)
      var sum: Float = 0
      var tap = n - first * factor + half
      for i in first...last {
        sum += samples[i] * taps[tap]
        tap -= factor
      }
      output[n] = sum
    }
  }

  /// A whole signal. Allocates.
  package func raise(_ samples: [Float]) -> [Float] {
    var result = [Float](repeating: 0, count: samples.count * factor)
    forward(samples, count: samples.count, into: &result)
    return result
  }
}

/// The Kaiser window of β = 5 at a place from −half to half; SciPy's does not fall to 0 at its ends.
private func kaiser(_ n: Int, _ half: Int) -> Double {
  abs(n) == half ? 1 / Window.besselI0(5) : Window.kaiser(Double(n) / Double(half), beta: 5)
}
