/// Solves the reverse process for one frame after another: a noisy compressed spectrum in, a clean one out.
///
/// Every step has its own slot of the predictor's state, every frame and draw its own noise, so the result of a
/// frame depends on the frames before it only through the predictor. Memory is made in `init`; `enhance` neither
/// allocates nor locks if the predictor does neither. One instance belongs to one thread.
public struct FrameSampler<Predictor: CleanSpectrumPredictor & ~Copyable>: ~Copyable {
  /// The network. Its slots are those of `slotTimes(kind:maximumSteps:grid:)`.
  public var predictor: Predictor
  public let kind: SamplerKind
  /// The largest number of steps, at most the grid's count.
  public let maximumSteps: Int
  /// Complex bins of a frame.
  public let binCount: Int

  /// N, from 1 to `maximumSteps`; may change between frames.
  ///
  /// More steps than in the frame before: the new ones take over the predictor state of the last step in use.
  public var steps: Int {
    didSet { precondition(steps >= 1 && steps <= maximumSteps, "steps must be from 1 to maximumSteps") }
  }

  /// The weight w of classifier-free guidance; may change between frames. 1 evaluates the network once per step,
  /// any other value as one batch of two, for which the predictor must have been made.
  public var guidance: Float {
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
  private let x: UnsafeMutablePointer<Float>  // (binCount, 2), the state of the reverse process
  private let z: UnsafeMutablePointer<Float>  // (binCount, 2), the newest draw
  private let estimates: UnsafeMutablePointer<Float>  // (2, binCount, 2), conditional and unconditional x̂0

  /// Makes the workspaces and the coefficients of all steps.
  ///
  /// - Parameters:
  ///   - maximumSteps: from 1 to the grid's count (8 on the standard grid); `steps` starts there.
  ///   - seed: names the noise; the same seed gives the same bits.
  ///   - finalStep: how the score-based kinds end; the few-step kind always ends at x̂0.
  public init(
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
    x = .allocate(capacity: 2 * binCount)
    z = .allocate(capacity: 2 * binCount)
    estimates = .allocate(capacity: 4 * binCount)
    x.initialize(repeating: 0, count: 2 * binCount)
    z.initialize(repeating: 0, count: 2 * binCount)
    estimates.initialize(repeating: 0, count: 4 * binCount)
  }

  deinit {
    x.deallocate()
    z.deallocate()
    estimates.deallocate()
  }

  /// The diffusion time of every slot a predictor needs: t_1 … t_N, then, with the corrector, the same again.
  public static func slotTimes(kind: SamplerKind, maximumSteps: Int, grid: TimeGrid) -> [Float] {
    let times = Array(grid.first(maximumSteps))
    return kind.evaluations(steps: 1) == 2 ? times + times : times
  }

  /// Enhances one frame, with noise from the seed.
  ///
  /// - Parameters:
  ///   - y: the noisy compressed spectrum, (binCount, 2).
  ///   - frameIndex: names the frame's noise, from 0.
  ///   - output: the clean compressed spectrum, (binCount, 2); may be `y` itself.
  /// - Returns: true if all is finite. If an estimate or the result is not, false: `output` then holds `y`, and
  ///   the predictor's state may be spoilt, so call `reset()` before the next frame.
  @discardableResult
  public mutating func enhance(
    noisy y: UnsafePointer<Float>, frameIndex: Int, into output: UnsafeMutablePointer<Float>
  ) -> Bool {
    run(noisy: y, draws: .counter(frameIndex), into: output)
  }

  /// Enhances one frame with noise that is given, for comparison with other implementations.
  ///
  /// - Parameter explicitNoise: (`kind.noiseCount(steps: steps)`, binCount, 2), E|z|² = 1, in the order of use.
  @discardableResult
  public mutating func enhance(
    noisy y: UnsafePointer<Float>, explicitNoise: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) -> Bool {
    run(noisy: y, draws: .explicit(explicitNoise), into: output)
  }

  /// Forgets all frames: the predictor's states. Settings stay.
  public mutating func reset() {
    predictor.reset()
    currentSteps = 0
    currentBatch = 0
  }

  // MARK: - One frame

  private enum Draws {
    case counter(Int)
    case explicit(UnsafePointer<Float>)
  }

  private mutating func run(
    noisy y: UnsafePointer<Float>, draws: Draws, into output: UnsafeMutablePointer<Float>
  ) -> Bool {
    let count = 2 * binCount
    bringStatesUpToDate()
    var draw = 0
    nextNoise(draws, &draw)
    addNoise(to: y, deviation: schedule.priorDeviation, noise: z, into: x, count: count)
    for n in 0..<steps {
      if let corrector = schedule.corrector {
        guard evaluate(slot: maximumSteps + n, noisy: y) else { return giveUp(y, output) }
        nextNoise(draws, &draw)
        corrector[n].apply(state: x, noisy: y, clean: estimates, noise: z, count: count)
      }
      guard evaluate(slot: n, noisy: y) else { return giveUp(y, output) }
      if n + 1 < steps {
        if schedule.interior[n].isStochastic { nextNoise(draws, &draw) }
        schedule.interior[n].apply(state: x, noisy: y, clean: estimates, noise: z, count: count)
      } else if let final = schedule.final {
        final[n].apply(state: x, noisy: y, clean: estimates, noise: z, count: count)
        guard allFinite(x, count: count) else { return giveUp(y, output) }
        copy(x, to: output, count: count)
      } else {
        copy(estimates, to: output, count: count)
      }
    }
    return true
  }

  /// x̂0 at the present x, guided, into the first lane of `estimates`; whether it is finite.
  private mutating func evaluate(slot: Int, noisy y: UnsafePointer<Float>) -> Bool {
    predictor.predict(slot: slot, batch: classifierFreeGuidance.batch, state: x, noisy: y, into: estimates)
    classifierFreeGuidance.combine(estimates, count: 2 * binCount)
    return allFinite(estimates, count: 2 * binCount)
  }

  private mutating func giveUp(_ y: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) -> Bool {
    copy(y, to: output, count: 2 * binCount)
    return false
  }

  /// `z` ← the next draw of this frame.
  private func nextNoise(_ draws: Draws, _ draw: inout Int) {
    switch draws {
    case .counter(let frameIndex): noise.fill(frameIndex: frameIndex, step: draw, binCount: binCount, into: z)
    case .explicit(let rows): copy(rows + draw * 2 * binCount, to: z, count: 2 * binCount)
    }
    draw += 1
  }

  /// Steps and lanes that come into use after missed frames take over the state nearest to them.
  private mutating func bringStatesUpToDate() {
    let batch = classifierFreeGuidance.batch
    let hasCorrector = schedule.corrector != nil
    if currentBatch == 1 && batch == 2 {
      for n in 0..<currentSteps {
        predictor.startUnconditionalLane(slot: n)
        if hasCorrector { predictor.startUnconditionalLane(slot: maximumSteps + n) }
      }
    }
    if currentSteps > 0 {
      var n = currentSteps
      while n < steps {
        predictor.copySlot(from: n - 1, to: n)
        if hasCorrector { predictor.copySlot(from: maximumSteps + n - 1, to: maximumSteps + n) }
        n += 1
      }
    }
    currentSteps = steps
    currentBatch = batch
  }
}
