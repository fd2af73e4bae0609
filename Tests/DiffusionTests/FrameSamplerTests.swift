import Glibc
import Ground
import Testing

@testable import Diffusion

@Suite struct FrameSamplerTests {
  static let bins = 12
  let y = (0..<24).map { Float(sin(Double($0)) * 0.4) }
  static let kinds: [SamplerKind] = [
    .fewStep(eta: 0), .fewStep(eta: 0.5), .reverseDiffusion, .predictorCorrector(snr: 0.5), .probabilityFlow,
  ]

  static func toy(
    _ kind: SamplerKind = .fewStep(eta: 0.5), maximumSteps: Int = 4, seed: UInt64 = 3,
    finalStep: FinalStep = .posteriorMean
  ) -> FrameSampler<LinearToy> {
    let times = FrameSampler<LinearToy>.slotTimes(kind: kind, maximumSteps: maximumSteps, grid: .standard)
    return FrameSampler(
      predictor: LinearToy(times: times, binCount: bins), kind: kind, maximumSteps: maximumSteps, seed: seed,
      binCount: bins, finalStep: finalStep)
  }

  static func recorder(_ kind: SamplerKind, maximumSteps: Int = 4) -> FrameSampler<Recorder> {
    FrameSampler(
      predictor: Recorder(binCount: bins), kind: kind, maximumSteps: maximumSteps, seed: 3, binCount: bins)
  }

  // MARK: - Evaluations, slots, lanes

