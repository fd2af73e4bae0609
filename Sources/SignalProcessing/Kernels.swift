import CKernels

// One-line doors to C. The kernels neither allocate nor lock: they are loops over their arguments
// (Sources/CKernels), so the compiler's real-time check may pass over the call.

/// Σ x.
@_semantics("no_performance_analysis") @inline(__always)
package func sum(_ x: UnsafePointer<Float>, count: Int) -> Float { ck_sum(count, x) }

/// Σ x².
@_semantics("no_performance_analysis") @inline(__always)
package func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Float { ck_sum_of_squares(count, x) }

/// Σ of those x that are below `limit`; what is not a number is not.
@_semantics("no_performance_analysis") @inline(__always)
func sumBelow(_ limit: Float, _ x: UnsafePointer<Float>, count: Int) -> Float { ck_sum_below(count, limit, x) }

/// Whether all x are finite.
@_semantics("no_performance_analysis") @inline(__always)
package func allFinite(_ x: UnsafePointer<Float>, count: Int) -> Bool { ck_all_finite(count, x) }

/// output = window · x; returns the sum of its squares.
@_semantics("no_performance_analysis") @inline(__always)
func applyWindow(
  _ window: UnsafePointer<Float>, to x: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int
) -> Float { ck_windowed(count, window, x, output) }

/// output = base + a · b.
@_semantics("no_performance_analysis") @inline(__always)
func addProduct(
  _ base: UnsafePointer<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
  into output: UnsafeMutablePointer<Float>, count: Int
) { ck_add_product(count, base, a, b, output) }

/// output = y + factor · z; may be one of them.
@_semantics("no_performance_analysis") @inline(__always)
package func addScaled(
  _ y: UnsafePointer<Float>, _ factor: Float, _ z: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>,
  count: Int
) { ck_add_scaled(count, y, factor, z, output) }

/// Multiplies each of `count` complex bins by from + share · (to − from).
@_semantics("no_performance_analysis") @inline(__always)
package func scaleBins(
  _ bins: UnsafeMutablePointer<Float>, count: Int, from: Float, to: Float, share: UnsafePointer<Float>
) { ck_scale_bins(count, from, to, share, bins) }

/// Energies of two spectra of `count` floats and of clean + dry · (noisy − clean).
@_semantics("no_performance_analysis") @inline(__always)
package func energies(
  noisy: UnsafePointer<Float>, clean: UnsafePointer<Float>, dry: Float, count: Int
) -> (noisy: Float, clean: Float, mixed: Float) {
  let sums = ck_energies_of(count, noisy, clean, dry)
  return (sums.noisy, sums.clean, sums.mixed)
}
