import Ground
import Realtime

extension AlsaLoop where Input: ~Copyable, Output: ~Copyable {
  /// - Parameters:
  ///   - format: what the processor was prepared for; its rate and block are the input's.
  ///   - outputRate: Hz; nil: the input's.
  ///   - periods: from a sample's arrival to its play-out.
  ///   - startsTogether: whether the driver starts both directions in the same moment.
  ///   - processorLatency: samples that the processor holds back, given out after a file's end.
  ///   - drift: of the two clocks as learnt before, ppm.
  init(
    input: consuming Input, output: consuming Output, format: StreamFormat, outputRate: Int? = nil, periods: Int,
    hasOneClock: Bool, startsTogether: Bool, inputChannels: InputChannels = .automatic, callback: BlockCallback,
    processorLatency: Int,
    drift: Double = 0, report: AlsaReport
  ) {
    let period = format.block
    self.callback = callback
    self.report = report
    let ratio = Double(outputRate ?? format.sampleRate) / Double(format.sampleRate)
    // Two rates of one clock are brought into step as two clocks are.
    let hasOneClock = hasOneClock && ratio == 1
    self.hasOneClock = hasOneClock
    self.startsTogether = startsTogether
    self.processorLatency = processorLatency
    channelCount = format.channelCount
    sampleRate = format.sampleRate
    self.period = period
    resampler = AdaptiveResampler(channelCount: format.channelCount, maximumBlock: period, nominalRatio: ratio)
    // With two clocks a block may come up to half a period early: there has to be room for it.
    let played = Int((Double(period) * ratio).rounded(.up))
    let wished = periods * max(played, output.period)
    let room = output.bufferSize - (hasOneClock ? 0 : played / 2)
    primed = max(min(wished, room), min(played, output.bufferSize))
    let delay = Double(primed) / ratio + (hasOneClock ? 0 : Double(resampler.delayInSamples))
    latency = Int(delay.rounded())
    control = ClockControl(target: delay, sampleRate: format.sampleRate, drift: drift)
    // Bursts up to the size of the buffers do not make a device faster than its rate.
    judgedBlocks = max(32, 4 * (max(input.bufferSize, output.bufferSize) / period + 1))
    var numbers: [Int]?
    if case .numbers(let given) = inputChannels { numbers = given }
    inputMap = ChannelMap(deviceInputs: input.channelCount, channelCount: format.channelCount, numbers: numbers)
    choosesInput = numbers == nil && format.channelCount == 1 && input.channelCount > 1
    choice = InputChoice(inputCount: input.channelCount, sampleRate: format.sampleRate)
    heard = PlanarBlock(channelCount: input.channelCount, capacity: period)
    outputMap = ChannelMap(deviceOutputs: output.channelCount, channelCount: format.channelCount)
    let most = max(resampler.maximumOutput(forInput: period), primed)
    inputBytes = ByteMemory(period * input.channelCount * 4)
    unwritten = Self.makeUnwritten(input.format, count: period * input.channelCount)
    outputBytes = ByteMemory(most * output.channelCount * 4)
    block = PlanarBlock(channelCount: format.channelCount, capacity: period)
    resampled = PlanarBlock(channelCount: format.channelCount, capacity: most)
    scratch = FloatMemory(most)
    self.input = input
    self.output = output
  }

  /// Samples that no recording has in a row: pseudo-random, none 0, and so faint that a few of them are not heard.
  private static func makeUnwritten(_ format: AlsaSampleFormat, count: Int) -> ByteMemory {
    let bytes = ByteMemory(count * 4)
    var state: UInt32 = 1
    let lowBytes = format == .s24 ? 2 : format.byteCount - 1
    for sample in 0..<count {
      for byte in 0..<lowBytes {
        state = state &* 1_664_525 &+ 1_013_904_223
        bytes.base.storeBytes(
          of: UInt8(1 + (state >> 24) % 255), toByteOffset: sample * format.byteCount + byte, as: UInt8.self)
      }
    }
    return bytes
  }
}
