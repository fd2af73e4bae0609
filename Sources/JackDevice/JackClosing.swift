import CJACK
import CThreads
import Ground

/// jack_client_close on a thread of its own, because it may hang: libjack cancels its threads asynchronously, one of them
/// perhaps with a lock that the closing needs next.
final class JackClosing: @unchecked Sendable {
  private let client: OpaquePointer
  private let done = ct_semaphore_make()!

  init(_ client: OpaquePointer) { self.client = client }
  deinit { ct_semaphore_destroy(done) }

  /// Closes the client. Once only, on an ordinary thread. Whether it was finished in time; if not, its thread stays behind.
  func finish(nanoseconds: UInt64) -> Bool {
    let thread = try? SystemThread { [self] in
      ct_block_signals()
      jack_client_close(client)
      ct_semaphore_post(done)
    }
    guard let thread else { return false }
    thread.detach()
    return ct_semaphore_wait(done, nanoseconds)
  }
}
