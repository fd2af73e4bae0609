import Ground

// Recordings that are in memory. `limpid enhance` gives the same bits without ever having more than a window there.
extension MultichannelEnhancer {
  /// Enhances a whole recording, as `limpid enhance` does: it begins as after `reset`, hears the beginning first if that is wished, and
  /// gives the recording's length, lined up with it.
  ///
  /// Allocates. Settings and what was learned stay; of a noise profile, and of references that were held, nothing does.
  ///
  /// - Parameters:
  ///   - sound: (samples, channelCount) interleaved.
  ///   - result: room for as many; not the same memory.
  ///   - warmUp: seconds of the beginning that are heard before it is enhanced.
  ///   - goesOn: is told now and then how much is done, 0…1; false ends it, and the result is none.
  /// - Returns: whether it came to the end.
  public mutating func enhance(
    recording sound: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>, warmUp: Float = 0,
    goesOn: (_ done: Double) -> Bool = { _ in true }
  ) -> Bool {
    precondition(
      sound.count == result.count && sound.count % channelCount == 0 && granularity == 1,
      "a recording comes and goes as whole samples of all channels")
    guard !sound.isEmpty else { return true }
    reset()
    let opening = min(Int(warmUp * Float(withChannel(0) { $0.sampleRate })), sound.count / channelCount)
    if opening > 0 { self.warmUp(interleaved: UnsafeBufferPointer(rebasing: sound[..<(opening * channelCount)])) }
    return enhanceAsItComes(sound, into: result, goesOn: goesOn)
  }

  /// The same, and the recording is heard from its end as well: the result is the mean of both ways (`WayMean`).
  ///
  /// - Parameters:
  ///   - wayBack: of the same rate and channels, not in the middle of another recording.
  ///   - others: as above.
  public mutating func enhance(
    recording sound: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>, warmUp: Float = 0,
    wayBack: inout BackwardPass, goesOn: (_ done: Double) -> Bool = { _ in true }
  ) -> Bool {
    let share = 0.7  // of the work
    guard enhance(recording: sound, into: result, warmUp: warmUp, goesOn: { goesOn(share * $0) }) else { return false }
    let mean = WayMean(
      sampleRate: withChannel(0) { $0.sampleRate }, channelCount: channelCount,
      offset: latencyFraction + wayBack.latencyFraction)
    return Self.join(&wayBack, over: sound, mean, into: result, goesOn: { goesOn(share + (1 - share) * $0) })
  }

  private static var recordingBlock: Int { 4096 }

  /// What the latency holds back, a tail of zeros brings out.
  private mutating func enhanceAsItComes(
    _ sound: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>, goesOn: (Double) -> Bool
  ) -> Bool {
    let channels = channelCount
    let count = sound.count / channels
    let late = latencyInSamples
    let memory = FloatMemory(Self.recordingBlock * channels)
    defer { withExtendedLifetime(memory) {} }
    var fed = 0
    while fed < count + late {
      let part = min(Self.recordingBlock, count + late - fed)
      let block = UnsafeMutableBufferPointer(rebasing: memory.buffer[..<(part * channels)])
      let there = max(0, min(part, count - fed)) * channels
      _ = block.update(fromContentsOf: sound[min(fed * channels, sound.count)...].prefix(there))
      block[there...].update(repeating: 0)
      process(interleaved: UnsafeBufferPointer(block), into: block)
      let skipped = min(part, max(0, late - fed))
      let place = (fed + skipped - late) * channels
      if skipped < part { _ = result[place...].update(fromContentsOf: block[(skipped * channels)...]) }
      fed += part
      guard goesOn(Double(fed) / Double(count + late)) else { return false }
    }
    return true
  }

  /// Makes what was enhanced as it came the mean with the way back, window by window.
  private static func join(
    _ pass: inout BackwardPass, over sound: UnsafeBufferPointer<Float>, _ mean: consuming WayMean,
    into result: UnsafeMutableBufferPointer<Float>, goesOn: (Double) -> Bool
  ) -> Bool {
    let channels = pass.channelCount
    let count = sound.count / channels
    let late = mean.latencyInSamples
    let memory = FloatMemory(recordingBlock * channels)
    defer { withExtendedLifetime(memory) {} }
    var heard = 0  // samples per channel that the mean has taken of both ways, and zeros behind them

    /// - Parameter back: of the way back; nil: zeros of both, which bring the mean's last samples out.
    func take(_ samples: Int, _ back: UnsafePointer<Float>?) {
      let block = UnsafeMutableBufferPointer(rebasing: memory.buffer[..<(samples * channels)])
      if back == nil {
        block.update(repeating: 0)
      } else {
        _ = block.update(fromContentsOf: result[(heard * channels)...].prefix(samples * channels))
      }
      mean.process(block.baseAddress!, back, count: samples)
      let skipped = min(samples, max(0, late - heard))
      if skipped < samples {
        _ = result[((heard + skipped - late) * channels)...].update(fromContentsOf: block[(skipped * channels)...])
      }
      heard += samples
    }

    var start = 0
    while start < count {
      let before = min(start, pass.lead)
      let isLast = count - start < pass.readAhead
      let end = isLast ? count : start + pass.readAhead
      var passed = 0
      let window = pass.next(
        Array(sound[((start - before) * channels)..<(end * channels)]), before: before, isLast: isLast
      ) { samples in
        passed += samples
        return goesOn(Double(start + passed) / Double(count))
      }
      guard let window else { return false }
      window.withUnsafeBufferPointer { window in
        var taken = 0
        while taken < window.count / channels {
          let part = min(recordingBlock, window.count / channels - taken)
          take(part, window.baseAddress! + taken * channels)
          taken += part
        }
      }
      start += window.count / channels
    }
    while heard < count + late { take(min(recordingBlock, count + late - heard), nil) }
    return true
  }
}
