import Ground

/// Solves the reverse process for one frame after another: a noisy compressed spectrum in, a clean one out.
///
/// Every step has its own slot of the predictor's state, every frame and draw its own noise, so the result of a
/// frame depends on the frames before it only through the predictor. Memory is made in `init`; `enhance` neither
/// allocates nor locks if the predictor does neither. One instance belongs to one thread.
package struct FrameSampler<Predictor: CleanSpectrumPredictor & ~Copyable>: ~Copyable {
  /// The network. Its slots are those of `slotTimes(kind:maximumSteps:grid:)`.
  package var predictor: Predictor
  package let kind: SamplerKind
  /// The largest number of steps, at most the grid's count.
  package let maximumSteps: Int
  /// Complex bins of a frame.
  package let binCount: Int

  /// N, from 1 to `maximumSteps`; may change between frames.
  ///
  /// More steps than in the frame before: the new ones go on with the predictor state that they had when they last ran, or
  /// take over that of the step before where they never did, and run unheard for `warmUpFrames` before the result is theirs.
  package var steps: Int {
    didSet { precondition(steps >= 1 && steps <= maximumSteps, "steps must be from 1 to maximumSteps") }
  }

  /// Frames for which a step that comes into use runs unheard; 0: its first estimate counts. From the start of the
  /// stream on, where no step has a past, all are heard.
  package var warmUpFrames = 0

  /// Steps that ran in the newest frame: `steps`, or fewer where the frame was cut short.
  package private(set) var stepsRun = 0
  /// The step whose estimate the newest frame's result is, from 1; less than `stepsRun` while steps run unheard.
  package private(set) var stepsHeard = 0

  /// The weight w of classifier-free guidance; may change between frames. 1 evaluates the network once per step,
  /// any other value as one batch of two, for which the predictor must have been made.
  package var guidance: Float {
    get { classifierFreeGuidance.weight }
    set {
      precondition(newValue.isFinite, "guidance must be finite")
      classifierFreeGuidance.weight = newValue
    }
  }

  private var classifierFreeGuidance = ClassifierFreeGuidance()
  private let noise: CounterNoise
  private let schedule: SamplerSchedule
  /// Steps and batch of the frame before: states beyond them are out of date. 0 before the first frame.
  private var currentSteps = 0
  private var currentBatch = 0
  /// The largest batch that each step has run; 0: it has no state of its own. A state that missed frames is nearer to what
  /// it would be than that of another step, even after seconds (`StepTests` has the figures).
  private let ranBatch: FixedArray<Int>  // (maximumSteps)
  /// Steps that are heard, and the frames for which those beyond have run.
  private var heardSteps = 0
  private var unheardFrames = 0
  private let x: FloatMemory  // (binCount, 2), the state of the reverse process
  private let z: FloatMemory  // (binCount, 2), the newest draw
  private let estimates: FloatMemory  // (2, binCount, 2), conditional and unconditional x̂0
  private let result: FloatMemory  // (binCount, 2), what is heard

  /// Makes the workspaces and the coefficients of all steps.
  ///
  /// - Parameters:
  ///   - maximumSteps: from 1 to the grid's count (8 on the standard grid); `steps` starts there.
  ///   - seed: names the noise; the same seed gives the same bits.
  ///   - finalStep: how the score-based kinds end; the few-step kind always ends at x̂0.
  package init(
    predictor: consuming Predictor, sde: OrnsteinUhlenbeckSDE = OrnsteinUhlenbeckSDE(),
    grid: TimeGrid = .standard, kind: SamplerKind = .fewStep(eta: 0), maximumSteps: Int = 1, seed: UInt64 = 0,
    binCount: Int = 160, finalStep: FinalStep = .posteriorMean
  ) {
    precondition(
      maximumSteps >= 1 && maximumSteps <= grid.count, "maximumSteps must be from 1 to the grid's count")
    precondition(binCount >= 1, "binCount must be positive")
    self.predictor = predictor
    self.kind = kind
    self.maximumSteps = maximumSteps
    self.binCount = binCount
    steps = maximumSteps
    noise = CounterNoise(seed: seed)
    schedule = SamplerSchedule(
      kind: kind, finalStep: finalStep, sde: sde, times: Array(grid.first(maximumSteps)))
    x = FloatMemory(2 * binCount)
    z = FloatMemory(2 * binCount)
    estimates = FloatMemory(4 * binCount)
    result = FloatMemory(2 * binCount)
    ranBatch = FixedArray(repeating: 0, count: maximumSteps)
  }

  /// The diffusion time of every slot a predictor needs: t_1 … t_N, then, with the corrector, the same again.
  package static func slotTimes(kind: SamplerKind, maximumSteps: Int, grid: TimeGrid) -> [Float] {
    let times = Array(grid.first(maximumSteps))
    return kind.evaluations(steps: 1) == 2 ? times + times : times
  }

  /// Enhances one frame, with noise from the seed.
  ///
  /// - Parameters:
  ///   - y: the noisy compressed spectrum, (binCount, 2).
  ///   - frameIndex: names the frame's noise, from 0.
  ///   - output: the clean compressed spectrum, (binCount, 2); may be `y` itself.
  ///   - goesOn: asked after every step but the last, with the steps done; false ends the frame at the estimate that
  ///     there is. The steps left out are then out of use, as if `steps` had been lower.
  /// - Returns: true if all is finite. If an estimate or the result is not, false: `output` then holds `y`, and
  ///   the predictor's state may be spoilt, so call `reset()` before the next frame.
  @discardableResult
  package mutating func enhance(
    noisy y: UnsafePointer<Float>, frameIndex: Int, into output: UnsafeMutablePointer<Float>,
    goesOn: (_ stepsDone: Int) -> Bool = { _ in true }
  ) -> Bool {
    run(noisy: y, draws: .counter(frameIndex), into: output, goesOn: goesOn)
  }

  /// Enhances one frame with noise that is given, for comparison with other implementations.
  ///
  /// - Parameter explicitNoise: at least (`kind.noiseCount(steps: steps)`, binCount, 2), E|z|² = 1, in the order of use.
  @discardableResult
  package mutating func enhance(
    noisy y: UnsafePointer<Float>, explicitNoise: UnsafeBufferPointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) -> Bool {
    precondition(
      explicitNoise.count >= kind.noiseCount(steps: steps) * 2 * binCount, "a frame takes noise for each of its draws")
    return run(noisy: y, draws: .explicit(explicitNoise.baseAddress!), into: output, goesOn: { _ in true })
  }

  /// Forgets all frames: the predictor's states. Settings stay.
  package mutating func reset() {
    predictor.reset()
    currentSteps = 0
    currentBatch = 0
    heardSteps = 0
    unheardFrames = 0
    for n in 0..<maximumSteps { ranBatch[n] = 0 }
  }

  // MARK: - One frame

  private enum Draws {
    case counter(Int)
    case explicit(UnsafePointer<Float>)
  }

  private mutating func run(
    noisy y: UnsafePointer<Float>, draws: Draws, into output: UnsafeMutablePointer<Float>,
    goesOn: (Int) -> Bool
  ) -> Bool {
    let count = 2 * binCount
    bringStatesUpToDate()
    var draw = 0
    nextNoise(draws, &draw)
    addScaled(y, schedule.priorDeviation, z.base, into: x.base, count: count)  // x ← y + σ z: the start
    var n = 0
    while true {
      if schedule.corrector.count > 0 {
        guard evaluate(slot: maximumSteps + n, noisy: y) else { return giveUp(y, output) }
        nextNoise(draws, &draw)
        schedule.corrector[n].apply(state: x.base, noisy: y, clean: estimates.base, noise: z.base, count: count)
      }
      guard evaluate(slot: n, noisy: y) else { return giveUp(y, output) }
      // Every step but the last may be the last: what is heard is kept as it comes.
      if n < heardSteps {
        if schedule.final.count > 0 {
          copyFloats(x.base, to: result.base, count: count)
          schedule.final[n].apply(state: result.base, noisy: y, clean: estimates.base, noise: z.base, count: count)
        } else {
          copyFloats(estimates.base, to: result.base, count: count)
        }
      }
      n += 1
      if n == steps || !goesOn(n) { break }
      if schedule.interior[n - 1].isStochastic { nextNoise(draws, &draw) }
      schedule.interior[n - 1].apply(state: x.base, noisy: y, clean: estimates.base, noise: z.base, count: count)
    }
    for step in 0..<n { ranBatch[step] = max(ranBatch[step], currentBatch) }
    stepsRun = n
    stepsHeard = min(n, heardSteps)
    leaveOutOfUse(beyond: n)
    guard schedule.final.count == 0 || allFinite(result.base, count: count) else { return giveUp(y, output) }
    copyFloats(result.base, to: output, count: count)
    return true
  }

  /// x̂0 at the present x, guided, into the first lane of `estimates`; whether it is finite.
  private mutating func evaluate(slot: Int, noisy y: UnsafePointer<Float>) -> Bool {
    predictor.predict(slot: slot, batch: classifierFreeGuidance.batch, state: x.base, noisy: y, into: estimates.base)
    classifierFreeGuidance.combine(estimates.base, count: 2 * binCount)
    return allFinite(estimates.base, count: 2 * binCount)
  }

  private mutating func giveUp(_ y: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) -> Bool {
    copyFloats(y, to: output, count: 2 * binCount)
    return false
  }

  /// `z` ← the next draw of this frame.
  private func nextNoise(_ draws: Draws, _ draw: inout Int) {
    switch draws {
    case .counter(let frameIndex): noise.fill(frameIndex: frameIndex, step: draw, binCount: binCount, into: z.base)
    case .explicit(let rows): copyFloats(rows + draw * 2 * binCount, to: z.base, count: 2 * binCount)
    }
    draw += 1
  }

  /// Steps and lanes that come into use without a state of their own take over the one nearest to them.
  private mutating func bringStatesUpToDate() {
    let batch = classifierFreeGuidance.batch
    let hasCorrector = schedule.corrector.count > 0
    if currentBatch == 1 && batch == 2 {
      for n in 0..<currentSteps {
        predictor.startUnconditionalLane(slot: n)
        if hasCorrector { predictor.startUnconditionalLane(slot: maximumSteps + n) }
      }
    }
    if currentSteps == 0 {
      heardSteps = steps
    } else if steps < currentSteps {
      leaveOutOfUse(beyond: steps)
    } else if steps > currentSteps {
      var n = currentSteps
      while n < steps {
        if ranBatch[n] < batch {
          predictor.copySlot(from: n - 1, to: n)
          if hasCorrector { predictor.copySlot(from: maximumSteps + n - 1, to: maximumSteps + n) }
        }
        n += 1
      }
      unheardFrames = 0
    }
    currentSteps = steps
    currentBatch = batch
    if heardSteps < currentSteps {
      if unheardFrames >= warmUpFrames { heardSteps = currentSteps }
      unheardFrames += 1
    }
  }

  /// Steps beyond the first `count` missed a frame.
  private mutating func leaveOutOfUse(beyond count: Int) {
    currentSteps = min(currentSteps, count)
    heardSteps = min(heardSteps, count)
  }
}
