import Ground
import SignalProcessing

/// Several channels of one stream, each with an enhancer of its own.
///
/// All take the same seed, so equal channels stay equal. Linked channels (`EnhancementSettings.linksChannels`) share what
/// keeps the stereo image: one level, that of the loudest, so that the model sees their balance as it is, and one judgement
/// of noise: a frame is noise only where no channel hears speech. One instance belongs to one thread; `process` neither
/// allocates nor locks, and flushes denormal numbers to zero while it runs.
public struct MultichannelEnhancer: ~Copyable {
  /// 1…32.
  public let channelCount: Int
  /// Samples per channel from input to output, the same for all channels.
  public let latencyInSamples: Int
  /// By so much of a sample the enhanced signal is later than that, −½…½: where a resampler's delay is no whole number of samples.
  public let latencyFraction: Double
  /// Every block has a multiple of so many samples per channel; 1: any size.
  public let granularity: Int
  /// How the model cuts sound into frames.
  package let frameFormat: FrameFormat
  private let isLinked: Bool
  /// Samples per channel that are pushed at once, and before they are pulled.
  private let piece: Int
  private let room: Int
  let enhancers: FixedArray<StreamingEnhancer>  // (channelCount)
  private let block: PlanarBlock  // (channelCount, room), an interleaved block's channels
  /// Learns from the stream; nil: nobody asked for it, or the model cannot.
  package internal(set) var learning: StreamLearning?
  /// Whether the references are frozen once they are full.
  var holdsWhenFull = false

  /// - Parameters:
  ///   - channelCount: 1…32.
  ///   - others: as for `StreamingEnhancer`.
  /// - Throws: `unsupportedChannelCount`, and what `StreamingEnhancer` throws.
  public init(
    model: EnhancementModel?, settings: EnhancementSettings = EnhancementSettings(), sampleRate: Int,
    channelCount: Int, granularity: Int = 1, service: NoiseEncodingService? = nil
  ) throws(EnhancementError) {
    guard (1...32).contains(channelCount) else { throw .unsupportedChannelCount(channelCount) }
    let isLinked = settings.linksChannels && channelCount > 1
    enhancers = try FixedArray(count: channelCount) { _ throws(EnhancementError) in
      try StreamingEnhancer(
        model: model, settings: settings, sampleRate: sampleRate, granularity: granularity, service: service,
        isLinked: isLinked)
    }
    self.channelCount = channelCount
    self.granularity = granularity
    self.isLinked = isLinked
    latencyInSamples = enhancers.base[0].latencyInSamples
    latencyFraction = enhancers.base[0].exactLatencyInSamples - Double(latencyInSamples)
    frameFormat = enhancers.base[0].frameFormat
    piece = enhancers.base[0].chain.piece
    room = granularity == 1 ? piece : granularity
    block = PlanarBlock(channelCount: channelCount, capacity: room)
  }

  // A subscript would read better, but 6.3.1 crashes on its coroutines in optimised builds ("Should never be inlining a
  // resilient function into a fragile function").
  /// Lends the enhancer of one channel: its settings, noise reference and statistics.
  ///
  /// - Parameter channel: from 0 to `channelCount` − 1.
  /// - Throws: what `body` throws.
  public mutating func withChannel<Result>(
    _ channel: Int, _ body: (inout StreamingEnhancer) throws -> Result
  ) rethrows -> Result {
    precondition(channel >= 0 && channel < channelCount, "a channel is from 0 to channelCount − 1")
    return try body(&enhancers[channel])
  }

  /// Enhances an interleaved block.
  ///
  /// - Parameters:
  ///   - input: (samples, channelCount), the samples a multiple of the granularity.
  ///   - output: (samples, channelCount); may be `input`.
  public mutating func process(
    interleaved input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(
      input.count == output.count && input.count % (channelCount * granularity) == 0,
      "process takes and gives whole samples of all channels, a multiple of the granularity")
    guard let source = input.baseAddress, let target = output.baseAddress else { return }
    let saved = flushDenormals()
    defer { restoreDenormals(saved) }
    let count = input.count / channelCount
    var done = 0
    while done < count {
      let part = min(room, count - done)
      let offset = done * channelCount
      block.deinterleave(source + offset, count: part)
      let (from, into) = (block.constantLanes, block.lanes)
      pass(count: part, from: { from[$0] }, into: { into[$0] })
      block.interleave(into: target + offset, count: part)
      done += part
    }
  }

