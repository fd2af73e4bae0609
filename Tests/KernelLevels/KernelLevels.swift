import CKernels

/// Runs a body once at every dispatch level that this processor has, the lowest first, on this thread: golden vectors hold
/// at their tolerances at each of them.
public func atEveryKernelLevel(_ body: () throws -> Void) rethrows {
  for level in Int32(0)...2 where ck_level_is_supported(level) {
    let isForced = ck_level_force(level)
    precondition(isForced && ck_level() == level, "a level that is supported can be forced")
    defer { ck_level_force(-1) }
    try body()
  }
}
