import CKernels

// Kernels of a network's layers. Who fills in a `ck_product` imports CKernels for its fields.

/// C (+)= bias + Σ over taps of A[tap] · B[tap].
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func multiply(_ product: inout ck_product) { ck_multiply(&product) }

/// Floats of one packed matrix: columns rounded up to panels of sixteen.
@inlinable @_noLocks
package func packedCount(depth: Int, columns: Int) -> Int { depth * wholeLines(columns) }

/// Packs a matrix (depth, columns) into panels of `packedCount(depth:columns:)` floats; its element (k, n) is
/// source[k · depthStride + n · columnStride].
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func pack(
  _ panels: UnsafeMutablePointer<Float>, depth: Int, columns: Int, _ source: UnsafePointer<Float>,
  depthStride: Int, columnStride: Int
) { ck_pack(panels, 1, 0, depth, columns, source, depthStride, columnStride) }

/// x / rms(x) of every row, then scale and shift; nil is 1 and 0.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func rmsNorm(
  _ rows: Int, _ channels: Int, _ input: UnsafePointer<Float>, _ scale: UnsafePointer<Float>?,
  _ shift: UnsafePointer<Float>?, _ shiftRowStride: Int, _ output: UnsafeMutablePointer<Float>
) { ck_rms_norm(rows, channels, input, scale, shift, shiftRowStride, output) }

/// One step of a GRU from its gates' sums, (rows, 3 units) each; the state is (rows, units).
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func gruGates(
  _ rows: Int, _ units: Int, _ input: UnsafePointer<Float>, _ recurrent: UnsafePointer<Float>,
  _ state: UnsafeMutablePointer<Float>
) { ck_gru_gates(rows, units, input, recurrent, state) }

/// Softmax over each run of `keys` values of (rows, keys), in place.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func softmax(_ rows: Int, _ keys: Int, _ x: UnsafeMutablePointer<Float>) { ck_softmax(rows, keys, x) }

/// Multi-head attention of `rows` positions among themselves; qkv is (rows, 3, heads, dimension).
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func attend(
  _ rows: Int, _ heads: Int, _ dimension: Int, _ qkv: UnsafePointer<Float>,
  _ scratch: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>
) { ck_self_attention(rows, heads, dimension, qkv, scratch, output) }

/// x = x · sigmoid(x), in place.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func applySiLU(_ x: UnsafeMutablePointer<Float>, _ count: Int) { ck_silu(count, x) }