  @Test func `Slot times are the grid's, twice with the corrector`() {
    let times = Array(TimeGrid.standard.first(3))
    #expect(
      FrameSampler<Recorder>.slotTimes(kind: .reverseDiffusion, maximumSteps: 3, grid: .standard) == times)
    #expect(
      FrameSampler<Recorder>.slotTimes(kind: .predictorCorrector(snr: 0.5), maximumSteps: 3, grid: .standard)
        == times + times)
  }

  @Test(arguments: kinds, [1, 2, 4]) func `One evaluation a step, one more with the corrector`(
    kind: SamplerKind, steps: Int
  ) {
    var sampler = Self.recorder(kind)
    sampler.steps = steps
    var output = y
    for guidance: Float in [1, 1.5] {
      sampler.predictor.calls = []
      sampler.guidance = guidance
      sampler.enhance(noisy: y, frameIndex: 0, into: &output)
      let batch = guidance == 1 ? 1 : 2
      let expected = (0..<steps).flatMap { n -> [Recorder.Call] in
        let predictor = Recorder.Call.predict(slot: n, batch: batch)
        guard case .predictorCorrector = kind else { return [predictor] }
        return [.predict(slot: 4 + n, batch: batch), predictor]
      }
      let predictions = sampler.predictor.calls.filter {
        if case .predict = $0 { true } else { false }
      }
      #expect(predictions == expected)
      #expect(predictions.count == kind.evaluations(steps: steps))
    }
  }

  @Test func `Guidance is unconditional plus w times the difference`() {
    for (w, factor): (Float, Float) in [(1, 0.5), (0, 0.25), (1.5, 0.625), (2, 0.75), (-1, 0)] {
      var sampler = Self.recorder(.fewStep(eta: 0), maximumSteps: 1)
      sampler.guidance = w
      var output = [Float](repeating: .nan, count: 24)
      sampler.enhance(noisy: y, frameIndex: 0, into: &output)
      // The weights 0 and 1 are the lanes themselves; others round once or twice more than the product.
      let bound: Float = w == 0 || w == 1 ? 0 : 1e-7
      #expect(zip(output, y).allSatisfy { abs($0 - factor * $1) <= bound }, "w = \(w)")
    }
  }

  @Test func `One step is the estimate at the first time from y plus noise`() {
    var sampler = Self.recorder(.fewStep(eta: 0), maximumSteps: 1)
    var output = y
    sampler.enhance(noisy: y, frameIndex: 7, into: &output)
    var z = [Float](repeating: 0, count: 24)
    CounterNoise(seed: 3).fill(frameIndex: 7, step: 0, binCount: Self.bins, into: &z)
    let sigma = Float(OrnsteinUhlenbeckSDE().marginalDeviation(at: 1))
    #expect(sampler.predictor.lastState == zip(y, z).map { $0 + sigma * $1 })
    #expect(output == y.map { 0.5 * $0 })
  }

  private static let withoutCorrector = kinds.filter { if case .predictorCorrector = $0 { false } else { true } }

  @Test(arguments: withoutCorrector) func `At one step all kinds without corrector are the same`(kind: SamplerKind) {
    func run(_ kind: SamplerKind) -> [Float] {
      var sampler = Self.toy(kind, maximumSteps: 1)
      var output = y
      sampler.enhance(noisy: y, frameIndex: 0, into: &output)
      return output
    }
    #expect(run(kind) == run(.fewStep(eta: 0)))
  }

  // MARK: - Noise

  @Test(arguments: kinds, [1, 2, 4]) func `Seeded noise equals the same noise given explicitly, to the bit`(
    kind: SamplerKind, steps: Int
  ) {
    var seeded = Self.toy(kind)
    var explicit = Self.toy(kind, seed: 99)
    seeded.steps = steps
    explicit.steps = steps
    for frame in 0..<3 {
      var (a, b) = ([Float](repeating: .nan, count: 24), [Float](repeating: .nan, count: 24))
      // Exactly the rows that are documented: one past them would read outside.
      var rows = [Float](repeating: .nan, count: kind.noiseCount(steps: steps) * 24)
      for row in 0..<kind.noiseCount(steps: steps) {
        rows.withUnsafeMutableBufferPointer {
          CounterNoise(seed: 3).fill(
            frameIndex: frame, step: row, binCount: Self.bins, into: $0.baseAddress! + row * 24)
        }
      }
      #expect(seeded.enhance(noisy: y, frameIndex: frame, into: &a))
      #expect(rows.withUnsafeBufferPointer { explicit.enhance(noisy: y, explicitNoise: $0, into: &b) })
      #expect(a == b)
    }
  }

  @Test(arguments: kinds) func `The same seed repeats to the bit and another differs`(kind: SamplerKind) {
    func run(_ seed: UInt64) -> [Float] {
      var sampler = Self.toy(kind, seed: seed)
      var output = [Float](repeating: .nan, count: 24)
      return (0..<4).flatMap { frame in
        sampler.enhance(noisy: y, frameIndex: frame, into: &output)
        return output
      }
    }
    #expect(run(3) == run(3))
    #expect(run(3) != run(4))
  }

  @Test func `Without memory in the predictor the order of the frames does not matter`() {
    func run(_ order: [Int]) -> [[Float]] {
      let times = TimeGrid.standard.times
      var sampler = FrameSampler(
        predictor: GaussianPosterior(times: times, binCount: Self.bins), kind: .fewStep(eta: 1),
        maximumSteps: 4,
        binCount: Self.bins)
      var outputs = [[Float]](repeating: y, count: order.count)
      for frame in order { sampler.enhance(noisy: y, frameIndex: frame, into: &outputs[frame]) }
      return outputs
    }
    #expect(run([0, 1, 2, 3]) == run([2, 0, 3, 1]))
  }

  // MARK: - State over frames

  @Test(arguments: kinds) func `After reset a run repeats`(kind: SamplerKind) {
    var sampler = Self.toy(kind)
    var (first, second) = (y, y)
    for frame in 0..<3 { sampler.enhance(noisy: y, frameIndex: frame, into: &first) }
    sampler.reset()
    for frame in 0..<3 { sampler.enhance(noisy: y, frameIndex: frame, into: &second) }
    #expect(first == second)
  }

  @Test func `New steps take over the state of the last one in use`() {
    var sampler = Self.recorder(.predictorCorrector(snr: 0.5))
    var output = y
    sampler.steps = 2
    sampler.enhance(noisy: y, frameIndex: 0, into: &output)
    sampler.predictor.calls = []
    sampler.steps = 4
    sampler.enhance(noisy: y, frameIndex: 1, into: &output)
    #expect(
      Array(sampler.predictor.calls.prefix(5)) == [
        .copy(from: 1, to: 2), .copy(from: 5, to: 6), .copy(from: 2, to: 3), .copy(from: 6, to: 7),
        .predict(slot: 4, batch: 1),
      ])
    sampler.predictor.calls = []
    sampler.steps = 1
    sampler.enhance(noisy: y, frameIndex: 2, into: &output)
    #expect(sampler.predictor.calls == [.predict(slot: 4, batch: 1), .predict(slot: 0, batch: 1)])
  }

  @Test func `Guidance coming into use starts the unconditional lane of the steps in use`() {
    var sampler = Self.recorder(.fewStep(eta: 0))
    var output = y
    sampler.steps = 2
    sampler.enhance(noisy: y, frameIndex: 0, into: &output)
    sampler.predictor.calls = []
    sampler.guidance = 2
    sampler.steps = 3
    sampler.enhance(noisy: y, frameIndex: 1, into: &output)
    sampler.guidance = 3
    sampler.enhance(noisy: y, frameIndex: 2, into: &output)
    #expect(
      sampler.predictor.calls == [
        .startLane(0), .startLane(1), .copy(from: 1, to: 2), .predict(slot: 0, batch: 2),
        .predict(slot: 1, batch: 2), .predict(slot: 2, batch: 2), .predict(slot: 0, batch: 2),
        .predict(slot: 1, batch: 2), .predict(slot: 2, batch: 2),
      ])
  }

  @Test func `The first frame copies nothing, nor does the first after reset`() {
    var sampler = Self.recorder(.fewStep(eta: 0))
    var output = y
    sampler.guidance = 1.5
    sampler.steps = 1
    sampler.enhance(noisy: y, frameIndex: 0, into: &output)
    sampler.reset()
    sampler.steps = 2
    sampler.enhance(noisy: y, frameIndex: 1, into: &output)
    #expect(
      sampler.predictor.calls == [
        .predict(slot: 0, batch: 2), .reset, .predict(slot: 0, batch: 2), .predict(slot: 1, batch: 2),
      ])
  }

  // MARK: - Buffers and bad values

  @Test(arguments: kinds) func `Output may be the input, and its old content does not matter`(
    kind: SamplerKind
  ) {
    for finalStep in [FinalStep.posteriorMean, .euler] {
      for guidance: Float in [1, 1.5] {
        var apart = Self.toy(kind, finalStep: finalStep)
        var together = Self.toy(kind, finalStep: finalStep)
        apart.guidance = guidance
        together.guidance = guidance
        var output = [Float](repeating: .nan, count: 24)
        var inPlace = y
        apart.enhance(noisy: y, frameIndex: 0, into: &output)
        inPlace.withUnsafeMutableBufferPointer {
          _ = together.enhance(noisy: $0.baseAddress!, frameIndex: 0, into: $0.baseAddress!)
        }
        #expect(output == inPlace)
      }
    }
  }

  @Test(arguments: kinds, [Float.nan, .infinity, -.infinity])
  func `An estimate that is not finite gives the noisy frame and false`(kind: SamplerKind, value: Float) {
    var sampler = Self.recorder(kind)
    sampler.predictor.value = value
    var output = [Float](repeating: 7, count: 24)
    #expect(sampler.enhance(noisy: y, frameIndex: 0, into: &output) == false)
    #expect(output == y)
    #expect(sampler.predictor.calls.count == 1, "the frame ends at the first bad estimate")
    sampler.reset()
    sampler.predictor.value = nil
    #expect(sampler.enhance(noisy: y, frameIndex: 1, into: &output))
    #expect(output == y.map { 0.5 * $0 })
  }

  @Test func `A result that overflows in the last Euler step gives the noisy frame and false`() {
    var sampler = FrameSampler(
      predictor: Recorder(binCount: Self.bins), kind: .reverseDiffusion, maximumSteps: 1, binCount: Self.bins,
      finalStep: .euler)
    sampler.predictor.value = .greatestFiniteMagnitude
    var output = [Float](repeating: 7, count: 24)
    #expect(sampler.enhance(noisy: y, frameIndex: 0, into: &output) == false)
    #expect(output == y)
  }

  @Test func `One bad value anywhere is found`() {
    var values = [Float](repeating: 1, count: 37)
    #expect(allFinite(values, count: 37))
    for i in 0..<37 {
      for bad: Float in [.nan, .infinity, -.infinity, .signalingNaN] {
        values[i] = bad
        #expect(!allFinite(values, count: 37))
      }
      values[i] = i % 2 == 0 ? .greatestFiniteMagnitude : .leastNonzeroMagnitude
      #expect(allFinite(values, count: 37))
    }
  }

  // MARK: - Callers' mistakes

  @Test func `Mistakes of the caller stop with the rule`() async {
    await #expect(processExitsWith: .failure) { _ = FrameSamplerTests.toy(maximumSteps: 0) }
    await #expect(processExitsWith: .failure) {
      _ = FrameSamplerTests.recorder(.reverseDiffusion, maximumSteps: 9)
    }
    await #expect(processExitsWith: .failure) { _ = FrameSamplerTests.recorder(.fewStep(eta: 1.1)) }
    await #expect(processExitsWith: .failure) { _ = FrameSamplerTests.recorder(.fewStep(eta: -0.1)) }
    await #expect(processExitsWith: .failure) { _ = FrameSamplerTests.recorder(.predictorCorrector(snr: 0)) }
    await #expect(processExitsWith: .failure) {
      var sampler = FrameSamplerTests.recorder(.reverseDiffusion)
      sampler.steps = 5
    }
    await #expect(processExitsWith: .failure) {
      var sampler = FrameSamplerTests.recorder(.reverseDiffusion)
      sampler.guidance = .nan
    }
  }

  // MARK: - Frames cut short, steps that warm up

  @Test(arguments: kinds) func `A frame that is cut short is a frame of fewer steps`(kind: SamplerKind) {
    var cut = Self.toy(kind)
    var few = Self.toy(kind)
    few.steps = 2
    var a = y
    var b = y
    var asked: [Int] = []
    cut.enhance(
      noisy: y, frameIndex: 3, into: &a,
      goesOn: { done in
        asked.append(done)
        return done < 2
      })
    few.enhance(noisy: y, frameIndex: 3, into: &b)
    #expect(a == b)
    #expect(asked == [1, 2])
    #expect(cut.stepsRun == 2)
    // The steps left out are out of use: both go on alike.
    for frame in 4..<8 {
      few.steps = 4
      cut.enhance(noisy: y, frameIndex: frame, into: &a)
      few.enhance(noisy: y, frameIndex: frame, into: &b)
      #expect(a == b)
    }
  }

  @Test func `Steps that come into use run unheard until they are warm`() {
    var warming = Self.toy()
    var few = Self.toy()
    var full = Self.toy()
    warming.warmUpFrames = 3
    var a = y
    var b = y
    var c = y
    for frame in 0..<12 {
      warming.steps = frame == 5 ? 2 : 4
      few.steps = frame < 5 ? 4 : 2
      full.steps = frame == 5 ? 2 : 4
      warming.enhance(noisy: y, frameIndex: frame, into: &a)
      few.enhance(noisy: y, frameIndex: frame, into: &b)
      full.enhance(noisy: y, frameIndex: frame, into: &c)
      switch frame {
      case 6..<9:
        #expect(a == b, "frame \(frame): the two warm steps are heard")
        #expect(a != c)
        #expect((warming.stepsRun, warming.stepsHeard) == (4, 2))
      default:
        #expect(a == c, "frame \(frame)")
        #expect(warming.stepsHeard == warming.steps)
      }
    }
  }
}
