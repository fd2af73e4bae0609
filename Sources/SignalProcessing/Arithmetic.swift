import Glibc

// The functions that a checked (`@_noLocks`) loop needs and the compiler cannot see into. None of them takes a lock or
// makes a heap call (HeapCallTests).

/// One instruction, which the vectoriser knows.
@_semantics("no_performance_analysis") @inline(__always)
func squareRoot(_ x: Float) -> Float { x.squareRoot() }

/// 10^x.
@_semantics("no_performance_analysis") @inline(__always)
func power10(_ x: Float) -> Float { powf(10, x) }

@_semantics("no_performance_analysis") @inline(__always)
func logarithm10(_ x: Float) -> Float { log10f(x) }

/// Copies `count` samples, also to memory that overlaps. (`update(from:count:)` is refused in checked functions; the raw
/// copy is not.)
@_noLocks @inline(__always)
package func copySamples(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
  UnsafeMutableRawPointer(target).copyMemory(
    from: UnsafeRawPointer(source), byteCount: count * MemoryLayout<Float>.stride)
}
