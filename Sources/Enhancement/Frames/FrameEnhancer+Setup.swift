import Diffusion
import ScoreModel
import SignalProcessing

// What prepares a frame enhancer and what is called between blocks.
extension FrameEnhancer where Predictor: ~Copyable {
  /// Seconds over which a new guidance weight is reached.
  static var guidanceSeconds: Double { 0.1 }
  /// Seconds for which a step that comes into use runs unheard.
  static var warmUpSeconds: Double { 0.1 }
  /// Seconds of digital silence after which the network rests.
  static var secondsBeforeRest: Double { 2 }

  /// Tells the second pass's noise from the first one's, of one seed.
  static var secondNoise: UInt64 { 0x9E37_79B9_7F4A_7C15 }

  static func makeSampler(
    _ predictor: consuming Predictor, format: ModelFormat, settings: EnhancementSettings, seed: UInt64
  ) -> FrameSampler<Predictor> {
    var sampler = FrameSampler(
      predictor: predictor, sde: format.sde, grid: format.grid, kind: settings.sampler.kind,
      maximumSteps: settings.maximumSteps ?? settings.steps, seed: seed, binCount: format.frame.modelBinCount)
    sampler.steps = settings.steps
    sampler.predictor.use(settings.networks.choice)
    sampler.warmUpFrames = format.frame.frames(in: warmUpSeconds)
    return sampler
  }

  /// Tells all passes' networks of the noise; nil: the null condition.
  mutating func setTokens(_ tokens: UnsafePointer<Float>?) {
    sampler!.predictor.setTokens(tokens)
    if second != nil { second!.sampler.predictor.setTokens(tokens) }
  }

  /// Back to the state after `init`, with the settings of now. The reference is empty and not frozen.
  mutating func reset() {
    frameIndex = 0
    analysis.reset()
    highPass.reset()
    levelAnalysis.reset()
    synthesis.reset()
    level = LevelGain(startLevel: startLevel, frameRate: format.frame.frameRate)
    presence.reset()
    pauses.reset()
    if wiener != nil { wiener!.reset() }
    reference.isFrozen = false
    clearReference()
    guidance.jump(to: guidance.target)
    if sampler != nil { sampler!.reset() }
    if second != nil { second!.reset() }
    resetLearned()
    judgement = .silence
    silentRun = 0
    takenVersion = -1
    isReferenceMissed = false
    deadline = 0
    mostSteps = .max
    decisions.reset()
    forgetCounts()
  }

  /// The statistics begin anew; what was heard stays.
  mutating func forgetCounts() {
    counts = EnhancementCounts()
    times.reset()
  }

  /// - Parameter steps: 1…maximumSteps, from the next frame on.
  mutating func setSteps(_ steps: Int) {
    if sampler != nil { sampler!.steps = steps }
    if second != nil { second!.sampler.steps = steps }
  }

  /// From the next frame on.
  mutating func use(_ networks: EnhancementSettings.Networks, secondPass: EnhancementSettings.SecondPassShare) {
    if sampler != nil { sampler!.predictor.use(networks.choice) }
    if second != nil {
      let isLight = secondPass == .light && networks == .both
      second!.sampler.predictor.use(isLight ? .firstUnlessLearned : networks.choice)
    }
  }

  /// Forgets the noise heard: the null condition, from the next frame on.
  mutating func clearReference() {
    reference.clear()
    newestNoise = -1
    job.cancel(isAlone: service == nil)
    guard hasTokens else { return }
    setTokens(nil)
    hasTokens = false
  }

  /// Replaces the noise heard by a profile's.
  ///
  /// Before the first frame its tokens are made at once and the first frame has them; later they come on schedule.
  mutating func setReference(_ magnitudes: UnsafeBufferPointer<Float>) {
    reference.clear()
    if let rows = magnitudes.baseAddress {
      for n in 0..<magnitudes.count / modelBinCount {
        reference.append(magnitudes: rows + n * modelBinCount)
      }
    }
    guard frameIndex == 0, sampler != nil else { return }
    guard job.state != .taken else { return }
    if job.take(reference, gain: level.gain) { job.run(encoder) }
    useTokens()
  }

  /// Whether the newest frame was noise alone; nil: it was silence.
  var noiseJudgement: Bool? {
    switch judgement {
    case .silence: nil
    case .noise: true
    case .speech: false
    }
  }

  var statistics: EnhancementStatistics { EnhancementStatistics(counts: counts, frameTimes: times.histogram) }
}
