import CJACK
import CThreads
import Glibc

/// jack_client_close on a thread of its own, because it may hang: libjack cancels its threads asynchronously, one of them
/// perhaps with a lock that the closing needs next.
final class JackClosing: @unchecked Sendable {
  private let client: OpaquePointer
  private let done = ct_semaphore_make()!

  init(_ client: OpaquePointer) { self.client = client }
  deinit { ct_semaphore_destroy(done) }

  /// Closes the client. Once only, on an ordinary thread. Whether it was finished in time; if not, its thread stays behind.
  func finish(nanoseconds: UInt64) -> Bool {
    var thread = pthread_t()
    let own = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { context in
        let closing = Unmanaged<JackClosing>.fromOpaque(context!).takeRetainedValue()
        ct_block_signals()
        jack_client_close(closing.client)
        ct_semaphore_post(closing.done)
        return nil
      }, own.toOpaque())
    precondition(code == 0, "the system gives no thread")
    pthread_detach(thread)
    return ct_semaphore_wait(done, nanoseconds)
  }
}