  /// Enhances one block per channel.
  ///
  /// - Parameters:
  ///   - input: (channelCount) pointers to `count` samples each, a multiple of the granularity.
  ///   - output: (channelCount) pointers to room for `count` samples; each may be that of `input`.
  public mutating func process(
    planar input: UnsafePointer<UnsafePointer<Float>>,
    into output: UnsafePointer<UnsafeMutablePointer<Float>>,
    count: Int
  ) {
    precondition(count % granularity == 0, "a block is a multiple of the granularity")
    let saved = flushDenormals()
    defer { restoreDenormals(saved) }
    var done = 0
    while done < count {
      let part = min(room, count - done)
      pass(count: part, from: { input[$0] + done }, into: { output[$0] + done })
      done += part
    }
  }

  /// One part through all channels, piece by piece, so that linked channels hear of each other after every frame.
  private mutating func pass(
    count: Int, from input: (Int) -> UnsafePointer<Float>, into output: (Int) -> UnsafeMutablePointer<Float>
  ) {
    var pushed = 0
    while pushed < count {
      let next = min(piece, count - pushed)
      let frame = enhancers[0].frameCount
      for channel in 0..<channelCount { enhancers[channel].chain.push(input(channel) + pushed, count: next) }
      if enhancers[0].frameCount != frame {
        if isLinked { link() }
        if learning != nil || holdsWhenFull { followControl() }
      }
      pushed += next
    }
    for channel in 0..<channelCount { enhancers[channel].chain.pull(into: output(channel), count: count) }
  }

  /// All channels have just seen the same frame: the loudest one's level is everybody's, and what any takes for speech
  /// is no noise for the others; a learned voice that any hears is removed from all.
  private func link() {
    var level = -Float.infinity
    var hearsSpeech = false
    var hearsLearned = false
    for channel in 0..<channelCount {
      level = max(level, enhancers[channel].chain.frames.level.level)
      if enhancers[channel].chain.frames.judgement == .speech { hearsSpeech = true }
      if enhancers[channel].chain.frames.learned.isHeard { hearsLearned = true }
    }
    for channel in 0..<channelCount {
      enhancers[channel].chain.frames.level.level = level
      enhancers[channel].chain.frames.shareLearned(hearsLearned)
      if !hearsSpeech && enhancers[channel].chain.frames.judgement == .noise {
        enhancers[channel].chain.frames.keepNoise()
      }
    }
  }

  /// Changes the settings of all channels between blocks, as `StreamingEnhancer.update`.
  ///
  /// - Throws: what that throws; nothing has changed then.
  public mutating func update(_ settings: EnhancementSettings) throws(EnhancementError) {
    for channel in 0..<channelCount { try enhancers[channel].update(settings) }
  }

  /// Gives all channels one noise profile, as `StreamingEnhancer.setNoiseProfile`, and freezes it if so wished.
  ///
  /// - Throws: `otherFormat`; nothing has changed then.
  public mutating func setNoiseProfile(_ profile: NoiseProfile, isFrozen: Bool) throws(NoiseProfileError) {
    for channel in 0..<channelCount {
      try enhancers[channel].setNoiseProfile(profile)
      enhancers[channel].freezeNoiseReference(isFrozen)
    }
  }

  /// Resets all channels. What was learned stays.
  public mutating func reset() {
    for channel in 0..<channelCount { enhancers[channel].reset() }
    holdsWhenFull = false
    learning?.abandon()
  }

  /// All channels' counts added up.
  public var statistics: EnhancementStatistics {
    var sum = enhancers[0].statistics
    for channel in 1..<channelCount { sum += enhancers[channel].statistics }
    return sum
  }
}
