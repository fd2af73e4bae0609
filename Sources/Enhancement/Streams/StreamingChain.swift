import Ground
import ScoreModel
import SignalProcessing

/// One channel at the device's rate: blocks of any size in, as many samples out, a constant delay later.
///
///     input ─┬─ resampler ─── hop ───── FrameEnhancer ─ resampler ─ (+) ─ queue ─┬─ output
///            ├─ HighBand ────────────────────────────────────────────┘            │
///            └─ queue of the input ────────────────────────────────────── mix ───┘
///
/// `push` takes pieces of the input, `pull` gives as much back; where several channels are linked, their owner pushes
/// all before it pulls. `process` is both. Where two passes run, they take turns every half hop, and each half hop's mean of both
/// goes on (`PassMean`).
///
/// Generic so that tests can put a predictor of their own in; `StreamingEnhancer` is its public face. One instance
/// belongs to one thread; `process` neither allocates nor locks if predictor and encoder do not.
struct StreamingChain<Predictor: ConditionalPredictor & ~Copyable>: ~Copyable {
  let sampleRate: Int
  let latency: StreamLatency
  private(set) var settings: EnhancementSettings
  var frames: FrameEnhancer<Predictor>

  /// Input samples beyond this are no sound; what they would do to sums of squares is not wanted.
  private static var largestSample: Float { 1e10 }
  /// Whether a sample is heard; one that is not finite or too large is taken for zero.
  static func isSound(_ sample: Float) -> Bool { sample.magnitude <= largestSample }
  /// Seconds over which bypass, mix and limit move.
  static var fadeMilliseconds: Int { 10 }

  /// Samples between which `pull` may be called: what was pushed since the last `pull` is a multiple of it.
  let granularity: Int
  /// Most samples that one `push` takes: no more than one hop, of one pass, becomes whole by it.
  let piece: Int
  private let room: Int  // most samples pushed before they are pulled
  private var down: Resampler
  private var up: Resampler
  /// What is above the model's band; nil: left out.
  private var high: HighBand?
  /// Brings the enhanced signal to a whole delay, as `high` does with its own; nil: it has one.
  private var alignment: FractionalDelay?
  private var queue: SampleFIFO
  private var dryQueue: SampleFIFO
  private var dryWeight: LinearRamp
  private var hopFill = 0
  private var nonFiniteSamples = 0
  private let hopLength: Int  // of the model
  /// The model's samples from one frame to the next: a hop, or half of one where two passes take turns.
  private let stride: Int
  private let hop: FloatMemory  // (hopLength), the newest samples, of which `stride` are coming
  private let enhancedHop: FloatMemory  // (hopLength), of which `stride` are given
  private let hasSecond: Bool  // two passes
  private var passes: PassMean
  private let clean: FloatMemory  // (piece), the finite input, then the same delayed
  private let wet: FloatMemory  // (piece)
  private let resampled: FloatMemory  // a piece at the model's rate
  private let returned: FloatMemory  // a hop at the device's rate

  /// The samples of the device by which what two passes give comes later than one pass's.
  static func stagger(passes: Int, sampleRate: Int, frame: FrameFormat) -> Double {
    Double((frame.hopLength - frame.hopLength / passes) * sampleRate) / Double(frame.sampleRate)
  }

