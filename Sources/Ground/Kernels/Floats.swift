import CKernels

// The door to the kernels. They neither allocate nor lock: they are loops over their arguments (Sources/CKernels), so the
// compiler's real-time check may pass over the call; HeapCallTests and RealTimeTests count.

/// Copies `count` floats, also to memory that overlaps. (`update(from:count:)` is refused in checked functions; the raw
/// copy is not.)
@inlinable @_noLocks @inline(__always)
package func copyFloats(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
  UnsafeMutableRawPointer(target).copyMemory(from: UnsafeRawPointer(source), byteCount: 4 * count)
}

/// Sets `count` floats to 0.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func clearFloats(_ target: UnsafeMutablePointer<Float>, count: Int) {
  UnsafeMutableRawPointer(target).initializeMemory(as: UInt8.self, repeating: 0, count: 4 * count)
}

/// Σ x.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func sum(_ x: UnsafePointer<Float>, count: Int) -> Float { ck_sum(count, x) }

/// Σ x².
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Float { ck_sum_of_squares(count, x) }

/// Σ of those x that are below `limit`; what is not a number is not.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func sumBelow(_ limit: Float, _ x: UnsafePointer<Float>, count: Int) -> Float {
  ck_sum_below(count, limit, x)
}

/// Whether all x are finite.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func allFinite(_ x: UnsafePointer<Float>, count: Int) -> Bool { ck_all_finite(count, x) }

/// Whether all are zero, of whichever sign. Sound is told by its first sample.
@inlinable @_semantics("no_performance_analysis")
package func allZero(_ x: UnsafePointer<Float>, count: Int) -> Bool {
  for n in 0..<count where x[n] != 0 { return false }
  return true
}

/// output = window · x; returns the sum of its squares.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func applyWindow(
  _ window: UnsafePointer<Float>, to x: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int
) -> Float { ck_windowed(count, window, x, output) }

/// output = base + a · b; may be any of them.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func addProduct(
  _ base: UnsafePointer<Float>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
  into output: UnsafeMutablePointer<Float>, count: Int
) { ck_add_product(count, base, a, b, output) }

/// output = y + factor · z; may be one of them.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func addScaled(
  _ y: UnsafePointer<Float>, _ factor: Float, _ z: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>,
  count: Int
) { ck_add_scaled(count, y, factor, z, output) }

/// x = a x + b y + c z (+ d w, where w is not nil).
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func combine(
  _ a: Float, _ x: UnsafeMutablePointer<Float>, _ b: Float, _ y: UnsafePointer<Float>, _ c: Float,
  _ z: UnsafePointer<Float>, _ d: Float, _ w: UnsafePointer<Float>?, count: Int
) { ck_combine(count, a, x, b, y, c, z, d, w) }

/// output = e^x, to about 1e-6; may be x.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func exponentials(_ x: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int) {
  ck_exponential(count, x, output)
}

/// A resampler's outputs; `tables` are `ck_polyphase_pack`'s (CKernels.h has the equation).
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func polyphase(
  taps: Int, tables: UnsafePointer<Float>, step: Int, phases: Int, position: Int, _ x: UnsafePointer<Float>,
  into output: UnsafeMutablePointer<Float>, count: Int
) { ck_polyphase(count, taps, tables, step, phases, position, x, output) }
