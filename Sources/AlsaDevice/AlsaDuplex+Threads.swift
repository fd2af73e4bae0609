import CThreads
import Ground
import Realtime
import Synchronization

/// The two threads: one looks after the devices, one moves samples.
extension AlsaDuplex {
  /// Devices that are open, and the loop between them.
  final class Session {
    var loop: AlsaLoop<AlsaPCM, AlsaPCM>
    var end: AlsaLoop<AlsaPCM, AlsaPCM>.End?
    /// errno of the wish for real-time priority.
    let priorityError = Atomic<Int32>(0)
    let hasRun = Atomic(false)

    init(loop: consuming AlsaLoop<AlsaPCM, AlsaPCM>) { self.loop = loop }
  }

  /// Time between two attempts to open a device that has gone, nanoseconds.
  private static var retryInterval: UInt64 { 500_000_000 }

  private var isStopping: Bool { report.isStopping.load(ordering: .acquiring) }

  /// The ordinary thread, from the start to the end.
  func supervise() {
    ct_name_thread("limpid-devices")
    ct_block_signals()
    var announcer = AlsaAnnouncer()
    var session: Session?
    do { session = try open() } catch {
      state.withLock { $0.error = error }
      ct_semaphore_post(started)
      return
    }
    ct_semaphore_post(started)
    var isLost = false
    var saidPriority = false
    while let running = session {
      let before = report.blocks.load(ordering: .acquiring)
      guard let thread = try? SystemThread({ self.runBlocks(running) }) else {
        return finish(.failed(AlsaError.noThread.description))
      }
      while !running.hasRun.load(ordering: .acquiring) {
        report.waitForNews(nanoseconds: 1_000_000_000)
        announcer.announce(report, to: processor)
        if !saidPriority, running.priorityError.load(ordering: .relaxed) != 0 {
          saidPriority = true
          processor.note(.remark(Self.priorityRemark))
        }
        if isLost, report.blocks.load(ordering: .acquiring) >= before + blocksOfReturn {
          isLost = false
          processor.note(.returned)
        }
      }
      thread.join()
      announcer.announce(report, to: processor)
      session = nil
      switch running.end! {
      case .stopped: return finish(.stopped)
      case .inputEnded: return finish(.inputEnded)
      case .lost(let number):
        if !isLost { processor.note(.lost(Self.reason(number))) }
        isLost = true
      }
      do { session = try reopen(consume running) } catch { return finish(.failed("\(error)")) }
    }
    finish(.stopped)
  }

  /// Closes the devices and tries every half a second to open them again; nil where it is stopped meanwhile.
  ///
  /// - Throws: what the processor's `prepare` throws: a device that came back as another.
  private func reopen(_ old: consuming Session) throws -> Session? {
    _ = consume old
    while true {
      let due = monotonicNanoseconds() + Self.retryInterval
      while monotonicNanoseconds() < due {
        if isStopping { return nil }
        report.waitForNews(nanoseconds: due - min(due, monotonicNanoseconds()))
      }
      do { return try open() } catch is AlsaError {}
    }
  }

  private func open() throws -> Session {
    let pair = try AlsaPair.open(configuration)
    let format = StreamFormat(
      sampleRate: pair.input.sampleRate, block: pair.input.period, channelCount: configuration.channelCount)
    let text = pair.description(configuration)
    let (hasOneClock, startsTogether) = (pair.hasOneClock, pair.startsTogether)
    let outputRate = pair.output.sampleRate
    let prepared = try processor.prepare(format)
    let session = Session(
      loop: AlsaLoop(
        input: pair.input, output: pair.output, format: format, outputRate: outputRate, periods: configuration.periods,
        hasOneClock: hasOneClock, startsTogether: startsTogether,
        inputChannels: configuration.inputChannels, callback: prepared.callback,
        processorLatency: prepared.latencyInSamples,
        drift: Double(bitPattern: report.drift.load(ordering: .relaxed)), report: report))
    let latency = session.loop.latency
    state.withLock {
      $0.format = format
      $0.deviceLatency = latency
      $0.description = text
    }
    return session
  }

  /// The device's thread, from the first block to the last.
  private func runBlocks(_ session: Session) {
    ct_name_thread("limpid-alsa")
    ct_block_signals()
    flushDenormals()
    if let priority = configuration.priority {
      session.priorityError.store(ct_make_realtime(Int32(priority)), ordering: .relaxed)
    }
    session.end = session.loop.run()
    session.hasRun.store(true, ordering: .releasing)
    report.signal()
  }

  /// Blocks after which a device that was gone is said to be back: one that opens and fails at once, as the file plugin on a
  /// full disk does, would be said to come and go twice a second for ever.
  private var blocksOfReturn: Int {
    guard let format else { return 1 }
    return max(2, min(32, format.sampleRate / 2 / format.block))
  }

  private static var priorityRemark: String {
    "the device's thread runs without real-time priority, which the system does not allow; give your user the right "
      + "(group audio, rtprio in /etc/security/limits.d) if you hear gaps"
  }

  private static func reason(_ number: Int) -> String {
    number == Int(ETIMEDOUT)
      ? "the sound device gives no samples" : "the sound device is gone (\(systemReason(Int32(number))))"
  }
}