  /// - Parameter second: the predictor once more, for a second pass; nil: there is one pass.
  init(
    predictor: consuming Predictor?, second: consuming Predictor? = nil, encoder: (any NoiseEncoder)?,
    format: ModelFormat = .standard, settings: EnhancementSettings, sampleRate: Int, granularity: Int = 1,
    learned: consuming LearnedCondition = LearnedCondition(), service: NoiseEncodingService? = nil,
    isLinked: Bool = false
  ) throws(EnhancementError) {
    guard (8000...192_000).contains(sampleRate) else { throw .unsupportedSampleRate(sampleRate) }
    guard (1...1 << 20).contains(granularity) else { throw .unsupportedBlock(granularity) }
    try settings.validate(for: format)
    let frame = format.frame
    let quality = settings.resamplerQuality
    let down = try makeResampler(from: sampleRate, to: frame.sampleRate, quality: quality, device: sampleRate)
    let up = try makeResampler(from: frame.sampleRate, to: sampleRate, quality: quality, device: sampleRate)
    let resamplerDelay = down.delayInInputSamples + up.delayInOutputSamples
    let hasHigh = settings.band == .full && HighBand.exists(at: sampleRate, format: frame)
    let passCount = second == nil ? 1 : 2
    let stagger = Self.stagger(passes: passCount, sampleRate: sampleRate, frame: frame)
    let shift = hasHigh ? HighBand.alignment(resamplerDelay: resamplerDelay, stagger: stagger).delay : 0
    high = nil
    if hasHigh {
      high = try HighBand(
        sampleRate: sampleRate, resamplerDelay: resamplerDelay, stagger: stagger, quality: quality, format: frame)
    }
    alignment = shift > 0 ? FractionalDelay(delay: shift) : nil
    self.sampleRate = sampleRate
    self.settings = settings
    latency = StreamLatency(
      sampleRate: sampleRate, resamplerDelay: resamplerDelay + shift, granularity: granularity, passes: passCount,
      format: frame)
    hopLength = frame.hopLength
    stride = frame.hopLength / passCount
    hasSecond = passCount == 2
    passes = PassMean(hopLength: hasSecond ? frame.hopLength : 0)
    hop = FloatMemory(frame.hopLength)
    enhancedHop = FloatMemory(frame.hopLength)
    let returnedRoom = up.maximumOutput(forInput: frame.hopLength)
    self.down = down
    self.up = up
    frames = FrameEnhancer(
      predictor: predictor, second: second, encoder: encoder, format: format, settings: settings, learned: learned,
      service: service, isLinked: isLinked)
    self.granularity = granularity
    // A hop: a larger piece gains nothing, and the workspaces stay in the cache.
    piece = frame.deviceSamples(stride, at: sampleRate)
    room = granularity == 1 ? piece : granularity
    queue = SampleFIFO(capacity: latency.leadingZeros + room + 2 * returnedRoom)
    queue.writeZeros(latency.leadingZeros)
    dryQueue = SampleFIFO(capacity: latency.samples + room)
    dryQueue.writeZeros(latency.samples)
    dryWeight = LinearRamp(
      value: settings.dryWeight, length: max(1, Int((Double(sampleRate * Self.fadeMilliseconds) / 1000).rounded())))
    clean = FloatMemory(piece)
    wet = FloatMemory(piece)
    resampled = FloatMemory(self.down.maximumOutput(forInput: piece) + 1)
    returned = FloatMemory(returnedRoom + 1)
    frames.use(settings.networks, secondPass: settings.secondPass)
    passes.use(weight: settings.secondPass.weight)
  }

  /// Enhances `count` samples, a multiple of `granularity`; `output` may be `input`.
  mutating func process(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int
  ) {
    var done = 0
    while done < count {
      let part = min(room, count - done)
      var pushed = 0
      while pushed < part {
        let next = min(piece, part - pushed)
        push(input + done + pushed, count: next)
        pushed += next
      }
      pull(into: output + done, count: part)
      done += part
    }
  }

  /// Takes in at most `piece` samples.
  mutating func push(_ input: UnsafePointer<Float>, count: Int) {
    takeIn(input, count: count)
    dryQueue.write(clean.base, count: count)
    enhanceArrived(count: count)
  }

  /// Gives out as many samples as were pushed.
  mutating func pull(into output: UnsafeMutablePointer<Float>, count: Int) {
    var done = 0
    while done < count {
      let part = min(piece, count - done)
      dryQueue.read(into: clean.base, count: part)
      queue.read(into: wet.base, count: part)
      mix(into: output + done, count: part)
      done += part
    }
  }

  /// `clean` ← the input, with zeros for what is not finite.
  private mutating func takeIn(_ input: UnsafePointer<Float>, count: Int) {
    for n in 0..<count {
      let sample = input[n]
      if Self.isSound(sample) {
        clean[n] = sample
      } else {
        clean[n] = 0
        nonFiniteSamples += 1
      }
    }
  }

