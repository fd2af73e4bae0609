import Enhancement
import Ground
import SignalProcessing

/// Measures at the start what this machine can do, before anybody hears it.
enum SpeedTest {
  /// Share of the time there is that a frame of all channels may take.
  static var roomShare: Double { 0.7 }

  /// Runs noise through the enhancer and lowers guidance and steps until a frame of all channels fits; then resets it.
  ///
  /// - Parameter measure: gives the seconds of a frame of all channels.
  /// - Returns: the settings that work, and the steps to begin with (at most the settings').
  /// - Throws: `LiveError.tooSlow` where even one step does not fit.
  static func run(
    _ enhancer: inout MultichannelEnhancer, settings: EnhancementSettings, format: StreamFormat, mayLower: Bool,
    remark: (String) -> Void, measure: (inout MultichannelEnhancer, StreamFormat) throws -> Double = Self.measure
  ) throws -> (settings: EnhancementSettings, steps: Int) {
    var tried = settings
    let available = enhancer.frameFormat.hopDuration
    while true {
      try enhancer.update(tried)
      let seconds = try measure(&enhancer, format)
      enhancer.reset()
      let share = seconds / available
      if share <= roomShare || (!mayLower && share < 1) { break }
      if !mayLower || (tried.steps == 1 && tried.guidance == 1) {
        throw LiveError.tooSlow(
          sampleRate: format.sampleRate, channelCount: format.channelCount, milliseconds: seconds * 1000,
          available: available * 1000)
      }
      if tried.steps > 1 {
        tried.steps = max(1, min(tried.steps - 1, Int(Double(tried.steps) * roomShare / share)))
      } else {
        tried.guidance = 1
      }
    }
    if tried.guidance != settings.guidance {
      remark("this machine is too slow for guidance here, so it is off (weight 1)")
    }
    if tried.steps != settings.steps {
      remark("this machine manages \(tried.steps) of \(settings.steps) steps a frame here, so it runs \(tried.steps)")
    }
    var wished = settings
    wished.guidance = tried.guidance
    try enhancer.update(tried)
    return (wished, tried.steps)
  }

  /// Median seconds of a frame of all channels, over thirty.
  static func measure(_ enhancer: inout MultichannelEnhancer, _ format: StreamFormat) -> Double {
    let block = format.block
    let count = block * format.channelCount
    let memory = FloatMemory(count)
    let samples = memory.buffer
    defer { withExtendedLifetime(memory) {} }
    var state: UInt32 = 1
    var times: [Double] = []
    var spent = 0.0
    while times.count < 30 {
      for n in 0..<count {
        state = state &* 1_664_525 &+ 1_013_904_223
        samples[n] = Float(Int32(bitPattern: state)) * 0x1p-34
      }
      let frames = enhancer.frameCount
      let start = monotonicNanoseconds()
      enhancer.process(interleaved: UnsafeBufferPointer(samples), into: samples)
      spent += Double(monotonicNanoseconds() - start) * 1e-9
      let done = enhancer.frameCount - frames
      if done > 0 {
        times += Array(repeating: spent / Double(done), count: done)
        spent = 0
      }
    }
    return times.sorted()[times.count / 2]
  }
}
