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
  /// Which of two networks are heard, from the next frame on.
  mutating func use(_ choice: NetworkChoice)
  /// Before a frame's first evaluation.
  mutating func beginFrame()
}

extension ConditionalPredictor where Self: ~Copyable {
  mutating func use(_ choice: NetworkChoice) {}
  mutating func beginFrame() {}
}

/// The enhancer at the model's rate, one channel: a hop of samples in, a hop out, a frame less a hop later.
///
///     analysis → level gain → compression → sampler (noise tokens beside it) → expansion → post-filter → synthesis
///
/// This file is what runs every frame; memory is made in `FrameEnhancer+Setup.swift`. One instance belongs to one
/// thread; nothing here allocates or locks if predictor and encoder do not.
struct FrameEnhancer<Predictor: ConditionalPredictor & ~Copyable>: ~Copyable {
  /// Of the model.
  let format: ModelFormat
  let hopLength: Int
  let binCount: Int
  /// Bins the network sees.
  let modelBinCount: Int
  /// e_k below which a frame is digital silence: −115 dB.
  static var silence: Float { 3.162_277_7e-12 }

  /// The newest frame taken into the reference; −1: none.
  var newestNoise = -1
  enum Judgement { case silence, noise, speech }

  /// Frames seen; names the next frame's noise and its place in the schedule of the reference.
  var frameIndex = 0
  /// Weight of the noisy spectrum in the output, for the statistics only: the mix itself is made in the time domain.
  var dryWeight: Float = 0

  var analysis: STFTAnalysis
  /// What level and speech presence hear: the same signal without offset and rumble.
  var highPass: HighPass
  var levelAnalysis: STFTAnalysis
  let levelHop: FloatMemory  // (hopLength)
  var synthesis: STFTSynthesis
  let compression: AmplitudeCompression
  let postFilter: PostFilter
  var level: LevelGain
  var sampler: FrameSampler<Predictor>?  // nil: Wiener
  var wiener: WienerGain?  // nil: score
  /// Steps after which the newest frame was cut short; `.max`: it was not.
  var mostSteps = Int.max
  /// The same network over frames half a hop beside these; nil: there is one pass.
  var second: SecondPass<Predictor>?

  var presence: SpeechPresence
  var pauses: SpeechPauseDetector
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
  /// Frames of digital silence in a row, the newest included.
  var silentRun = 0
  /// Those of them with which the network still runs; then it rests until there is sound again.
  var framesBeforeRest: Int
  /// `reference.version` when the reference was last taken.
  var takenVersion = -1
  /// Whether the encoder was too busy to take the reference that is due.
  var isReferenceMissed = false
  /// Whether the network holds tokens; false: the null condition.
  var hasTokens = false
  var guidance: LinearRamp
  /// What was learned, and whether it is to be removed just now.
  var learned: LearnedCondition

