import Ground

/// The representation the network sees: X → 0.15·|X|^0.5·e^{i∠X} (Richter et al. 2023; `spec_abs_exponent`
/// and `spec_factor` of sgmse's `data_module.py`), and its inverse.
///
/// Plain functions over interleaved complex bins; they allocate nothing, and input and output may be the same memory.
/// The phase factor needs no trigonometry: |X|^0.5·e^{i∠X} = X/√|X|. The smallest normal number is added to the
/// squared magnitude, so zero gives zero and no finite bin can give NaN; bins above 10^19, where the square overflows, give zero.
public enum AmplitudeCompression {
  /// Power applied to the magnitude.
  public static var exponent: Float { @_noLocks get { 0.5 } }
  /// Factor after the power.
  public static var factor: Float { @_noLocks get { 0.15 } }

  /// Writes 0.15·√(g|X|)·e^{i∠X}.
  ///
  /// - Parameters:
  ///   - bins: (count, 2) real and imaginary parts.
  ///   - gain: g, positive, multiplied into the bins first.
  ///   - count: number of complex bins.
  ///   - output: (count, 2), may be `bins`.
  @_noLocks
  public static func compress(
    _ bins: UnsafePointer<Float>, gain: Float, count: Int, into output: UnsafeMutablePointer<Float>
  ) {
    compressBins(bins, gain: gain, factor: factor, into: output, count: count)
  }

  /// Undoes `compress`: writes (|Y|/0.15)²·e^{i∠Y}/g.
  ///
  /// - Parameters:
  ///   - bins: (count, 2) compressed bins.
  ///   - gain: the g given to `compress`, divided out.
  ///   - count: number of complex bins.
  ///   - output: (count, 2), may be `bins`.
  @_noLocks
  public static func expand(
    _ bins: UnsafePointer<Float>, gain: Float, count: Int, into output: UnsafeMutablePointer<Float>
  ) {
    expandBins(bins, factor: 1 / (factor * factor * gain), into: output, count: count)
  }

  /// Writes 0.15·√(g·m) for magnitudes m ≥ 0: what the noise encoders see.
  ///
  /// - Parameters:
  ///   - magnitudes: (count) magnitudes |X|.
  ///   - gain: g, positive.
  ///   - output: (count), may be `magnitudes`.
  @_noLocks
  public static func compressMagnitudes(
    _ magnitudes: UnsafePointer<Float>, gain: Float, count: Int, into output: UnsafeMutablePointer<Float>
  ) {
    for k in 0..<count { output[k] = factor * squareRoot(gain * magnitudes[k]) }
  }
}
