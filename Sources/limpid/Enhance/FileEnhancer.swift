import AudioFiles
import Enhancement
import Ground
import SignalProcessing

/// Enhances, and tells what it counted: one network or two.
protocol CountedEnhancer: ~Copyable {
  var frameFormat: FrameFormat { get }
  var counts: EnhancementCounts { get }
  var isNoiseReferenceFrozen: Bool { get }
  mutating func process(interleaved input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>)
}

extension MultichannelEnhancer: CountedEnhancer {}

/// What a plan makes of the samples of a file: one network's enhancement, or the mean of two.
///
/// Two networks that were trained apart err in different ways, so the mean of their outputs is nearer to the clean voice than
/// either (Dietterich 2000, "Ensemble methods in machine learning"). Both have the same latency, which their frames and the
/// resamplers make. What is counted is the first one's. One thread.
struct FileEnhancer: CountedEnhancer, ~Copyable {
  private var first: MultichannelEnhancer
  private var second: MultichannelEnhancer?
  private let memory: FloatMemory  // (room): the second one's output
  private let room: Int  // whole samples of all channels

  /// - Throws: `EnhancementError`, `NoiseProfileError`; `Failure` where two networks cut sound into other frames.
  init(_ plan: Plan, _ format: AudioFormat) throws {
    var one = try Self.make(plan.model, plan, format)
    let two = try Self.makeSecond(plan, format, latency: one.latencyInSamples)
    if let removed = plan.removed { one.setLearnedTokens(removed) }
    first = one
    second = two
    room = (plan.secondModel == nil ? 0 : 4096) * format.channelCount
    memory = FloatMemory(room)
  }

  private static func makeSecond(
    _ plan: Plan, _ format: AudioFormat, latency: Int
  ) throws -> MultichannelEnhancer? {
    guard let model = plan.secondModel else { return nil }
    let enhancer = try make(model, plan, format)
    guard enhancer.latencyInSamples == latency else {
      throw Failure(
        .configuration,
        "the models \(plan.model?.name ?? "none") and \(model.name) cut sound into other frames; choose two of one format"
      )
    }
    return enhancer
  }

  private static func make(
    _ model: EnhancementModel?, _ plan: Plan, _ format: AudioFormat
  ) throws -> MultichannelEnhancer {
    var enhancer = try MultichannelEnhancer(
      model: model, settings: plan.settings, sampleRate: format.sampleRate, channelCount: format.channelCount)
    if let profile = plan.profile { try enhancer.setNoiseProfile(profile, isFrozen: true) }
    return enhancer
  }

  var latencyInSamples: Int { first.latencyInSamples }
  var frameFormat: FrameFormat { first.frameFormat }
  var counts: EnhancementCounts { first.counts }
  var isNoiseReferenceFrozen: Bool { first.isNoiseReferenceFrozen }
  var statistics: EnhancementStatistics { first.statistics }

  /// Enhances an interleaved block, as `MultichannelEnhancer.process`; the result may take the samples' place.
  mutating func process(
    interleaved input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>
  ) {
    guard second != nil else { return first.process(interleaved: input, into: output) }
    var done = 0
    while done < input.count {
      let count = min(room, input.count - done)
      let part = UnsafeBufferPointer(rebasing: input[done..<done + count])
      let mean = UnsafeMutableBufferPointer(rebasing: output[done..<done + count])
      let other = UnsafeMutableBufferPointer(rebasing: memory.buffer[..<count])
      second!.process(interleaved: part, into: other)
      first.process(interleaved: part, into: mean)
      for n in 0..<count { mean[n] = 0.5 * (mean[n] + other[n]) }
      done += count
    }
  }

  /// As `MultichannelEnhancer.warmUp`.
  mutating func warmUp(interleaved samples: UnsafeBufferPointer<Float>) {
    first.warmUp(interleaved: samples)
    second?.warmUp(interleaved: samples)
  }

  /// As `MultichannelEnhancer.number`.
  mutating func number(firstFrame: Int) {
    first.number(firstFrame: firstFrame)
    second?.number(firstFrame: firstFrame)
  }

  /// As `MultichannelEnhancer.forgetCounts`.
  mutating func forgetCounts() { first.forgetCounts() }

  /// Lends the first network's enhancer of a channel: its noise reference.
  mutating func withChannel<Result>(
    _ channel: Int, _ body: (inout StreamingEnhancer) throws -> Result
  ) rethrows -> Result {
    try first.withChannel(channel, body)
  }
}
