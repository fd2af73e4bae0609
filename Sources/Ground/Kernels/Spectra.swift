import CKernels

// Kernels over a frame of complex bins, (count, 2).

/// power[k] = |bins[k]|².
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func powers(_ bins: UnsafePointer<Float>, into power: UnsafeMutablePointer<Float>, count: Int) {
  ck_power(count, bins, power)
}

/// output = factor · X / √|X|, X = gain · bins; may be the bins.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func compressBins(
  _ bins: UnsafePointer<Float>, gain: Float, factor: Float, into output: UnsafeMutablePointer<Float>, count: Int
) { ck_compress(count, gain, factor, bins, output) }

/// output = factor · |bins| · bins; may be the bins.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func expandBins(
  _ bins: UnsafePointer<Float>, factor: Float, into output: UnsafeMutablePointer<Float>, count: Int
) { ck_expand(count, factor, bins, output) }

/// Multiplies each of `count` complex bins by (|bin|/|noisy bin|)^⅛, at least `least`, at most 1.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func postFilterBins(
  _ bins: UnsafeMutablePointer<Float>, noisy: UnsafePointer<Float>, least: Float, count: Int
) { ck_post_filter(count, least, noisy, bins) }

/// Multiplies each of `count` complex bins by from + share · (to − from).
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func scaleBins(
  _ bins: UnsafeMutablePointer<Float>, count: Int, from: Float, to: Float, share: UnsafePointer<Float>
) { ck_scale_bins(count, from, to, share, bins) }

/// Energies of two spectra of `count` floats and of clean + dry · (noisy − clean).
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func energies(
  noisy: UnsafePointer<Float>, clean: UnsafePointer<Float>, dry: Float, count: Int
) -> (noisy: Float, clean: Float, mixed: Float) {
  let sums = ck_energies_of(count, noisy, clean, dry)
  return (sums.noisy, sums.clean, sums.mixed)
}

/// Advances `noise` and `smoothed`, writes `probability`, all (count), by a frame of `power`; returns Σ probability.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func trackPresence(
  _ constants: ck_presence, power: UnsafePointer<Float>, noise: UnsafeMutablePointer<Float>,
  smoothed: UnsafeMutablePointer<Float>, probability: UnsafeMutablePointer<Float>, count: Int
) -> Float {
  withUnsafePointer(to: constants) { ck_track_presence(count, $0, power, noise, smoothed, probability) }
}

/// Circular complex normal numbers, E|z|² = 1, (count, 2); plain IEEE arithmetic, so the same bits at every level.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func circularNoise(
  seed: UInt64, frame: UInt64, step: UInt32, into output: UnsafeMutablePointer<Float>, count: Int
) { ck_circular_noise(seed, frame, step, count, output) }

/// (x re, x im, y re, y im, |x|, |y|) of every bin, (bins, 6); x and y are (bins, 2).
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func spectrumFeatures(
  bins: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
  into features: UnsafeMutablePointer<Float>
) { ck_spectrum_features(bins, x, y, features) }

/// (1 + m)·y + r, complex: mask is (bins, 4) = (m re, m im, r re, r im), y and output are (bins, 2).
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func applyComplexMask(
  bins: Int, mask: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
  into output: UnsafeMutablePointer<Float>
) { ck_complex_mask(bins, mask, y, output) }