  let compressed: FloatMemory  // (modelBinCount, 2): y, then x̂0
  let enhanced: FloatMemory  // (binCount, 2)
  let power: FloatMemory  // (binCount) |Y|²
  let magnitudes: FloatMemory  // (modelBinCount) of y

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
  ///   - second: the same network once more, where there are two passes; nil: there is one.
  ///   - encoder: makes the noise tokens; nil for a model without a condition.
  ///   - format: of the model.
  ///   - settings: valid ones.
  ///   - learned: takes what is learned, empty as yet.
  ///   - service: runs the encoder beside the frame path; nil: the frame path does.
  ///   - isLinked: whether `keepNoise` decides which frames are noise.
  init(
    predictor: consuming Predictor?, second: consuming Predictor? = nil, encoder: (any NoiseEncoder)?,
    format: ModelFormat, settings: EnhancementSettings,
    learned: consuming LearnedCondition = LearnedCondition(), service: NoiseEncodingService? = nil,
    isLinked: Bool = false
  ) {
    let frame = format.frame
    self.format = format
    hopLength = frame.hopLength
    binCount = frame.binCount
    modelBinCount = frame.modelBinCount
    analysis = STFTAnalysis(fftLength: frame.fftLength, hopLength: frame.hopLength)
    highPass = HighPass(cutoff: HighPass.levelCutoff, sampleRate: Double(frame.sampleRate))
    levelAnalysis = STFTAnalysis(fftLength: frame.fftLength, hopLength: frame.hopLength)
    levelHop = FloatMemory(frame.hopLength)
    synthesis = STFTSynthesis(fftLength: frame.fftLength, hopLength: frame.hopLength)
    compression = AmplitudeCompression(factor: format.compressionFactor, exponent: format.compressionExponent)
    postFilter = PostFilter(decibels: settings.postFilterInDecibels)
    presence = SpeechPresence(
      binCount: frame.binCount, frameRate: Float(frame.frameRate), fftLength: frame.fftLength)
    pauses = SpeechPauseDetector(frame)
    compressed = FloatMemory(2 * frame.modelBinCount)
    enhanced = FloatMemory(2 * frame.binCount)
    power = FloatMemory(frame.binCount)
    magnitudes = FloatMemory(frame.modelBinCount)
    self.learned = learned
    self.service = service
    self.isLinked = isLinked
    framesBeforeRest = frame.frames(in: Self.secondsBeforeRest)
    level = LevelGain(startLevel: settings.startLevel, frameRate: frame.frameRate)
    startLevel = settings.startLevel
    maximumSteps = settings.maximumSteps ?? settings.steps
    selection = settings.noiseSelection
    guidance = LinearRamp(value: settings.guidance, length: frame.frames(in: Self.guidanceSeconds))
    dryWeight = settings.dryWeight
    job = NoiseEncodingJob(encoder, format: frame, compression: compression)
    reference = NoiseReference(
      format: frame, length: frame.frames(in: Double(settings.referenceLength)), keepsSamples: job.hearsSamples)
    service?.register(job)
    self.encoder = encoder
    self.second = nil
    if let predictor {
      sampler = Self.makeSampler(predictor, format: format, settings: settings, seed: settings.seed)
      if let second {
        self.second = SecondPass(
          sampler: Self.makeSampler(second, format: format, settings: settings, seed: settings.seed ^ Self.secondNoise),
          frame: frame)
      }
      wiener = nil
    } else {
      sampler = nil
      wiener = WienerGain(
        binCount: frame.binCount, frameRate: Float(frame.frameRate), fftLength: frame.fftLength)
    }
  }

  /// Enhances one hop.
  ///
  /// - Parameters:
  ///   - hop: `hopLength` finite samples.
  ///   - output: room for as many; may be `hop`.
  mutating func process(_ hop: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
    let start = monotonicNanoseconds()
    followSchedule()
    analysis.push(hop)
    let bins = analysis.bins
    let isSilent = analysis.energy < Self.silence
    highPass.process(hop, into: levelHop.base, count: hopLength)
    levelAnalysis.push(levelHop.base)
    Spectrum.power(levelAnalysis.bins, count: binCount, into: power.base)
    presence.push(power: power.base)

    silentRun = isSilent ? silentRun + 1 : 0
    if isResting {
      rest()
    } else if !enhanceSpectrum(bins) {
      counts.fallbackFrames += 1
      copyFloats(bins, to: enhanced.base, count: 2 * binCount)
    }
    if isSilent {
      enhanced.clear()
    }
    listen(isSilent: isSilent)
    level.update(energy: levelAnalysis.energy)
    synthesis.push(enhanced.base, into: output)
    frameIndex += 1
    var taken = monotonicNanoseconds() - start
    if second != nil { taken += second!.takeTime() }
    times.add(nanoseconds: taken)
  }

  /// The second pass's hop, half a hop after `process` and half a hop before it is called again; before the first frame, too.
  ///
  /// - Parameters: as for `process`.
  mutating func processBetween(_ hop: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
    let isResting = isResting
    let isFinite = second!.process(
      hop, compression: compression, postFilter: postFilter, gain: level.gain, guidance: guidance.value,
      mostSteps: mostSteps, frameIndex: frameIndex, isResting: isResting, into: output)
    if !isFinite { counts.fallbackFrames += 1 }
  }

  /// Whether the network is left out because of long silence, whose output is silence whatever it says. It goes on with
  /// the state that it had: two seconds of silence tell it what ten would. Content alone decides, so live equals offline.
  var isResting: Bool { silentRun > framesBeforeRest && wiener == nil }

