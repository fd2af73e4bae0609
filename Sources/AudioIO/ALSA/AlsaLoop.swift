import CThreads
import Glibc
import Synchronization

/// What the loop tells the other threads.
final class AlsaReport: Sendable {
  let isStopping = Atomic<Bool>(false)
  let xruns = Atomic<Int>(0)
  let suspends = Atomic<Int>(0)
  /// Whether the device has no clock.
  let isClockless = Atomic<Bool>(false)
  /// Bits of a Double, ppm.
  let drift = Atomic<UInt64>(0)
  let blocks = Atomic<Int>(0)
}

/// Input to callback to output, block by block: what runs on the device's thread.
///
/// One device: its clock drives both directions and every sample goes through as it is. Two devices: the input's clock
/// drives, and the output is resampled to follow, on the far side of the engine, so that the engine's samples and their
/// latency are exact. Neither allocates nor locks between blocks, besides what ALSA itself does. AlsaLoop+Setup.swift makes it.
struct AlsaLoop<Input: PCMStream & ~Copyable, Output: PCMStream & ~Copyable>: ~Copyable {
  enum End: Equatable {
    case stopped
    /// The device is gone; the error's number.
    case lost(Int)
    /// A file that was played as an input has ended.
    case inputEnded
  }

  var input: Input
  var output: Output
  let callback: BlockCallback
  let report: AlsaReport
  let processor: any BlockProcessor
  let channelCount: Int
  let sampleRate: Int
  let period: Int
  let hasOneClock: Bool
  /// Samples of silence that the output begins with.
  let primed: Int

  var control: ClockControl
  var resampler: AdaptiveResampler
  let inputBytes: UnsafeMutableRawPointer  // a period as the device has it
  let outputBytes: UnsafeMutableRawPointer  // a resampled period, or all of the silence
  let lanes: UnsafeMutablePointer<UnsafeMutablePointer<Float>>  // (channelCount), each (period)
  let constantLanes: UnsafeMutablePointer<UnsafePointer<Float>>
  let resampled: UnsafeMutablePointer<UnsafeMutablePointer<Float>>  // (channelCount), each (maximumOutput)
  let lanesMemory: UnsafeMutablePointer<Float>
  let resampledMemory: UnsafeMutablePointer<Float>

  /// Blocks since the start, and nanoseconds that the device let us wait for them: one without a clock never does.
  private var blocksSinceStart = 0
  private var waited: UInt64 = 0
  private var emptyReads = 0

  deinit {
    inputBytes.deallocate()
    outputBytes.deallocate()
    lanes.deallocate()
    constantLanes.deallocate()
    resampled.deallocate()
    lanesMemory.deallocate()
    resampledMemory.deallocate()
  }

  /// Blocks after which it is judged whether the device has a clock.
  private static var judgedBlocks: Int { 4 }
  /// Seconds between reports of the drift.
  private static var driftInterval: Double { 5 }

  /// Runs until it is stopped or the device is gone.
  mutating func run() -> End {
    if let end = start() { return end }
    while !report.isStopping.load(ordering: .relaxed) {
      if let end = step() { return end }
    }
    input.drop()
    output.drop()
    return .stopped
  }

  /// Fills the output with silence and lets both directions run.
  mutating func start() -> End? {
    input.drop()
    output.drop()
    if let end = check(input.prepare()) ?? check(output.prepare()) { return end }
    writeSilence()
    blocksSinceStart = 0
    waited = 0
    return check(input.start()) ?? check(output.start())
  }

  /// One block, or what has to be done instead. nil: it goes on.
  mutating func step() -> End? {
    let before = input.now()
    let got = input.read(inputBytes, count: period)
    waited += input.now() - before
    if got < 0 { return recover(got, isInput: true) }
    if got < period, !takeShort(got) { return .inputEnded }
    decode(got)
    judgeClock()
    let mayWait = report.isClockless.load(ordering: .relaxed) || blocksSinceStart <= Self.judgedBlocks
    callback.function(
      callback.context, constantLanes, lanes, period, mayWait ? BlockConditions.mayWait.rawValue : 0)
    report.blocks.add(1, ordering: .relaxed)
    // Two devices are followed once it is known that they have clocks; by then nothing has been heard yet.
    let follows = !hasOneClock && !mayWait
    return follows ? follow() : play(lanes, count: period)
  }

