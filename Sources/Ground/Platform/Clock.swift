import Glibc

/// Nanoseconds of the monotonic clock; read in user space (vDSO), without lock or heap call (RealTimeTests).
@_semantics("no_performance_analysis")
package func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