  /// Every hop that `clean` completes goes through the enhancer and into the queue.
  private mutating func enhanceArrived(count: Int) {
    if high != nil { high!.takeInput(clean.base, count: count) }
    let arrived = down.process(UnsafeBufferPointer(start: clean.base, count: count), into: resampled.buffer)
    precondition(arrived.consumed == count, "a piece's resampled samples have room")
    var at = 0
    while at < arrived.produced {
      let part = min(stride - hopFill, arrived.produced - at)
      let place = hop.base + (hopLength - stride) + hopFill
      copyFloats(resampled.base + at, to: place, count: part)
      if high != nil { high!.takeResampled(place, count: part) }
      hopFill += part
      at += part
      if hopFill == stride {
        hopFill = 0
        enhanceHop()
        let back = up.process(UnsafeBufferPointer(start: enhancedHop.base, count: stride), into: returned.buffer)
        if alignment != nil { alignment!.process(returned.base, count: back.produced) }
        if high != nil { high!.add(to: returned.base, count: back.produced) }
        queue.write(returned.base, count: back.produced)
      }
    }
  }

  /// `enhancedHop` ← what is known now that `hop` is whole: a hop, or half of one of two passes' mean.
  private mutating func enhanceHop() {
    if hasSecond && passes.isSecondNext {
      if passes.secondIsNeeded { frames.processBetween(hop.base, into: enhancedHop.base) }
    } else {
      frames.process(hop.base, into: enhancedHop.base)
      if high != nil {
        high!.makeHop(
          noisy: frames.analysis.bins, enhanced: frames.enhanced.base, isNoise: frames.noiseJudgement)
      }
    }
    guard hasSecond else { return }
    copyFloats(hop.base + stride, to: hop.base, count: hopLength - stride)
    passes.take(enhancedHop.base)
  }

  /// out = wet + d·(dry − wet); where d is 0 or 1 the one or the other to the bit.
  private mutating func mix(into output: UnsafeMutablePointer<Float>, count: Int) {
    if dryWeight.isSteady {
      let d = dryWeight.value
      if d == 1 {
        copyFloats(clean.base, to: output, count: count)
      } else if d == 0 {
        copyFloats(wet.base, to: output, count: count)
      } else {
        for n in 0..<count { output[n] = wet[n] + d * (clean[n] - wet[n]) }
      }
    } else {
      for n in 0..<count {
        let d = dryWeight.next()
        output[n] = d == 1 ? clean[n] : wet[n] + d * (clean[n] - wet[n])
      }
    }
  }

  // MARK: - Between blocks

  /// Takes new settings: steps at the next frame, guidance over 0.1 s, limit, mix and bypass over 10 ms.
  mutating func update(_ next: EnhancementSettings) throws(EnhancementError) {
    try settings.checkChange(to: next, format: frames.format)
    guard next.steps <= frames.maximumSteps else {
      throw EnhancementSettings.noRoom(for: next.steps, maximum: frames.maximumSteps)
    }
    frames.setSteps(next.steps)
    frames.use(next.networks, secondPass: next.secondPass)
    passes.use(weight: next.secondPass.weight)
    settings = next
    frames.guidance.move(to: next.guidance)
    frames.dryWeight = next.dryWeight
    dryWeight.move(to: next.dryWeight)
  }

  /// Back to the state after `init`, with the settings of now.
  mutating func reset() {
    frames.reset()
    down.reset()
    up.reset()
    if high != nil { high!.reset() }
    if alignment != nil { alignment!.reset() }
    queue.reset()
    queue.writeZeros(latency.leadingZeros)
    dryQueue.reset()
    dryQueue.writeZeros(latency.samples)
    dryWeight.jump(to: dryWeight.target)
    hop.clear()
    hopFill = 0
    passes.reset()
    nonFiniteSamples = 0
  }

  /// The statistics begin anew; what was heard stays.
  mutating func forgetCounts() {
    frames.forgetCounts()
    nonFiniteSamples = 0
  }

  /// Enhanced samples that wait to be read; 0 after a call at the worst moment.
  var queuedSampleCount: Int { queue.count }

  var statistics: EnhancementStatistics {
    var result = frames.statistics
    result.nonFiniteInputSamples = nonFiniteSamples
    return result
  }
}

/// - Parameter device: whichever of the rates is the device's, which an error is about.
func makeResampler(from: Int, to: Int, quality: Int, device: Int) throws(EnhancementError) -> Resampler {
  do throws(ResamplerError) {
    return try Resampler(from: from, to: to, quality: quality)
  } catch { throw .unsupportedSampleRate(device) }
}
