import CThreads
import Glibc
import Synchronization

/// A thread of its own that calls `body` until it is stopped.
///
/// Signals are blocked in it, so they go to the main thread; denormals are flushed to zero.
package final class WorkerThread: @unchecked Sendable {
  private let isStopping = Atomic<Bool>(false)
  private var thread = pthread_t()
  private var isRunning = false

  /// - Parameters:
  ///   - name: at most 15 characters.
  ///   - body: called again and again; it waits for its work with a limit of a tenth of a second or so.
  /// - Throws: `LiveError.noThread`.
  package init(name: String, body: @escaping @Sendable () -> Void) throws(LiveError) {
    let start = Start { [self] in
      ct_name_thread(name)
      ct_block_signals()
      ct_flush_denormals()
      while !isStopping.load(ordering: .acquiring) { body() }
    }
    let context = Unmanaged.passRetained(start)
    let code = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Start>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw .noThread(code: Int(code))
    }
    isRunning = true
  }

  /// Lets `body` return a last time and waits for the thread's end. `wake` is called to end its waiting.
  package func stop(wake: () -> Void) {
    guard isRunning else { return }
    isRunning = false
    isStopping.store(true, ordering: .releasing)
    wake()
    pthread_join(thread, nil)
  }

  private final class Start {
    let run: () -> Void
    init(run: @escaping () -> Void) { self.run = run }
  }
}
