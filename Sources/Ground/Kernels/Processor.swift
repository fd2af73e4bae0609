import CKernels

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
