import CKernels

/// The instruction set that the kernels use on this thread: "x86-64-v4", "x86-64-v3" or "baseline".
package var kernelLevelName: String { String(cString: ck_level_name(ck_level())) }

/// Flushes denormal numbers to zero on this thread: for good on a thread of our own, else until `restoreDenormals`.
///
/// - Returns: what was set before.
@_semantics("no_performance_analysis") @discardableResult
package func flushDenormals() -> UInt32 { ck_flush_denormals() }

/// Restores what `flushDenormals` returned: on a thread of somebody else's.
@_semantics("no_performance_analysis")
package func restoreDenormals(_ saved: UInt32) { ck_restore_denormals(saved) }
