import Enhancement
import Ground
import SignalProcessing

/// Measures at the start what this machine can do, before anybody hears it.
package enum SpeedTest {
  /// Share of the time there is that a frame of all channels may take.
  static var roomShare: Double { 0.7 }

  /// The same where two networks or passes run: more than half is not theirs.
  package static var roomShareOfBoth: Double { 0.5 }

  /// Runs noise through the enhancer and lowers steps, guidance and the number of passes and networks until a frame of all channels fits; then
  /// resets it.
  ///
  /// - Parameters:
  ///   - model: whose networks the levels are of.
  ///   - measure: gives the seconds of a frame of all channels.
  /// - Returns: the settings that work, and the level to begin with (at most the settings').
  /// - Throws: `LiveError.tooSlow` where even one step of one network does not fit.
  static func run(
    _ enhancer: inout MultichannelEnhancer, levels: WorkLevels, model: EnhancementModel?, settings: EnhancementSettings,
    format: StreamFormat, mayLower: Bool, remark: (String) -> Void,
    measure: (inout MultichannelEnhancer, StreamFormat) throws -> Double = Self.measure
  ) throws -> (settings: EnhancementSettings, level: Int) {
    var tried = settings
    var level = levels.whole(settings)
    let available = enhancer.frameFormat.hopDuration
    while true {
      let running = levels.settings(tried, at: level)
      try enhancer.update(running)
      let seconds = try measure(&enhancer, format)
      enhancer.reset()
      let share = seconds / available
      let room = level > 1 && levels.rungs(tried) > 0 ? roomShareOfBoth : roomShare
      if share <= room || (!mayLower && share < 1) { break }
      if !mayLower || (level == 1 && tried.guidance == 1) {
        throw LiveError.tooSlow(
          sampleRate: format.sampleRate, channelCount: format.channelCount, milliseconds: seconds * 1000,
          available: available * 1000)
      }
      if running.steps > 1 {
        let steps = max(1, min(running.steps - 1, Int(Double(running.steps) * room / share)))
        level -= running.steps - steps
      } else if tried.guidance != 1 {
        tried.guidance = 1
      } else {
        level -= 1
      }
    }
    let running = levels.settings(tried, at: level)
    if tried.guidance != settings.guidance {
      remark("this machine is too slow for guidance here, so it is off (weight 1)")
    }
    if running.steps != settings.steps {
      remark(
        "this machine manages \(running.steps) of \(settings.steps) steps a frame here, so it runs \(running.steps)")
    }
    if running.networks != settings.networks, let model {
      remark("both networks would take more than half of the time that there is here, so \(model.name) runs alone")
    } else if running.secondPass != .whole {
      let runs = running.secondPass == .light ? "of the second the first network" : "one"
      remark("two whole passes would take more than half of the time that there is here, so \(runs) runs")
    }
    var wished = settings
    wished.guidance = tried.guidance
    try enhancer.update(running)
    return (wished, level)
  }

  /// The share of a frame's time that one channel takes, on this thread: for what runs the enhancer without a session, as a plugin does.
  ///
  /// - Parameters:
  ///   - sampleRate: of the device, in Hz.
  ///   - block: samples that the enhancer is given at once.
  ///   - measure: gives the seconds of a frame.
  /// - Throws: `EnhancementError` where the settings do not go with the model.
  package static func share(
    of model: EnhancementModel, settings: EnhancementSettings, sampleRate: Int, block: Int,
    measure: (inout MultichannelEnhancer, StreamFormat) throws -> Double = Self.measure
  ) throws -> Double {
    var enhancer = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: sampleRate, channelCount: 1, granularity: block)
    let format = StreamFormat(sampleRate: sampleRate, block: block, channelCount: 1)
    return try measure(&enhancer, format) / enhancer.frameFormat.hopDuration
  }

  /// Median seconds of a frame of all channels, over thirty.
  package static func measure(_ enhancer: inout MultichannelEnhancer, _ format: StreamFormat) -> Double {
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
