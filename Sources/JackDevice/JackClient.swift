import CJACK
import CThreads
import Ground
import Realtime
import Synchronization

/// Limpid as a JACK client: a `BlockProcessor` between ports `in_1`… and `out_1`…, through a server's changes of block size
/// and its restarts.
///
/// One thread of its own, the supervisor, makes every call of libjack that may wait; JACK's callbacks only store and post.
/// libjack knows one server per process: no other client of the process may be open while the server is waited for.
/// All methods: any ordinary thread, not from within the processor's functions. It runs until `stop()`, or until it ends by
/// itself.
package final class JackClient: @unchecked Sendable {
  /// Why a client that had started runs no longer.
  package enum End: Sendable, Equatable {
    /// `stop()` was called.
    case stopped
    /// The server is gone, and `reconnects` is false; the reason, as a clause.
    case serverStopped(String)
    /// The processor cannot work with what the server changed to; its sentence.
    case failed(String)
  }

  package let configuration: JackConfiguration
  let processor: any BlockProcessor
  let process: FixedValue<JackProcess>
  private let wake = ct_semaphore_make()!
  private let started = ct_semaphore_make()!
  private let ended = ct_semaphore_make()!
  private let stopping = Atomic(false)
  /// Between two attempts to reach a server that is gone. Set before the start.
  var retryNanoseconds: UInt64 = 500_000_000
  /// For entering the graph, the start of a server included. JACK2 keeps what clients publish in a database that all servers
  /// and clients of a user share, and a lock left there by one that was killed holds up every call for ever.
  var startPatience: UInt64 = 30_000_000_000

  struct State {
    var isStarted = false
    var startError: (any Error)?
    var actualName: String?
    var format: StreamFormat?
    var book = JackConnectionBook()
    var end: End?
  }
  let state = Mutex(State())

  /// - Parameter processor: what stands between the ports; kept until the end.
  package init(_ configuration: JackConfiguration, processor: any BlockProcessor) {
    precondition(configuration.channelCount >= 1, "a JACK client has at least one channel")
    self.configuration = configuration
    self.processor = processor
    process = FixedValue(
      JackProcess(inputCount: configuration.inputCount, channelCount: configuration.channelCount, wake: wake))
  }

  deinit { for semaphore in [wake, started, ended] { ct_semaphore_destroy(semaphore) } }

  /// The name that the server gave; nil before the start.
  package var actualName: String? { state.withLock { $0.actualName } }
  /// What the server runs at, or ran at when it was last there; nil before the start.
  package var format: StreamFormat? { state.withLock { $0.format } }
  /// What our ports are connected to; while there is no server, what they will be connected to again.
  package var connections: [JackConnection] {
    state.withLock { isLost ? $0.book.connections : $0.book.presentConnections }
  }
  /// Why it runs no longer; nil while it does.
  package var end: End? { state.withLock { $0.end } }

  /// Opens the client, prepares the processor, connects the ports and lets blocks flow. Waits for all of it. Once only.
  ///
  /// - Throws: `JackError`, or what the processor's `prepare` throws; nothing runs then, and it can be started again, except
  ///   after `JackError.noAnswer`: then a thread may stay behind.
  package func start() throws {
    guard JackLibrary.isThere else { throw JackError.noLibrary }
    state.withLock {
      precondition(!$0.isStarted, "a JACK client starts once")
      $0.isStarted = true
    }
    silenceLibjack()
    guard let thread = try? SystemThread({ self.supervise() }) else {
      state.withLock { $0.isStarted = false }
      throw JackError.noThread
    }
    thread.detach()
    guard ct_semaphore_wait(started, startPatience) else {
      stopping.store(true, ordering: .releasing)
      throw JackError.noAnswer(server: serverName)
    }
    let error = state.withLock { state in
      if state.startError != nil { state.isStarted = false }
      defer { state.startError = nil }
      return state.startError
    }
    if let error { throw error }
  }

  /// Leaves the graph and waits until no block is under way. Does nothing when it does not run.
  package func stop() {
    guard state.withLock({ $0.isStarted }) else { return }
    stopping.store(true, ordering: .releasing)
    ct_semaphore_post(wake)
    waitForEnd()
  }

  /// Waits until it runs no longer, and says why. It must have started.
  @discardableResult package func waitForEnd() -> End {
    while true {
      if let end { return end }
      if ct_semaphore_wait(ended, 1_000_000_000) { ct_semaphore_post(ended) }
    }
  }

  // MARK: - For the supervisor

  /// As messages name it.
  var serverName: String {
    configuration.serverName ?? getenv("JACK_DEFAULT_SERVER").map { String(cString: $0) } ?? "default"
  }

  var isStopping: Bool { stopping.load(ordering: .acquiring) }
  var isLost: Bool { process.pointee.lost.load(ordering: .acquiring) != 0 }

  /// Waits until a callback or `stop()` has something to say, at most `nanoseconds`.
  func waitForNews(_ nanoseconds: UInt64) { _ = ct_semaphore_wait(wake, nanoseconds) }

  /// Lets `start()` return, or throw.
  func reportStart(_ error: (any Error)?) {
    state.withLock { $0.startError = error }
    ct_semaphore_post(started)
  }

  func finish(_ end: End) {
    state.withLock { $0.end = end }
    ct_semaphore_post(ended)
  }
}

/// libjack writes to standard error whatever it finds remarkable, each attempt to reach a server included; its errors reach
/// the user as `JackError`.
private func silenceLibjack() {
  jack_set_error_function { _ in }
  jack_set_info_function { _ in }
}
