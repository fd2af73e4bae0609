import Diffusion
import Ground
import ScoreModel
import SignalProcessing

/// A predictor that listens to noise tokens.
protocol ConditionalPredictor: CleanSpectrumPredictor, ~Copyable {
  /// Takes (tokens, dimension) floats, copied; nil is the null condition.
  mutating func setTokens(_ tokens: UnsafePointer<Float>?)
  /// Takes as many tokens of what was learned, copied; nil: nothing was.
  mutating func setLearnedTokens(_ tokens: UnsafePointer<Float>?)
}

/// The enhancer at the model's rate, one channel: a hop of 160 samples in, a hop out, 160 samples later.
///
///     analysis → level gain → compression → sampler (noise tokens beside it) → expansion → synthesis
///
/// This file is what runs every frame; memory is made in `FrameEnhancer+Setup.swift`. One instance belongs to one
/// thread; nothing here allocates or locks if predictor and encoder do not.
struct FrameEnhancer<Predictor: ConditionalPredictor & ~Copyable>: ~Copyable {
  static var hopLength: Int { 160 }
  static var fftLength: Int { 320 }
  static var binCount: Int { 161 }
  /// Bins the network sees.
  static var modelBinCount: Int { 160 }
  /// e_k below which a frame is digital silence: −115 dB.
  static var silence: Float { 3.162_277_7e-12 }

  /// The newest frame taken into the reference; −1: none.
  var newestNoise = -1
  enum Judgement { case silence, noise, speech }

  /// Frames seen; names the next frame's noise and its place in the schedule of the reference.
  var frameIndex = 0
  /// Weight of the noisy spectrum in the output, for the statistics only: the mix itself is made in the time domain.
  var dryWeight: Float = 0

  var analysis = STFTAnalysis()
  /// What level and speech presence hear: the same signal without offset and rumble.
  var highPass = HighPass(cutoff: HighPass.levelCutoff, sampleRate: 16_000)
  var levelAnalysis = STFTAnalysis()
  let levelHop = FloatMemory(160)
  var synthesis = STFTSynthesis()
  var level: LevelGain
  var sampler: FrameSampler<Predictor>?  // nil: Wiener
  var wiener: WienerGain?  // nil: score

  var presence = SpeechPresence()
  var pauses = SpeechPauseDetector()
  var reference: NoiseReference
  let selection: NoiseSelection
  let encoder: (any NoiseEncoder)?  // nil: no tokens are ever made
  let job: NoiseEncodingJob
  /// Runs the encoder beside the frame path; nil: the frame path does.
  let service: NoiseEncodingService?
  /// Whether the owner of several channels decides for all of them which frames are noise (`keepNoise`).
  let isLinked: Bool
  /// What the newest frame was taken for.
  var judgement = Judgement.silence
  /// Whether the encoder was too busy to take the reference that is due.
  var isReferenceMissed = false
  /// Whether the network holds tokens; false: the null condition.
  var hasTokens = false
  var guidance: LinearRamp

  let compressed = FloatMemory(2 * Self.modelBinCount)  // (160, 2): y, then x̂0
  let enhanced = FloatMemory(2 * Self.binCount)  // (161, 2)
  let power = FloatMemory(Self.binCount)  // (161) |Y|²

  /// Nanoseconds of the monotonic clock after which no further step begins; 0: none.
  var deadline: UInt64 = 0
  /// What the clock decided, and what it is to have decided when a recording is played again.
  var decisions = FrameDecisions()

  let startLevel: Float
  /// The most steps there is room for.
  let maximumSteps: Int
  var counts = EnhancementCounts()
  var times = FrameTimeCounter()

  /// - Parameters:
  ///   - predictor: the network, with the slots of `FrameSampler.slotTimes` and room for a batch of two; nil for the
  ///     Wiener filter.
  ///   - encoder: makes the noise tokens; nil for a model without a condition.
  ///   - settings: valid ones.
  ///   - service: runs the encoder beside the frame path; nil: the frame path does.
  ///   - isLinked: whether `keepNoise` decides which frames are noise.
  init(
    predictor: consuming Predictor?, encoder: (any NoiseEncoder)?, settings: EnhancementSettings,
    service: NoiseEncodingService? = nil, isLinked: Bool = false
  ) {
    self.service = service
    self.isLinked = isLinked
    level = LevelGain(startLevel: settings.startLevel)
    startLevel = settings.startLevel
    maximumSteps = settings.maximumSteps ?? settings.steps
    selection = settings.noiseSelection
    guidance = LinearRamp(value: settings.guidance, length: Self.guidanceFrames)
    dryWeight = settings.dryWeight
    job = NoiseEncodingJob(encoder)
    reference = NoiseReference(
      length: Int((settings.referenceLength * 100).rounded()), keepsSamples: job.hearsSamples)
    service?.register(job)
    self.encoder = encoder
    if let predictor {
      sampler = FrameSampler(
        predictor: predictor, kind: settings.sampler, maximumSteps: maximumSteps,
        seed: settings.seed, binCount: Self.modelBinCount)
      sampler!.steps = settings.steps
      sampler!.warmUpFrames = Self.warmUpFrames
      wiener = nil
    } else {
      sampler = nil
      wiener = WienerGain()
    }
  }

