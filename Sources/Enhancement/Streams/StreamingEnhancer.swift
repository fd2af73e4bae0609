import Diffusion
import Ground
import ScoreModel
import SignalProcessing

/// Enhances live speech: samples in, as many samples out, `latencyInSamples` later. One channel, any usual rate.
///
///     let model = try EnhancementModel(path: "live.safetensors")
///     var enhancer = try StreamingEnhancer(model: model, sampleRate: 48000)
///     enhancer.process(input, into: output)
///
/// Every way of cutting a signal into blocks gives the same output to the bit. Memory is made in `init`; `process` and the
/// changes between blocks neither allocate nor lock. While `process` runs, denormal numbers are flushed to zero on its
/// thread, whose own setting is back afterwards: the same arithmetic everywhere, and silence costs no more than sound.
/// One instance belongs to one thread; a model may be shared.
public struct StreamingEnhancer: ~Copyable {
  /// The device's rate in Hz.
  public let sampleRate: Int
  /// Samples from an input sample to the output sample that holds it, whatever the block size: a frame less one
  /// where the device has the model's rate.
  ///
  /// The enhanced signal, the mix and the bypass all have it. Where the resamplers' delay has a fraction it is rounded
  /// and the enhanced signal lies up to half a sample beside it; `exactLatencyInSamples` keeps the fraction.
  public let latencyInSamples: Int
  /// The enhanced signal's delay with its fraction.
  public let exactLatencyInSamples: Double
  /// The settings in force.
  public var settings: EnhancementSettings { chain.settings }

  /// How the model cuts sound into frames.
  package var frameFormat: FrameFormat { chain.frames.format.frame }

  /// Every block has a multiple of so many samples; 1: any size.
  public var granularity: Int { chain.granularity }

  var chain: StreamingChain<NetworkPair>

  /// Makes all memory and the tables of the resamplers.
  ///
  /// - Parameters:
  ///   - model: the weights; may be nil for the method `wiener`.
  ///   - settings: how to work.
  ///   - sampleRate: the device's rate in Hz, 8000…192000.
  ///   - granularity: a promise that every block has a multiple of so many samples, which takes up to a hop off the
  ///     latency; 1 promises nothing.
  ///   - service: makes the noise tokens on a thread beside this one; nil: `process` does.
  /// - Throws: `EnhancementError` where a setting is out of range or a model is missing.
  public init(
    model: EnhancementModel?, settings: EnhancementSettings = EnhancementSettings(), sampleRate: Int,
    granularity: Int = 1, service: NoiseEncodingService? = nil
  ) throws(EnhancementError) {
    try self.init(
      model: model, settings: settings, sampleRate: sampleRate, granularity: granularity, service: service,
      isLinked: false)
  }

  /// - Parameter isLinked: whether the owner decides which frames are noise.
  init(
    model: EnhancementModel?, settings: EnhancementSettings, sampleRate: Int, granularity: Int,
    service: NoiseEncodingService?, isLinked: Bool
  ) throws(EnhancementError) {
    let format = model?.format ?? .standard
    try settings.validate(for: format)
    if settings.method == .score && model == nil { throw .modelRequired }
    let model = settings.method == .score ? model : nil
    var network: NetworkPair?
    var second: NetworkPair?
    if let model {
      let times = FrameSampler<NetworkPair>.slotTimes(
        kind: settings.sampler.kind, maximumSteps: settings.maximumSteps ?? settings.steps, grid: format.grid)
      network = model.makeNetwork(times: times)
      if format.frame.runs(settings.passes) == 2 { second = model.makeNetwork(times: times) }
    }
    chain = try StreamingChain(
      predictor: network, second: second, encoder: model?.makeReferenceEncoder(), format: format, settings: settings,
      sampleRate: sampleRate, granularity: granularity,
      learned: model?.makeLearnedCondition(settings.learnedVoices) ?? LearnedCondition(),
      service: service, isLinked: isLinked)
    self.sampleRate = sampleRate
    latencyInSamples = chain.latency.samples
    exactLatencyInSamples = chain.latency.exact
  }

  /// Enhances a block: a multiple of `granularity` samples.
  ///
  /// - Parameters:
  ///   - input: samples, full scale ±1. Samples that are not finite are taken as 0 and counted.
  ///   - output: as many samples; the same memory as `input`, or memory apart from it.
  public mutating func process(
    _ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(input.count == output.count, "process gives as many samples as it takes")
    precondition(input.count % granularity == 0, "a block is a multiple of the granularity")
    guard let source = input.baseAddress, let target = output.baseAddress else { return }
    let saved = flushDenormals()
    defer { restoreDenormals(saved) }
    chain.process(source, into: target, count: input.count)
  }

