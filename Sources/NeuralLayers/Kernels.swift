import CKernels

// One-line doors to C. The kernels neither allocate nor lock: they are loops over their arguments
// (Sources/CKernels), so the compiler's real-time check may pass over the call.

@_semantics("no_performance_analysis") @inline(__always)
func multiply(_ product: inout ck_product) { ck_multiply(&product) }

@_semantics("no_performance_analysis") @inline(__always)
func rmsNorm(
  _ rows: Int, _ channels: Int, _ input: UnsafePointer<Float>, _ scale: UnsafePointer<Float>?,
  _ shift: UnsafePointer<Float>?, _ shiftRowStride: Int, _ output: UnsafeMutablePointer<Float>
) { ck_rms_norm(rows, channels, input, scale, shift, shiftRowStride, output) }

@_semantics("no_performance_analysis") @inline(__always)
func gruGates(
  _ rows: Int, _ units: Int, _ input: UnsafePointer<Float>, _ recurrent: UnsafePointer<Float>,
  _ state: UnsafeMutablePointer<Float>
) { ck_gru_gates(rows, units, input, recurrent, state) }

@_semantics("no_performance_analysis") @inline(__always)
func softmax(_ rows: Int, _ keys: Int, _ x: UnsafeMutablePointer<Float>) { ck_softmax(rows, keys, x) }

@_semantics("no_performance_analysis") @inline(__always)
func attend(
  _ rows: Int, _ heads: Int, _ dimension: Int, _ qkv: UnsafePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>
) { ck_self_attention(rows, heads, dimension, qkv, scratch, output) }

@_semantics("no_performance_analysis") @inline(__always)
func pack(
  _ panels: UnsafeMutablePointer<Float>, depth: Int, columns: Int, _ source: UnsafePointer<Float>,
  depthStride: Int, columnStride: Int
) { ck_pack(panels, 1, 0, depth, columns, source, depthStride, columnStride) }

/// x = x · sigmoid(x), in place.
@_semantics("no_performance_analysis") @inline(__always)
public func applySiLU(_ x: UnsafeMutablePointer<Float>, _ count: Int) { ck_silu(count, x) }

/// (x re, x im, y re, y im, |x|, |y|) of every bin, (bins, 6); x and y are (bins, 2).
@_semantics("no_performance_analysis") @inline(__always)
public func spectrumFeatures(
  bins: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
  into features: UnsafeMutablePointer<Float>
) { ck_spectrum_features(bins, x, y, features) }

/// (1 + m)·y + r, complex: mask is (bins, 4) = (m re, m im, r re, r im), y and output are (bins, 2).
@_semantics("no_performance_analysis") @inline(__always)
public func applyComplexMask(
  bins: Int, mask: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
  into output: UnsafeMutablePointer<Float>
) { ck_complex_mask(bins, mask, y, output) }

@_semantics("no_performance_analysis") @inline(__always)
func clearFloats(_ destination: UnsafeMutablePointer<Float>, _ count: Int) {
  UnsafeMutableRawPointer(destination).initializeMemory(as: UInt8.self, repeating: 0, count: 4 * count)
}

/// Copies floats between places that do not overlap.
@_semantics("no_performance_analysis") @inline(__always)
public func copyFloats(
  from source: UnsafePointer<Float>, to destination: UnsafeMutablePointer<Float>, _ count: Int
) { UnsafeMutableRawPointer(destination).copyMemory(from: source, byteCount: 4 * count) }

/// The instruction set that the kernels use on this thread: "x86-64-v4", "x86-64-v3" or "baseline".
public var kernelLevelName: String { String(cString: ck_level_name(ck_level())) }

/// Runs a body with denormal numbers flushed to zero on this thread, then restores the thread's setting.
public func withDenormalsFlushed<Result>(_ body: () -> Result) -> Result {
  let saved = ck_flush_denormals()
  defer { ck_restore_denormals(saved) }
  return body()
}

/// Sets flush-to-zero on this thread for good: for a thread of our own. Returns what was set before.
@_semantics("no_performance_analysis") @discardableResult
public func flushDenormals() -> UInt32 { ck_flush_denormals() }

/// Restores what `flushDenormals` returned: for a thread of somebody else's.
@_semantics("no_performance_analysis")
public func restoreDenormals(_ saved: UInt32) { ck_restore_denormals(saved) }
