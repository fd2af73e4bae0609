/// Several channels of one stream, each with an enhancer of its own.
///
/// All take the same seed, so equal channels stay equal. One instance belongs to one thread; `process` neither allocates
/// nor locks.
public struct MultichannelEnhancer: ~Copyable {
  /// 1…32.
  public let channelCount: Int
  /// Samples per channel from input to output, the same for all channels.
  public let latencyInSamples: Int
  /// Samples per channel worked on at once.
  private let block: Int
  private let enhancers: UnsafeMutablePointer<StreamingEnhancer>  // (channelCount)
  private let lane: UnsafeMutablePointer<Float>  // (block), one channel taken out of an interleaved block

  /// - Parameters:
  ///   - channelCount: 1…32.
  ///   - others: as for `StreamingEnhancer`.
  /// - Throws: `unsupportedChannelCount`, and what `StreamingEnhancer` throws.
  public init(
    model: EnhancementModel?, settings: EnhancementSettings = EnhancementSettings(), sampleRate: Int,
    channelCount: Int, maximumBlock: Int = 4096
  ) throws(EnhancementError) {
    guard (1...32).contains(channelCount) else { throw .unsupportedChannelCount(channelCount) }
    let enhancers = UnsafeMutablePointer<StreamingEnhancer>.allocate(capacity: channelCount)
    var made = 0
    do throws(EnhancementError) {
      while made < channelCount {
        (enhancers + made).initialize(
          to: try StreamingEnhancer(
            model: model, settings: settings, sampleRate: sampleRate, maximumBlock: maximumBlock))
        made += 1
      }
    } catch {
      enhancers.deinitialize(count: made)
      enhancers.deallocate()
      throw error
    }
    self.channelCount = channelCount
    self.enhancers = enhancers
    latencyInSamples = enhancers[0].latencyInSamples
    block = min(maximumBlock, 1024)
    lane = .allocate(capacity: block)
    lane.initialize(repeating: 0, count: block)
  }

  deinit {
    enhancers.deinitialize(count: channelCount)
    enhancers.deallocate()
    lane.deallocate()
  }

  /// Lends the enhancer of one channel: its settings, noise reference and statistics.
  // A subscript would read better, but 6.3.1 crashes on its coroutines in optimised builds ("Should never be inlining a
  // resilient function into a fragile function").
  public mutating func withChannel<Result>(
    _ channel: Int, _ body: (inout StreamingEnhancer) throws -> Result
  ) rethrows -> Result {
    precondition(channel >= 0 && channel < channelCount, "a channel is from 0 to channelCount − 1")
    return try body(&enhancers[channel])
  }

  /// Enhances an interleaved block of any length.
  ///
  /// - Parameters:
  ///   - input: (samples, channelCount).
  ///   - output: (samples, channelCount); may be `input`.
  public mutating func process(
    interleaved input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(
      input.count == output.count && input.count % channelCount == 0,
      "process takes and gives whole samples of all channels")
    guard let source = input.baseAddress, let target = output.baseAddress else { return }
    let count = input.count / channelCount
    var done = 0
    while done < count {
      let part = min(block, count - done)
      let offset = done * channelCount
      for channel in 0..<channelCount {
        let from = source + offset + channel
        let to = target + offset + channel
        for n in 0..<part { lane[n] = from[n * channelCount] }
        enhancers[channel].process(
          UnsafeBufferPointer(start: lane, count: part),
          into: UnsafeMutableBufferPointer(start: lane, count: part))
        for n in 0..<part { to[n * channelCount] = lane[n] }
      }
      done += part
    }
  }

  /// Enhances one block per channel.
  ///
  /// - Parameters:
  ///   - input: (channelCount) pointers to `count` samples each.
  ///   - output: (channelCount) pointers to room for `count` samples; each may be that of `input`.
  public mutating func process(
    planar input: UnsafePointer<UnsafePointer<Float>>,
    into output: UnsafePointer<UnsafeMutablePointer<Float>>,
    count: Int
  ) {
    for channel in 0..<channelCount {
      enhancers[channel].process(
        UnsafeBufferPointer(start: input[channel], count: count),
        into: UnsafeMutableBufferPointer(start: output[channel], count: count))
    }
  }

  /// Changes the settings of all channels between blocks, as `StreamingEnhancer.update`.
  public mutating func update(_ settings: EnhancementSettings) throws(EnhancementError) {
    for channel in 0..<channelCount { try enhancers[channel].update(settings) }
  }

  /// Gives all channels one noise profile, as `StreamingEnhancer.setNoiseProfile`, and freezes it if so wished.
  public mutating func setNoiseProfile(_ profile: NoiseProfile, isFrozen: Bool) {
    for channel in 0..<channelCount {
      enhancers[channel].setNoiseProfile(profile)
      enhancers[channel].freezeNoiseReference(isFrozen)
    }
  }

  /// Resets all channels.
  public mutating func reset() { for channel in 0..<channelCount { enhancers[channel].reset() } }

  /// All channels' counts added up.
  public var statistics: EnhancementStatistics {
    var sum = enhancers[0].statistics
    for channel in 1..<channelCount { sum += enhancers[channel].statistics }
    return sum
  }
}