  /// Changes settings between blocks: steps at the next frame, guidance over 0.1 s, attenuation limit, mix and
  /// bypass over 10 ms.
  ///
  /// - Throws: `fixedWhileRunning` for a setting that needs a new enhancer, or the range that is left; nothing has
  ///   changed then.
  public mutating func update(_ settings: EnhancementSettings) throws(EnhancementError) {
    try chain.update(settings)
  }

  /// Back to the state after `init`, with the settings of now; the noise reference is empty and not frozen.
  public mutating func reset() { chain.reset() }

  /// What was done since `init` or `reset`. Makes a copy of the histogram: not for the real-time path.
  public var statistics: EnhancementStatistics { chain.statistics }

  // MARK: - The noise reference

  /// Whether the reference stays as it is.
  public var isNoiseReferenceFrozen: Bool { chain.frames.reference.isFrozen }

  /// Keeps the reference as it is, or lets it follow the room again. Its tokens still follow the level.
  public mutating func freezeNoiseReference(_ isFrozen: Bool) { chain.frames.reference.isFrozen = isFrozen }

  /// Forgets the noise heard: the model works without a reference until 0.25 s were heard again.
  public mutating func clearNoiseReference() { chain.frames.clearReference() }

  /// The noise heard, to be saved; nil where there is none yet. Allocates.
  public func noiseProfile() -> NoiseProfile? {
    chain.frames.reference.count == 0 ? nil : NoiseProfile(chain.frames.reference)
  }

  /// Replaces the noise heard. Before the first block it has its effect from the first frame on, later on the next
  /// point of the schedule, 100 to 350 ms away. The room goes on adding to it; freeze it where that is not wanted.
  ///
  /// - Throws: `otherFormat` for a profile of other frames than the model's; nothing has changed then.
  public mutating func setNoiseProfile(_ profile: NoiseProfile) throws(NoiseProfileError) {
    try profile.check(for: chain.frames.format.frame)
    // A network of the way back hears its frames, too, from the last to the first.
    let magnitudes = chain.frames.format.direction == .backward ? profile.reversed() : profile.magnitudes
    magnitudes.withUnsafeBufferPointer { chain.frames.setReference($0) }
  }
}

// MARK: - Time

extension StreamingEnhancer {
  /// Nanoseconds of the monotonic clock (CLOCK_MONOTONIC) after which a frame begins no further step; 0: no limit.
  public var deadline: UInt64 {
    get { chain.frames.deadline }
    set { chain.frames.deadline = newValue }
  }

  /// Frames seen since `init` or `reset`.
  public var frameCount: Int { chain.frames.frameIndex }
  /// The newest frame taken into the noise reference; nil while it is empty or came from a profile.
  public var newestNoiseFrame: Int? {
    chain.frames.newestNoise >= 0 && chain.frames.reference.count > 0 ? chain.frames.newestNoise : nil
  }
  /// Frames in the noise reference, at most those of 2 s.
  public var noiseReferenceFrameCount: Int { chain.frames.reference.count }

  /// Numbers for meters, without the allocations of `statistics`: energies as `EnhancementStatistics` has them.
  public var energies: (input: Double, output: Double, noiseInput: Double, noiseOutput: Double) {
    let counts = chain.frames.counts
    return (counts.inputEnergy, counts.outputEnergy, counts.noiseInputEnergy, counts.noiseOutputEnergy)
  }
  /// Frames cut short and refreshes of the noise tokens that came late, since `init` or `reset`.
  public var missed: (reducedFrames: Int, lateReferences: Int) {
    (chain.frames.counts.reducedFrames, chain.frames.counts.lateReferences)
  }

  /// Whether the network rests, as there has been digital silence for two seconds.
  public var isResting: Bool { chain.frames.isResting }

  /// Hands over what the clock decided since the last time, oldest first. Does not allocate.
  package mutating func takeDecisions(_ body: (FrameDecision) -> Void) { chain.frames.decisions.take(body) }

  /// Makes the clock's decisions those of a recording, from the first frame on. Before the first block.
  package mutating func follow(_ decisions: [FrameDecision]) { chain.frames.decisions.setScript(decisions) }

  /// Copies the noise heard, (count, the model's bins), oldest first, without allocating.
  ///
  /// - Parameter magnitudes: room for `NoiseProfile.largestSize(for:)` floats.
  /// - Returns: the frames copied.
  package func copyNoiseReference(into magnitudes: UnsafeMutablePointer<Float>) -> Int {
    chain.frames.reference.copyMagnitudes(into: magnitudes)
  }
}
