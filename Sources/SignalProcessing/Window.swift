import Ground

/// The windows of the analysis and the synthesis.
package enum Window {
  /// Writes the periodic square-root Hann window, `w[n] = sqrt(0.5 − 0.5·cos(2πn/length)) = sin(πn/length)`.
  ///
  /// Its square, shifted by half its length and added to itself, is one: used before the transform and after
  /// the inverse it reconstructs. Computed in double precision and rounded once. Not for the real-time path.
  ///
  /// - Parameters:
  ///   - length: number of samples, at least 1.
  ///   - window: room for `length` samples.
  package static func squareRootHann(_ length: Int, into window: UnsafeMutablePointer<Float>) {
    precondition(length > 0, "a window has at least one sample")
    for n in 0..<length { window[n] = Float(sine(Double.pi * Double(n) / Double(length))) }
  }

  /// The Kaiser window at one place, for designing filters. Not for the real-time path.
  ///
  /// - Parameters:
  ///   - place: −1…1 from edge to edge; 0 outside.
  ///   - beta: larger is wider, with lower side lobes.
  /// - Returns: I0(β·√(1 − place²)) / I0(β).
  package static func kaiser(_ place: Double, beta: Double) -> Double {
    abs(place) >= 1 ? 0 : besselI0(beta * (1 - place * place).squareRoot()) / besselI0(beta)
  }

  /// Modified Bessel function of the first kind, order 0, by its series.
  package static func besselI0(_ x: Double) -> Double {
    var sum = 1.0
    var term = 1.0
    var k = 1.0
    while term > 1e-14 * sum {
      term *= (x / (2 * k)) * (x / (2 * k))
      sum += term
      k += 1
    }
    return sum
  }
}
