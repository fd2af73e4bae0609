import CThreads

/// A semaphore, or a trap where the system has no memory for one.
func makeSemaphore() -> OpaquePointer {
  guard let made = ct_semaphore_make() else { fatalError("the system has no memory for a semaphore") }
  return made
}

/// A semaphore for ordinary threads to hold.
final class Semaphore: @unchecked Sendable {
  private let semaphore = makeSemaphore()
  deinit { ct_semaphore_destroy(semaphore) }
  func post() { ct_semaphore_post(semaphore) }
  func wait(nanoseconds: UInt64) -> Bool { ct_semaphore_wait(semaphore, nanoseconds) }
  /// However long it takes.
  func wait() { while !wait(nanoseconds: 1_000_000_000) {} }
}
