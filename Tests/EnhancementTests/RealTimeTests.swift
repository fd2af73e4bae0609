#if canImport(HeapCounter)
  import HeapCounter
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

    /// Refreshes of the noise tokens, changes of settings and the statistics' counting included.
    @Test(arguments: EnhancementSettings.Method.allCases, [(16000, 160), (48000, 512), (44100, 127)])
    func `a thousand frames make no heap call`(method: EnhancementSettings.Method, stream: (Int, Int)) throws {
      let (rate, block) = stream
      var settings = EnhancementSettings()
      settings.method = method
      settings.maximumSteps = 2
      var enhancer = try StreamingEnhancer(model: try tinyModel(), settings: settings, sampleRate: rate)
      var samples = whiteNoise(block)
      let rounds = rate * 10 / block
      let warmUp = rate * 2 / block
      var before: UInt = 0
      samples.withUnsafeMutableBufferPointer { memory in
        for round in 0..<warmUp + rounds {
          if round == warmUp { before = heap_call_count() }
          settings.bypass = round % 100 > 90
          settings.steps = 1 + round / 50 % 2
          settings.guidance = round / 70 % 2 == 0 ? 1 : 1.5
          try? enhancer.update(settings)
          enhancer.process(UnsafeBufferPointer(memory), into: memory)
          if round % 100 == 0 { for n in 0..<block { memory[n] = 0.1 * Float(n % 7 - 3) } }
        }
      }
      let after = heap_call_count()
      #expect(after == before)
      #expect(enhancer.statistics.frames >= 1000)
    }
  }
#endif
