import Glibc

// The functions that a checked (`@_noLocks`) loop needs and the compiler cannot see into. None of them takes a lock or
// makes a heap call (HeapCallTests).

/// One instruction, which the vectoriser knows.
@_semantics("no_performance_analysis") @inline(__always)
func squareRoot(_ x: Float) -> Float { x.squareRoot() }

@_semantics("no_performance_analysis") @inline(__always)
func exponential(_ x: Float) -> Float { expf(x) }

/// 10^x.
@_semantics("no_performance_analysis") @inline(__always)
func power10(_ x: Float) -> Float { powf(10, x) }

@_semantics("no_performance_analysis") @inline(__always)
func logarithm10(_ x: Float) -> Float { log10f(x) }
