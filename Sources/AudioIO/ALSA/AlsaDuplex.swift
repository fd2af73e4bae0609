import CThreads
import Glibc
import Synchronization

/// A microphone and a loudspeaker, or any two ALSA devices, with a processor between them.
///
/// One thread of its own, at real-time priority where that is allowed, does everything; a device that goes away is waited for
/// and opened again. All methods: any ordinary thread.
public final class AlsaDuplex: @unchecked Sendable {
  public enum End: Sendable, Equatable {
    case stopped
    /// A file that played the input has ended.
    case inputEnded
    /// It cannot go on; the sentence.
    case failed(String)
  }

  public let configuration: AlsaConfiguration
  private let processor: any BlockProcessor
  private let report = AlsaReport()
  private let started = ct_semaphore_make()!
  private let ended = ct_semaphore_make()!
  private var thread = pthread_t()

  private struct State {
    var error: (any Error)?
    var isRunning = false
    var format: StreamFormat?
    var deviceLatency = 0
    var description = ""
    var end: End?
  }
  private let state = Mutex(State())

  /// - Parameter processor: kept until the end.
  public init(_ configuration: AlsaConfiguration, processor: any BlockProcessor) {
    precondition(configuration.channelCount >= 1, "a device has at least one channel")
    self.configuration = configuration
    self.processor = processor
  }

  deinit {
    ct_semaphore_destroy(started)
    ct_semaphore_destroy(ended)
  }

  /// What the devices agreed to; nil before the start.
  public var format: StreamFormat? { state.withLock { $0.format } }
  /// Samples per channel that the devices' own buffers add to the processor's latency.
  public var deviceLatencyInSamples: Int { state.withLock { $0.deviceLatency } }
  /// "default, S16, 2 channels -> hw:1, S24_3LE, 2 channels"
  public var description: String { state.withLock { $0.description } }
  /// Why it runs no longer; nil while it does.
  public var end: End? { state.withLock { $0.end } }
  /// Interruptions so far.
  public var xrunCount: Int { report.xruns.load(ordering: .relaxed) }

  /// Opens the devices, prepares the processor, and lets blocks flow. Once only.
  ///
  /// - Throws: `AlsaError`, or what the processor's `prepare` throws; nothing runs then.
  public func start() throws {
    let own = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<AlsaDuplex>.fromOpaque(context!).takeRetainedValue().supervise()
        return nil
      }, own.toOpaque())
    guard code == 0 else {
      own.release()
      throw AlsaError.noThread
    }
    pthread_detach(thread)
    while !ct_semaphore_wait(started, 1_000_000_000) {}
    if let error = state.withLock({ $0.error }) { throw error }
    state.withLock { $0.isRunning = true }
  }

  /// Ends it and waits until no block is under way.
  public func stop() {
    guard state.withLock({ $0.isRunning }) else { return }
    report.isStopping.store(true, ordering: .releasing)
    while end == nil { _ = ct_semaphore_wait(ended, 100_000_000) }
  }

  // MARK: - The thread

  private typealias Loop = AlsaLoop<AlsaPCM, AlsaPCM>
  private var isStopping: Bool { report.isStopping.load(ordering: .acquiring) }

  private func supervise() {
    ct_name_thread("limpid-alsa")
    ct_block_signals()
    ct_flush_denormals()
    var loop: Loop?
    do { loop = try open() } catch {
      state.withLock { $0.error = error }
      ct_semaphore_post(started)
      return
    }
    if ct_make_realtime(70) != 0 {
      processor.note(
        .remark(
          "the device's thread runs without real-time priority, which the system does not allow; give your user the right "
            + "(group audio, rtprio in /etc/security/limits.d) if you hear gaps"))
    }
    ct_semaphore_post(started)
    while true {
      switch loop!.run() {
      case .stopped: return finish(.stopped)
      case .inputEnded: return finish(.inputEnded)
      case .lost(let number):
        loop = nil  // closes the devices
        processor.note(.lost("the sound device is gone (\(String(cString: strerror(Int32(number)))))"))
        do {
          guard let back = try waitForReturn() else { return finish(.stopped) }
          loop = consume back
        } catch { return finish(.failed("\(error)")) }
        processor.note(.returned)
      }
    }
  }

  /// Tries every half a second; nil where it is stopped meanwhile.
  ///
  /// - Throws: what the processor's `prepare` throws: a device that came back as another.
  private func waitForReturn() throws -> Loop? {
    while true {
      for _ in 0..<10 {
        if isStopping { return nil }
        ct_pause(50_000_000)
      }
      do { return try open() } catch is AlsaError {}
    }
  }

  private func open() throws -> Loop {
    let c = configuration
    let input = try AlsaPCM.open(
      c.input, isInput: true, rate: c.sampleRate, channelCount: c.channelCount, period: c.period, periods: c.periods)
    let rate = input.sampleRate
    let block = input.period
    let output: AlsaPCM
    do throws(AlsaError) {
      // The margin of two clocks takes a little more room.
      output = try AlsaPCM.open(
        c.output, isInput: false, rate: rate, channelCount: c.channelCount, period: block,
        periods: c.hasOneClock ? c.periods : max(c.periods, 4))
    } catch {
      if case .rateRefused = error, c.sampleRate == nil {
        throw AlsaError.ratesDiffer(input: rate, output: 0)
      }
      throw error
    }
    let format = StreamFormat(sampleRate: rate, block: block, channelCount: c.channelCount)
    let text =
      "\(c.input), \(input.format.name), \(input.channelCount) channel\(input.channelCount == 1 ? "" : "s") -> "
      + "\(c.output), \(output.format.name), \(output.channelCount) channel\(output.channelCount == 1 ? "" : "s")"
    let prepared = try processor.prepare(format)
    let loop = Loop(
      input: input, output: output, format: format, periods: c.periods, hasOneClock: c.hasOneClock,
      callback: prepared.callback, processor: processor, report: report)
    let latency = loop.deviceLatency
    state.withLock {
      $0.format = format
      $0.deviceLatency = latency
      $0.description = text
    }
    return loop
  }

  private func finish(_ end: End) {
    state.withLock { $0.end = end }
    ct_semaphore_post(ended)
  }
}
