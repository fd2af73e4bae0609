import Glibc
import SignalProcessing

// What a checked (`@_noLocks`) loop needs and the compiler cannot see into. None of it takes a lock or makes a heap
// call (RealTimeTests).

@_semantics("no_performance_analysis") @inline(__always)
func squareRoot(_ x: Float) -> Float { x.squareRoot() }

/// 10^(x/20).
@_semantics("no_performance_analysis") @inline(__always)
func decibelsToAmplitude(_ decibels: Float) -> Float { powf(10, decibels / 20) }

/// Nanoseconds of the monotonic clock; read in user space (vDSO).
@_semantics("no_performance_analysis") @inline(__always)
func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

@_noLocks @inline(__always)
func copy(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
  copySamples(source, to: target, count: count)
}
