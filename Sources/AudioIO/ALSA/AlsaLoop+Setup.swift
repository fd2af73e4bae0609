extension AlsaLoop where Input: ~Copyable, Output: ~Copyable {
  /// - Parameters:
  ///   - format: what the processor was prepared for; its block is the input's period.
  ///   - periods: of silence that the output begins with, with one clock.
  init(
    input: consuming Input, output: consuming Output, format: StreamFormat, periods: Int, hasOneClock: Bool,
    callback: BlockCallback, processor: any BlockProcessor, report: AlsaReport
  ) {
    let period = format.block
    self.callback = callback
    self.processor = processor
    self.report = report
    self.hasOneClock = hasOneClock
    channelCount = format.channelCount
    sampleRate = format.sampleRate
    self.period = period
    resampler = AdaptiveResampler(channelCount: format.channelCount, maximumBlock: period)
    // When a block comes the output has half a period and 2 ms left: what late wake-ups may take.
    let margin = period / 2 + format.sampleRate / 500
    control = ClockControl(target: Double(margin), sampleRate: format.sampleRate)
    primed = min(hasOneClock ? periods * period : margin + period, output.bufferSize)
    let most = resampler.maximumOutput(forInput: period)
    inputBytes = .allocate(byteCount: period * input.channelCount * 4, alignment: 16)
    inputBytes.initializeMemory(as: UInt8.self, repeating: 0, count: period * input.channelCount * 4)
    let outputSize = max(most, primed) * output.channelCount * 4
    outputBytes = .allocate(byteCount: outputSize, alignment: 16)
    outputBytes.initializeMemory(as: UInt8.self, repeating: 0, count: outputSize)
    lanesMemory = .allocate(capacity: period * format.channelCount)
    lanesMemory.initialize(repeating: 0, count: period * format.channelCount)
    resampledMemory = .allocate(capacity: most * format.channelCount)
    resampledMemory.initialize(repeating: 0, count: most * format.channelCount)
    lanes = .allocate(capacity: format.channelCount)
    constantLanes = .allocate(capacity: format.channelCount)
    resampled = .allocate(capacity: format.channelCount)
    for channel in 0..<format.channelCount {
      (lanes + channel).initialize(to: lanesMemory + channel * period)
      (constantLanes + channel).initialize(to: UnsafePointer(lanesMemory + channel * period))
      (resampled + channel).initialize(to: resampledMemory + channel * most)
    }
    self.input = input
    self.output = output
  }

  /// Samples that the device adds to the engine's latency. A sample's period to gather is no part of it: meanwhile the
  /// output plays a period of what it was primed with.
  var deviceLatency: Int { hasOneClock ? primed : primed + AdaptiveResampler.delayInSamples }
}
