#if canImport(HeapCounter)
  import HeapCounter
  import Testing

  @testable import Diffusion

  /// What runs every frame makes no heap call, whatever the kind, the steps and the guidance, also where they change.
  @Suite struct HeapCallTests {
    @Test(arguments: SamplerStatisticsTests.kinds)
    func `A thousand frames make no heap call`(kind: SamplerKind) {
      let times = FrameSampler<LinearToy>.slotTimes(kind: kind, maximumSteps: 4, grid: .standard)
      let y = UnsafeMutablePointer<Float>.allocate(capacity: 32)
      let output = UnsafeMutablePointer<Float>.allocate(capacity: 32)
      defer {
        y.deallocate()
        output.deallocate()
      }
      y.initialize(repeating: 0.1, count: 32)
      for finalStep in [FinalStep.posteriorMean, .euler] {
        var sampler = FrameSampler(
          predictor: LinearToy(times: times, binCount: 16), kind: kind, maximumSteps: 4, binCount: 16,
          finalStep: finalStep)
        var (before, finite): (UInt, Int) = (0, 0)
        for frame in 0..<1010 {
          if frame == 10 { before = heap_call_count() }  // after a warm-up
          sampler.steps = 1 + frame % 4
          sampler.guidance = frame % 3 == 0 ? 1 : 1.5
          if sampler.enhance(noisy: y, frameIndex: frame, into: output) { finite += 1 }
          if frame % 100 == 0 { sampler.reset() }
        }
        let calls = heap_call_count() - before
        #expect(calls == 0)
        #expect(finite == 1010)
      }
    }

    @Test func `The counter sees an array grow`() {
      var array: [Int] = []
      let before = heap_call_count()
      for n in 0..<100 { array.append(n) }
      let after = heap_call_count()
      #expect(after > before)
      #expect(array.count == 100)
    }
  }
#endif
