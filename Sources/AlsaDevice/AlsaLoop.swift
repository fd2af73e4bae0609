import Ground
import Realtime
import SignalProcessing
import Synchronization

/// Input to callback to output, block by block: what runs on the device's thread.
///
/// One device: its clock drives both directions and every sample goes through as it is. Two devices, or two rates: the input's
/// clock drives, and the output is resampled to follow, on the far side of the processor, so that the processor's samples and
/// their latency are exact. Delays are counted in the input's samples. What waits between the converters is measured at every block, and set to what is stated after every
/// start. Neither allocates nor locks between blocks, besides what ALSA itself does.
/// Memory is made in AlsaLoop+Setup.swift; what goes wrong is in AlsaLoop+Recovery.swift.
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
  let channelCount: Int
  let sampleRate: Int
  let period: Int
  let hasOneClock: Bool
  /// Whether the driver starts both directions in the same moment.
  let startsTogether: Bool
  let processorLatency: Int
  /// Output samples of silence that the output begins with.
  let primed: Int
  /// Samples from the input's converter to the output's, without the processor's: what waits in the input when a block is
  /// read, in the resampler, and in the output when the block is written. A sample waits while its period fills, the output
  /// plays on meanwhile: so it is what the output was primed with, not a period more.
  let latency: Int
  /// Blocks over which a device's pace is judged.
  let judgedBlocks: Int
  let inputMap: ChannelMap
  let outputMap: ChannelMap
  /// Whether one channel is made of several by what they hold.
  let choosesInput: Bool
  var choice: InputChoice
  let heard: PlanarBlock  // (device's inputs, period)

  var control: ClockControl
  var resampler: AdaptiveResampler
  let inputBytes: ByteMemory  // a period as the device has it
  let unwritten: ByteMemory  // the same size: what stands there before a read
  let outputBytes: ByteMemory  // a resampled period, or all of the silence
  let block: PlanarBlock  // (channelCount, period): processed in place
  let resampled: PlanarBlock  // (channelCount, most output)
  let scratch: FloatMemory  // (most output): a mean

  // Whether the samples of a direction come or go at a pace of their own, as found at the start.
  var inputHasClock = true
  var outputHasClock = true
  /// After a start of one direction after the other: the delay is set to the sample before it is kept.
  var needsAlignment = true
  /// With one clock: blocks left in which to see a position that is no multiple of a large step.
  var awaitedPositions = 0
  /// Waits in a row that gave nothing.
  var idleWaits = 0
  /// Whether a read has ever changed what stood in memory: ALSA's null plugin never does, and never ends.
  private var inputHasWritten = false
  /// Samples of silence given to the processor since the input's end; nil before it.
  var flushed: Int?
  var blocks = 0
  var judgedSince: UInt64 = 0

  /// Seconds between reports of the drift.
  private static var driftInterval: Double { @_noLocks get { 5 } }

  /// Whether blocks may wait for the processor.
  var isClockless: Bool { report.isClockless.load(ordering: .relaxed) }
  /// Whether what waits between the two converters can be told and kept.
  private var isMeasured: Bool { inputHasClock && outputHasClock && !isClockless }

  /// Runs until it is stopped or the device is gone.
  mutating func run() -> End {
    var end = start()
    while end == nil {
      end = report.isStopping.load(ordering: .relaxed) ? .stopped : step()
    }
    if end == .inputEnded { playOut() }
    // Also what makes ALSA's file plugin write the last of it.
    input.drop()
    output.drop()
    return end!
  }

  /// One block, or what has to be done instead. nil: it goes on.
  mutating func step() -> End? {
    guard flushed == nil else { return flush() }
    let there = input.waitForInput(period)
    if there < 0 { return recover(there) }
    let waiting = output.delay()
    if waiting < 0 { return recover(waiting) }
    let stillThere = isMeasured ? input.available() : there
    if stillThere < 0 { return recover(stillThere) }
    let size = period * input.channelCount * input.format.byteCount
    memcpy(inputBytes.base, unwritten.base, size)
    let read = input.read(inputBytes.base, count: period)
    if read < 0 { return recover(read, losesSamples: true) }
    let got = written(read)
    if got > 0 { inputHasWritten = true }
    decode(got)
    // Only a file's end gives less than there was.
    if got < period, inputHasWritten { flushed = period - got }
    process()
    return isMeasured ? playInTime(there: there, later: stillThere, waiting: waiting) : playAsItIs()
  }

  /// After the input's end: what the processor still holds.
  private mutating func flush() -> End? {
    if flushed! >= processorLatency { return .inputEnded }
    block.clear()
    flushed! += period
    process()
    return playAsItIs()
  }

  /// At the nominal rates: there is nothing to follow.
  private mutating func playAsItIs() -> End? {
    guard resampler.nominalRatio != 1 else { return play(block.lanes, count: period) }
    let count = resampler.process(
      block.lanes, count: period, ratio: resampler.nominalRatio, into: resampled.lanes)
    return play(resampled.lanes, count: count)
  }

  private mutating func process() {
    judgePace()
    callback.function(
      callback.context, block.constantLanes, block.lanes, period, isClockless ? BlockConditions.mayWait.rawValue : 0)
    report.blocks.add(1, ordering: .releasing)
    blocks += 1
    if blocks == 1 { report.signal() }
  }

  /// A device that is twice as fast as its rate has no clock worth the name.
  private mutating func judgePace() {
    guard blocks > 0, blocks % judgedBlocks == 0, !isClockless else { return }
    let now = input.now()
    let nominal = Double(judgedBlocks * period) / Double(sampleRate) * 1e9
    if judgedSince != 0, Double(now - judgedSince) < 0.5 * nominal { findClockless() }
    judgedSince = now
  }

  // MARK: - Samples

  /// ALSA's file plugin (1.2.8) says after its file's end that it has read, and writes nothing: what is still as it was before
  /// the read, 16 bytes at least, was not read.
  private func written(_ count: Int) -> Int {
    guard input.isInterleaved else { return count }
    let frame = input.channelCount * input.format.byteCount
    let bytes = inputBytes.base.assumingMemoryBound(to: UInt8.self)
    let before = unwritten.base.assumingMemoryBound(to: UInt8.self)
    var end = count * frame
    while end > 0, bytes[end - 1] == before[end - 1] { end -= 1 }
    return count * frame - end < min(16, count * frame) ? count : (end + frame - 1) / frame
  }

  private mutating func decode(_ got: Int) {
    if choosesInput {
      for channel in 0..<input.channelCount {
        decode(deviceChannel: channel, got, into: heard[channel])
        for n in got..<period { heard[channel][n] = 0 }
      }
      choice.process(heard.constantLanes, count: period, into: block[0])
      return
    }
    for channel in 0..<channelCount {
      let lane = block[channel]
      decode(deviceChannel: inputMap[channel].first, got, into: lane)
      for n in got..<period { lane[n] = 0 }
    }
  }

  private func decode(deviceChannel channel: Int, _ got: Int, into samples: UnsafeMutablePointer<Float>) {
    let size = input.format.byteCount
    // A block is read for `period` samples, also where it was shorter.
    let start = inputBytes.base + channel * size * (input.isInterleaved ? 1 : period)
    input.format.decode(
      start, stride: input.isInterleaved ? size * input.channelCount : size, count: got, into: samples)
  }

  private func encode(_ samples: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int) {
    let size = output.format.byteCount
    let stride = output.isInterleaved ? size * output.channelCount : size
    for channel in 0..<output.channelCount {
      let from = outputMap[channel]
      let bytes = outputBytes.base + channel * size * (output.isInterleaved ? 1 : count)
      if from.count == 1 {
        output.format.encode(samples[from.first], count: count, into: bytes, stride: stride)
        continue
      }
      for n in 0..<count { scratch[n] = 0 }
      for source in 0..<from.count {
        let lane = samples[from.first + source * from.step]
        for n in 0..<count { scratch[n] += lane[n] / Float(from.count) }
      }
      output.format.encode(scratch.base, count: count, into: bytes, stride: stride)
    }
  }

  private mutating func play(_ samples: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int) -> End? {
    encode(samples, count: count)
    let put = output.write(outputBytes.base, count: count)
    if put < 0 { return recover(put, losesSamples: true) }
    idleWaits = 0
    return nil
  }

  // MARK: - The delay

  /// Plays the block so that what waits between the two converters is and stays what is stated.
  ///
  /// - Parameters:
  ///   - there: samples in the input's buffer, this block included.
  ///   - later: the same, read anew after `waiting`.
  ///   - waiting: samples in the output's buffer between the two.
  private mutating func playInTime(there: Int, later: Int, waiting: Int) -> End? {
    let ratio = resampler.nominalRatio
    let inResampler = hasOneClock ? 0 : Double(resampler.delayInSamples) - resampler.fractionWaiting
    // Where this thread was interrupted between the readings, they are not of one moment and say nothing.
    let isOneMoment = later - there <= period / 4
    let delay = isOneMoment ? 0.5 * Double(there + later) + inResampler + Double(waiting) / ratio : control.target
    if isOneMoment { report.latency.store(Int(delay.rounded()), ordering: .relaxed) }
    let shortfall = control.shortfall(delay: delay)
    // Samples lost where nobody said so. With two clocks the loop would bend the pitch for long: better one step, counted as
    // what it is. Up to a period of either it may be that a device tells its position in steps.
    let largestStep = max(Double(max(period, 64)), (Double(output.period) / ratio).rounded(.up))
    if !needsAlignment, abs(shortfall) > largestStep {
      countXrun()
      needsAlignment = true
    }
    var aligns = needsAlignment && isOneMoment
    if aligns, awaitedPositions > 0, hasOneClock, positionsHaveSteps(there, waiting) {
      // They say less than the moments of the starts do, which lie close together.
      awaitedPositions -= 1
      needsAlignment = awaitedPositions > 0
      aligns = false
    }
    var skipped = 0
    if aligns {
      control.realign()
      let missing = Int((shortfall * ratio).rounded())
      let put = missing > 0 ? writeSilence(min(missing, primed)) : 0
      if put < 0 { return recover(put, losesSamples: true) }
      skipped = max(0, -missing)
    }
    let samples = hasOneClock ? block.lanes : resampled.lanes
    let count = hasOneClock ? period : follow(delay: needsAlignment ? control.target : delay)
    if aligns {
      skipped = min(skipped, count)
      for channel in 0..<channelCount {
        for n in skipped..<count { samples[channel][n - skipped] = samples[channel][n] }
      }
      needsAlignment = abs(shortfall) > min(Double(period), Double(primed) / ratio)
    }
    return play(samples, count: count - skipped)
  }

  /// Whether the positions may be those of a device that tells them in steps of 16 or more, such as periods.
  private func positionsHaveSteps(_ there: Int, _ waiting: Int) -> Bool {
    greatestCommonDivisor(greatestCommonDivisor(period, there), abs(waiting - primed)) >= 16
  }

  /// The output's clock is another one: what waits between the two converters says how much faster or slower.
  ///
  /// - Returns: samples in `resampled`.
  private mutating func follow(delay: Double) -> Int {
    let seconds = Double(period) / Double(sampleRate)
    let ratio = resampler.nominalRatio * control.update(delay: delay, seconds: seconds)
    let interval = Int(Self.driftInterval / seconds) + 1
    if blocks % interval == 0 {
      report.drift.store(control.drift.bitPattern, ordering: .relaxed)
      report.driftCount.add(1, ordering: .releasing)
      report.signal()
    }
    return resampler.process(block.lanes, count: period, ratio: ratio, into: resampled.lanes)
  }
}
