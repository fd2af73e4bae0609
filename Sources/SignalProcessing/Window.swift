import Glibc

/// The windows of the analysis and the synthesis.
public enum Window {
  /// Writes the periodic square-root Hann window, `w[n] = sqrt(0.5 − 0.5·cos(2πn/length)) = sin(πn/length)`.
  ///
  /// Its square, shifted by half its length and added to itself, is one: used before the transform and after
  /// the inverse it reconstructs. Computed in double precision and rounded once. Not for the real-time path.
  ///
  /// - Parameters:
  ///   - length: number of samples, at least 1.
  ///   - window: room for `length` samples.
  public static func squareRootHann(_ length: Int, into window: UnsafeMutablePointer<Float>) {
    precondition(length > 0, "a window has at least one sample")
    for n in 0..<length { window[n] = Float(sin(Double.pi * Double(n) / Double(length))) }
  }
}
