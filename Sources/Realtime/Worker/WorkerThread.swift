import CThreads
import Ground
import Synchronization

/// A thread of its own that calls `body` until it is stopped.
///
/// Signals are blocked in it, so they go to the main thread; denormals are flushed to zero.
package final class WorkerThread: @unchecked Sendable {
  private let isStopping = Atomic<Bool>(false)
  private var thread: SystemThread?

  /// - Parameters:
  ///   - name: at most 15 characters.
  ///   - body: called again and again; it waits for its work with a limit of a tenth of a second or so.
  /// - Throws: `LiveError.noThread`.
  package init(name: String, body: @escaping @Sendable () -> Void) throws(LiveError) {
    do throws(SystemThread.Refusal) {
      thread = try SystemThread { [self] in
        ct_name_thread(name)
        ct_block_signals()
        flushDenormals()
        while !isStopping.load(ordering: .acquiring) { body() }
      }
    } catch { throw .noThread(code: error.code) }
  }

  /// Lets `body` return a last time and waits for the thread's end. `wake` is called to end its waiting.
  package func stop(wake: () -> Void) {
    guard let running = thread else { return }
    thread = nil
    isStopping.store(true, ordering: .releasing)
    wake()
    running.join()
  }
}