  /// Enhances one hop.
  ///
  /// - Parameters:
  ///   - hop: 160 finite samples.
  ///   - output: room for 160 samples; may be `hop`.
  mutating func process(_ hop: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
    let start = monotonicNanoseconds()
    followSchedule()
    analysis.push(hop)
    let bins = analysis.bins
    let isSilent = analysis.energy < Self.silence
    highPass.process(hop, into: levelHop.base, count: Self.hopLength)
    levelAnalysis.push(levelHop.base)
    Spectrum.power(levelAnalysis.bins, count: Self.binCount, into: power.base)
    presence.push(power: power.base)

    if !enhanceSpectrum(bins) {
      counts.fallbackFrames += 1
      copyFloats(bins, to: enhanced.base, count: 2 * Self.binCount)
    }
    if isSilent {
      enhanced.clear()
    }
    listen(isSilent: isSilent)
    level.update(energy: levelAnalysis.energy)
    synthesis.push(enhanced.base, into: output)
    frameIndex += 1
    times.add(nanoseconds: monotonicNanoseconds() - start)
  }

  /// `bins` enhanced into `enhanced`; false where that is not finite, with the network's state made new.
  private mutating func enhanceSpectrum(_ bins: UnsafePointer<Float>) -> Bool {
    if wiener != nil {
      wiener!.push(bins: bins, into: enhanced.base)
      return allFinite(enhanced.base, count: 2 * Self.binCount)
    }
    let gain = level.gain
    AmplitudeCompression.compress(bins, gain: gain, count: Self.modelBinCount, into: compressed.base)
    sampler!.guidance = guidance.next()
    let deadline = deadline
    let scripted = decisions.scriptedSteps(frameIndex)
    var cutAfter = 0
    var isFinite = sampler!.enhance(
      noisy: compressed.base, frameIndex: frameIndex, into: compressed.base,
      goesOn: { done in
        let goesOn = if let scripted { done < scripted } else { deadline == 0 || monotonicNanoseconds() < deadline }
        if !goesOn { cutAfter = done }
        return goesOn
      })
    if cutAfter > 0 {
      counts.reducedFrames += 1
      decisions.note(FrameDecision(frameIndex: frameIndex, kind: .stepsRun(cutAfter)))
    }
    if isFinite {
      AmplitudeCompression.expand(compressed.base, gain: gain, count: Self.modelBinCount, into: enhanced.base)
      enhanceLastBin(bins)
      isFinite = allFinite(enhanced.base, count: 2 * Self.binCount)
    }
    if !isFinite { sampler!.reset() }
    return isFinite
  }

  /// Bin 160 takes the real gain of bin 159, at most 1: where 159 is all but empty the quotient means nothing.
  private func enhanceLastBin(_ bins: UnsafePointer<Float>) {
    let last = 2 * Self.modelBinCount
    let noisy = bins[last - 2] * bins[last - 2] + bins[last - 1] * bins[last - 1]
    let clean = enhanced[last - 2] * enhanced[last - 2] + enhanced[last - 1] * enhanced[last - 1]
    let gain = clean < noisy ? squareRoot(clean / noisy) : 1
    enhanced[last] = gain * bins[last]
    enhanced[last + 1] = gain * bins[last + 1]
  }

  /// Counts the frame and, if it is noise alone, keeps it for the reference.
  private mutating func listen(isSilent: Bool) {
    counts.frames += 1
    if hasTokens { counts.conditionedFrames += 1 }
    judgement = .silence
    if isSilent {
      counts.silentFrames += 1
      return
    }
    let (noisy, clean, mixed) = energies(
      noisy: analysis.bins, clean: enhanced.base, dry: dryWeight, count: 2 * Self.binCount)
    let energy = Double(analysis.energy)
    let left = noisy > 0 ? energy * Double(mixed / noisy) : 0
    counts.inputEnergy += energy
    counts.outputEnergy += left
    let isPause = pauses.push(probability: presence.probability)
    if isPause {
      counts.noiseFrames += 1
      counts.noiseInputEnergy += energy
      counts.noiseOutputEnergy += left
    }
    // Offset and rumble that are gone are no sign of noise: what was there is judged without them.
    let heard = sumOfSquares(levelAnalysis.bins, count: 2 * Self.binCount)
    let isNoise = selection == .spp ? isPause : ResidualDetector.isNoise(enhanced: clean, noisy: heard)
    judgement = isNoise ? .noise : .speech
    if isNoise && !isLinked { keepNoise() }
  }

  /// Takes the newest frame into the reference.
  mutating func keepNoise() {
    guard reference.push(bins: analysis.bins, windowedSamples: analysis.windowedSamples) else { return }
    counts.referenceFrames += 1
    newestNoise = frameIndex
  }

  /// The reference is taken before frame k·R is seen, its tokens are in the network from frame k·R + D on.
  private mutating func followSchedule() {
    guard sampler != nil else { return }
    let place = frameIndex % job.interval
    if place == 0 { takeReference() }
    if place == job.delay { useTokens() }
  }

  /// The encoder gets the reference, unless it is still busy with the last one.
  private mutating func takeReference() {
    isReferenceMissed = job.state == .taken
    guard !isReferenceMissed, job.take(reference, gain: level.gain) else { return }
    if let service, !decisions.isScripted { service.wake() } else { job.run(encoder) }
  }

  /// The job's result goes into the network; where it is not ready, the old tokens stay.
  mutating func useTokens() {
    if let service, service.waits {
      while job.state == .taken { service.pause() }
    }
    if job.state == .taken || isReferenceMissed || decisions.isScriptedLate(frameIndex) {
      isReferenceMissed = false
      counts.lateReferences += 1
      decisions.note(FrameDecision(frameIndex: frameIndex, kind: .tokensLate))
      job.cancel()
      return
    }
    switch job.state {
    case .encoded:
      sampler!.predictor.setTokens(job.tokens.base)
      hasTokens = true
      counts.referenceRefreshes += 1
    case .null:
      if hasTokens { sampler!.predictor.setTokens(nil) }
      hasTokens = false
    case .idle, .taken: break
    }
    job.cancel()
  }
}
