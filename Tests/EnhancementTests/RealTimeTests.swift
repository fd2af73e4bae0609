#if canImport(HeapCounter)
  import Foundation
  import HeapCounter
  import NeuralLayers
  import Testing

  @testable import Enhancement

  @Suite struct RealTimeTests {
    @Test func `the counter sees an array grow`() {
      var array: [Int] = []
      let before = heap_call_count()
      for n in 0..<100 { array.append(n) }
      let after = heap_call_count()
      #expect(after > before)
      #expect(array.count == 100)
    }

    /// Changes of settings, new noise tokens and the statistics' counting included. The encoder runs beside it, as it does
    /// live; run by `process` it makes no heap call either in an optimised build, but some in an unoptimised one.
    @Test(arguments: EnhancementSettings.Method.allCases, [(16000, 160), (48000, 512), (44100, 127)])
    func `a thousand frames make no heap call`(method: EnhancementSettings.Method, stream: (Int, Int)) throws {
      try expectNoHeapCall(method, try tinyModel(), stream)
    }

    @Test(.enabled(if: EnhancementModel.Precision.bfloat16.isSupported, "this processor has no AVX512_BF16"))
    func `a thousand frames in bfloat16 make no heap call`() throws {
      let model = try EnhancementModel(path: fixture("tiny.safetensors").path, precision: .bfloat16)
      try expectNoHeapCall(.score, model, (48000, 512))
    }

    @Test func `a thousand frames of two networks, now and then of one, make no heap call`() throws {
      try expectNoHeapCall(.score, try EnhancementModel(mean: try tinyModel(), try tinyModel()), (48000, 512))
    }

    @Test(arguments: [(16000, 160), (48000, 512), (44100, 127)])
    func `a thousand frames of two passes, now and then of one, make no heap call`(stream: (Int, Int)) throws {
      try expectNoHeapCall(.score, try EnhancementModel(mean: try tinyModel(), try tinyModel()), stream, passes: 2)
    }

    private func expectNoHeapCall(
      _ method: EnhancementSettings.Method, _ model: EnhancementModel, _ stream: (Int, Int), passes: Int = 1
    ) throws {
      let (rate, block) = stream
      var settings = EnhancementSettings()
      settings.method = method
      settings.maximumSteps = 2
      settings.passes = passes
      let service = NoiseEncodingService(model: model, wake: {}, pause: {})
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate, service: service)
      let noise = whiteNoise(block)
      var samples = noise
      let rounds = rate * 10 / block
      let warmUp = rate * 2 / block
      let choices = EnhancementSettings.Networks.allCases
      let shares: [EnhancementSettings.SecondPassShare] = [.whole, .light, .none]
      var heapCalls: UInt = 0
      samples.withUnsafeMutableBufferPointer { memory in
        for round in 0..<warmUp + rounds {
          service.runPending()
          let before = heap_call_count()
          settings.bypass = round % 100 > 90
          settings.steps = 1 + round / 50 % 2
          settings.networks = choices[round / 60 % 3]
          settings.secondPass = shares[round / 80 % 3]
          settings.guidance = round / 70 % 2 == 0 ? 1 : 1.5
          try? enhancer.update(settings)
          enhancer.process(UnsafeBufferPointer(memory), into: memory)
          let after = heap_call_count()
          if round >= warmUp { heapCalls += after - before }
          // Not its own output: a random network in a loop with itself grows without limit.
          for n in 0..<block { memory[n] = round % 100 < 50 ? noise[n] : 0.1 * Float(n % 7 - 3) }
        }
      }
      #expect(heapCalls == 0)
      #expect(enhancer.statistics.frames >= 1000)
      if method == .score { #expect(enhancer.statistics.referenceRefreshes > 10) }
    }
  }
#endif
