import CThreads
import Ground
import Realtime
import Synchronization

/// A microphone and a loudspeaker, or any two ALSA devices, with a processor between them.
///
/// Two threads of its own: an ordinary one opens the devices, tells the processor what happens, waits for a device that has
/// gone and opens it again (AlsaDuplex+Threads.swift); the other moves samples, at real-time priority where that is allowed
/// (AlsaLoop.swift). All methods: any ordinary thread.
package final class AlsaDuplex: @unchecked Sendable {
  package enum End: Sendable, Equatable {
    case stopped
    /// A file that played the input has ended, and all of it has been played.
    case inputEnded
    /// It cannot go on; the sentence.
    case failed(String)
  }

  package let configuration: AlsaConfiguration
  let processor: any BlockProcessor
  let report = AlsaReport()
  let started = ct_semaphore_make()!
  private let ended = ct_semaphore_make()!

  struct State {
    var error: (any Error)?
    var isRunning = false
    var format: StreamFormat?
    var deviceLatency = 0
    var description = ""
    var end: End?
  }
  let state = Mutex(State())

  /// - Parameter processor: kept until the end.
  package init(_ configuration: AlsaConfiguration, processor: any BlockProcessor) {
    precondition(configuration.channelCount >= 1, "a device has at least one channel")
    self.configuration = configuration
    self.processor = processor
  }

  deinit {
    ct_semaphore_destroy(started)
    ct_semaphore_destroy(ended)
  }

  /// What the devices agreed to; nil before the start.
  package var format: StreamFormat? { state.withLock { $0.format } }
  /// Samples per channel that the devices' own buffers add to the processor's latency, as set up.
  package var deviceLatencyInSamples: Int { state.withLock { $0.deviceLatency } }
  /// The same as measured at the newest block: what waited in the input, in the resampler of two clocks and in the output.
  /// nil before the first block and without a clock.
  package var measuredDeviceLatency: Int? {
    let measured = report.latency.load(ordering: .relaxed)
    return measured < 0 ? nil : measured
  }
  /// "default, S16, 2 channels -> hw:1, S24_3LE, 2 channels"
  package var description: String { state.withLock { $0.description } }
  /// Why it runs no longer; nil while it does.
  package var end: End? { state.withLock { $0.end } }

  /// Opens the devices, prepares the processor, and lets blocks flow. Once only.
  ///
  /// - Throws: `AlsaError`, or what the processor's `prepare` throws; nothing runs then.
  package func start() throws {
    guard let supervisor = try? SystemThread({ self.supervise() }) else { throw AlsaError.noThread }
    supervisor.detach()
    while !ct_semaphore_wait(started, 1_000_000_000) {}
    if let error = state.withLock({ $0.error }) { throw error }
    state.withLock { $0.isRunning = true }
  }

  /// Ends it and waits until no block is under way; less than half a second, also while a device is waited for.
  package func stop() {
    guard state.withLock({ $0.isRunning }) else { return }
    report.isStopping.store(true, ordering: .releasing)
    report.signal()
    while end == nil { _ = ct_semaphore_wait(ended, 100_000_000) }
  }

  func finish(_ end: End) {
    state.withLock { $0.end = end }
    ct_semaphore_post(ended)
  }
}
