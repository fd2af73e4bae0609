// The C library's functions, by their full names, for checked (`@_noLocks`) functions too: none of them takes a lock or
// makes a heap call (HeapCallTests). Their last bit may differ from processor to processor; what must not uses
// `DeterministicMath`.

/// The square root, correctly rounded by IEEE 754, so the same everywhere; one instruction, which the vectoriser knows.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func squareRoot(_ x: Float) -> Float { x.squareRoot() }

@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func squareRoot(_ x: Double) -> Double { x.squareRoot() }

@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func sine(_ x: Double) -> Double { sin(x) }

@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func cosine(_ x: Double) -> Double { cos(x) }

/// e^x.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func exponential(_ x: Double) -> Double { exp(x) }

/// ln x.
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func logarithm(_ x: Double) -> Double { log(x) }

@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func logarithm10(_ x: Double) -> Double { log10(x) }

@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func logarithm10(_ x: Float) -> Float { log10f(x) }

@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func power(_ base: Float, to exponent: Float) -> Float { powf(base, exponent) }

/// 10^(x/20).
@inlinable @_semantics("no_performance_analysis") @inline(__always)
package func decibelsToAmplitude(_ decibels: Float) -> Float { powf(10, decibels / 20) }