  /// A file that ends gives less and less; the rest of its last block is silence.
  private mutating func takeShort(_ got: Int) -> Bool {
    emptyReads = got == 0 ? emptyReads + 1 : 0
    return emptyReads < 3
  }

  private mutating func judgeClock() {
    blocksSinceStart += 1
    guard blocksSinceStart == Self.judgedBlocks, !report.isClockless.load(ordering: .relaxed) else { return }
    // A real device has let us wait for three periods at least by now.
    if waited < UInt64(Double(period) / Double(sampleRate) * 1e9) {
      report.isClockless.store(true, ordering: .relaxed)
      _ = ct_make_ordinary()  // at real-time priority it would leave the machine to nobody else
      processor.note(
        .remark("the device has no clock of its own, so blocks come as fast as they are enhanced, and none is late"))
    }
  }

  // MARK: - Samples

  private func decode(_ got: Int) {
    let size = input.format.byteCount
    let stride = size * input.channelCount
    for channel in 0..<channelCount {
      // Fewer inputs than channels: the last one is for the rest.
      let source = min(channel, input.channelCount - 1)
      input.format.decode(inputBytes + source * size, stride: stride, count: got, into: lanes[channel])
      for n in got..<period { lanes[channel][n] = 0 }
    }
  }

  /// Into the device's bytes; more outputs than channels play the last one's, as both ears do of one voice.
  private func encode(_ samples: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int) {
    let size = output.format.byteCount
    let stride = size * output.channelCount
    for channel in 0..<output.channelCount {
      output.format.encode(
        samples[min(channel, channelCount - 1)], count: count, into: outputBytes + channel * size, stride: stride)
    }
  }

  private mutating func play(_ samples: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int) -> End? {
    encode(samples, count: count)
    let before = input.now()
    let put = output.write(outputBytes, count: count)
    waited += input.now() - before
    return put < 0 ? recover(put, isInput: false) : nil
  }

  /// The output's clock is another one: its delay says how much faster or slower.
  private mutating func follow() -> End? {
    let waiting = output.delay()
    if waiting < 0 { return recover(waiting, isInput: false) }
    let seconds = Double(period) / Double(sampleRate)
    let ratio = control.update(delay: Double(waiting) - resampler.fractionWaiting, seconds: seconds)
    let count = resampler.process(lanes, count: period, ratio: ratio, into: resampled)
    let before = Int(Double(blocksSinceStart - 1) * seconds / Self.driftInterval)
    if Int(Double(blocksSinceStart) * seconds / Self.driftInterval) > before {
      report.drift.store(control.drift.bitPattern, ordering: .relaxed)
      processor.note(.clockDrift(ppm: control.drift))
    }
    return play(resampled, count: count)
  }

  private mutating func writeSilence() {
    memset(outputBytes, 0, primed * output.channelCount * output.format.byteCount)
    var left = primed
    while left > 0 {
      let put = output.write(outputBytes, count: min(left, output.bufferSize))
      if put <= 0 { return }
      left -= put
    }
  }

  // MARK: - What goes wrong

  /// - Parameter code: −errno of a direction.
  private mutating func recover(_ code: Int, isInput: Bool) -> End? {
    switch Int32(-code) {
    case EAGAIN, EINTR: return nil
    case EPIPE:
      report.xruns.add(1, ordering: .relaxed)
      processor.note(.xrun)
      return restart(isInput: isInput)
    case ESTRPIPE:
      report.suspends.add(1, ordering: .relaxed)
      waitForResume(isInput: isInput)
      return restart(isInput: isInput)
    default: return .lost(-code)
    }
  }

  /// With one clock both directions begin anew, or the delay between them would be another; else the one that stopped.
  private mutating func restart(isInput: Bool) -> End? {
    if hasOneClock { return start() }
    if isInput { return check(input.prepare()) ?? check(input.start()) }
    if let end = check(output.prepare()) { return end }
    writeSilence()
    return check(output.start())
  }

  private mutating func waitForResume(isInput: Bool) {
    while !report.isStopping.load(ordering: .relaxed) {
      let code = isInput ? input.resume() : output.resume()
      if code != -Int(EAGAIN) { return }
      input.pause(nanoseconds: 20_000_000)
    }
  }

  /// A device that cannot be prepared or started is gone.
  private func check(_ code: Int) -> End? {
    code < 0 && code != -Int(EAGAIN) ? .lost(-code) : nil
  }
}
