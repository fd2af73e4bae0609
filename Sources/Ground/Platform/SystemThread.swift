/// A thread of the system's, which ends when its body does. A value that names it; any thread may hold it.
package struct SystemThread: @unchecked Sendable {
  /// The system gives no thread: errno.
  package struct Refusal: Error, Equatable {
    package let code: Int
  }

  private let thread: pthread_t

  /// Starts it. Either `join` or `detach` follows, once.
  ///
  /// - Parameter body: kept until it has returned.
  /// - Throws: `Refusal`; the body is then not called.
  package init(_ body: @escaping () -> Void) throws(Refusal) {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(body))
    let code = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Start>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw Refusal(code: Int(code))
    }
    self.thread = thread
  }

  /// Waits for its end. Not from within the thread.
  package func join() { pthread_join(thread, nil) }

  /// Nobody will wait for its end.
  package func detach() { pthread_detach(thread) }

  private final class Start {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }
}
