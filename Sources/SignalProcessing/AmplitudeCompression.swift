import Ground

/// The representation the network sees: X → f·|X|^e·e^{i∠X} (Richter et al. 2023; `spec_abs_exponent`
/// and `spec_factor` of sgmse's `data_module.py`), and its inverse.
///
/// A value of two numbers over interleaved complex bins; it allocates nothing, and input and output may be the same memory.
/// The phase factor needs no trigonometry: |X|^e·e^{i∠X} = X·|X|^(e − 1). The smallest normal number is added to the
/// squared magnitude, so zero gives zero and no finite bin can give NaN; bins above 10^19, where the square overflows, give
/// zero. The usual exponent, 0.5, has kernels of its own; any other takes a power per bin.
package struct AmplitudeCompression: Sendable, Equatable {
  /// f, the factor after the power; above 0.
  package let factor: Float
  /// e, the power applied to the magnitude; above 0, at most 1.
  package let exponent: Float
  private let isRoot: Bool

  /// f = 0.15, e = 0.5.
  package static let standard = AmplitudeCompression(factor: 0.15, exponent: 0.5)

  package init(factor: Float, exponent: Float) {
    precondition(factor > 0 && exponent > 0 && exponent <= 1, "the factor is positive, the exponent in (0, 1]")
    self.factor = factor
    self.exponent = exponent
    isRoot = exponent == 0.5
  }

  /// Writes f·(g|X|)^e·e^{i∠X}.
  ///
  /// - Parameters:
  ///   - bins: (count, 2) real and imaginary parts.
  ///   - gain: g, positive, multiplied into the bins first.
  ///   - count: number of complex bins.
  ///   - output: (count, 2), may be `bins`.
  @_noLocks
  package func compress(
    _ bins: UnsafePointer<Float>, gain: Float, count: Int, into output: UnsafeMutablePointer<Float>
  ) {
    if isRoot {
      compressBins(bins, gain: gain, factor: factor, into: output, count: count)
      return
    }
    for k in 0..<count {
      let (re, im) = (gain * bins[2 * k], gain * bins[2 * k + 1])
      let scale = factor * power(re * re + im * im + Float.leastNormalMagnitude, to: (exponent - 1) / 2)
      output[2 * k] = scale * re
      output[2 * k + 1] = scale * im
    }
  }

  /// Undoes `compress`: writes (|Y|/f)^(1/e)·e^{i∠Y}/g.
  ///
  /// - Parameters:
  ///   - bins: (count, 2) compressed bins.
  ///   - gain: the g given to `compress`, divided out.
  ///   - count: number of complex bins.
  ///   - output: (count, 2), may be `bins`.
  @_noLocks
  package func expand(
    _ bins: UnsafePointer<Float>, gain: Float, count: Int, into output: UnsafeMutablePointer<Float>
  ) {
    if isRoot {
      expandBins(bins, factor: 1 / (factor * factor * gain), into: output, count: count)
      return
    }
    for k in 0..<count {
      let (re, im) = (bins[2 * k] / factor, bins[2 * k + 1] / factor)
      let scale = power(re * re + im * im, to: (1 / exponent - 1) / 2) / gain
      output[2 * k] = scale * re
      output[2 * k + 1] = scale * im
    }
  }

  /// Writes f·(g·m)^e for magnitudes m ≥ 0: what the noise encoders see.
  ///
  /// - Parameters:
  ///   - magnitudes: (count) magnitudes |X|.
  ///   - gain: g, positive.
  ///   - output: (count), may be `magnitudes`.
  @_noLocks
  package func compressMagnitudes(
    _ magnitudes: UnsafePointer<Float>, gain: Float, count: Int, into output: UnsafeMutablePointer<Float>
  ) {
    if isRoot {
      for k in 0..<count { output[k] = factor * squareRoot(gain * magnitudes[k]) }
    } else {
      for k in 0..<count { output[k] = factor * power(gain * magnitudes[k], to: exponent) }
    }
  }
}