  /// A frame without the network.
  private mutating func rest() {
    sampler!.guidance = guidance.next()
    counts.restingFrames += 1
  }

  /// `bins` enhanced into `enhanced`; false where that is not finite, with the network's state made new.
  private mutating func enhanceSpectrum(_ bins: UnsafePointer<Float>) -> Bool {
    if wiener != nil {
      wiener!.push(bins: bins, into: enhanced.base)
      return allFinite(enhanced.base, count: 2 * binCount)
    }
    let gain = level.gain
    compression.compress(bins, gain: gain, count: modelBinCount, into: compressed.base)
    sampler!.guidance = guidance.next()
    followLearned(compressed.base)
    sampler!.predictor.beginFrame()
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
    mostSteps = cutAfter > 0 ? cutAfter : .max
    if cutAfter > 0 {
      counts.reducedFrames += 1
      decisions.note(FrameDecision(frameIndex: frameIndex, kind: .stepsRun(cutAfter)))
    }
    if isFinite {
      compression.expand(compressed.base, gain: gain, count: modelBinCount, into: enhanced.base)
      postFilter.apply(enhanced.base, noisy: bins, count: modelBinCount)
      enhanceAbove(bins, enhanced: enhanced.base, modelBinCount: modelBinCount, binCount: binCount)
      isFinite = canBeSound(enhanced.base, binCount: binCount)
    }
    if !isFinite { sampler!.reset() }
    return isFinite
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
      noisy: analysis.bins, clean: enhanced.base, dry: dryWeight, count: 2 * binCount)
    // 60 dB above full scale: beside a frame of 10^17, which the largest sample makes, no sum would ever grow again.
    let energy = Double(min(analysis.energy, 1e6))
    let left = noisy > 0 ? energy * Double(mixed / noisy) : 0
    counts.inputEnergy += energy
    counts.outputEnergy += left
    // Nothing but an offset or rumble, as of a muted microphone, is neither noise nor speech: its P of 0 says nothing.
    let isHeard = !presence.isSilent
    let isPause = isHeard && pauses.push(probability: presence.probability)
    if isPause {
      counts.noiseFrames += 1
      counts.noiseInputEnergy += energy
      counts.noiseOutputEnergy += left
    }
    // Offset and rumble that are gone are no sign of noise: what was there is judged without them.
    let heard = sumOfSquares(levelAnalysis.bins, count: 2 * binCount)
    let isNoise = isHeard && (selection == .spp ? isPause : ResidualDetector.isNoise(enhanced: clean, noisy: heard))
    judgement = !isHeard ? .silence : isNoise ? .noise : .speech
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
    if place < job.delay && service == nil { job.run(part: place, encoder) }
    if place == job.delay { useTokens() }
  }

  /// The encoder gets the reference, unless it is still busy with the last one.
  private mutating func takeReference() {
    // In a rest neither reference nor level change: the tokens would be those that there are.
    guard !isResting || reference.version != takenVersion else { return }
    isReferenceMissed = job.state == .taken
    if !isReferenceMissed { takenVersion = reference.version }
    guard !isReferenceMissed, job.take(reference, gain: level.gain) else { return }
    guard let service else { return }
    if decisions.isScripted { job.run(encoder) } else { service.wake() }
  }

  /// The job's result goes into the network; where it is not ready, the old tokens stay.
  mutating func useTokens() {
    if let service, service.waits {
      while job.state == .taken { service.pause() }
    }
    if job.state == .taken || isReferenceMissed || decisions.isScriptedLate(frameIndex) {
      isReferenceMissed = false
      // A rest takes it once more: the reference is in no tokens.
      takenVersion = -1
      counts.lateReferences += 1
      decisions.note(FrameDecision(frameIndex: frameIndex, kind: .tokensLate))
      job.cancel(isAlone: service == nil)
      return
    }
    switch job.state {
    case .encoded:
      setTokens(job.tokens.base)
      hasTokens = true
      counts.referenceRefreshes += 1
    case .null:
      if hasTokens { setTokens(nil) }
      hasTokens = false
    case .idle, .taken: break
    }
    job.cancel(isAlone: service == nil)
  }
}
