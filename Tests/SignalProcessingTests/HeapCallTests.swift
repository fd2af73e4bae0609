#if canImport(HeapCounter)
  import HeapCounter
  import SignalProcessing
  import Testing
  import TestSupport

  @Suite struct HeapCallTests {
    @Test func `the counter sees an array grow`() {
      var array: [Int] = []
      let before = heap_call_count()
      for n in 0..<100 { array.append(n) }
      let after = heap_call_count()
      #expect(after > before)
      #expect(array.count == 100)
    }

    @Test func `a thousand frames through every stage make no heap call`() throws {
      var down = try Resampler(from: 44_100, to: 16_000)
      var up = try Resampler(from: 16_000, to: 44_100)
      var fifo = SampleFIFO(capacity: 4096)
      var analysis = STFTAnalysis()
      var synthesis = STFTSynthesis()
      var wiener = WienerGain()
      var level = LevelGain()
      let input = UnsafeMutableBufferPointer<Float>.allocate(capacity: 441)
      let model = UnsafeMutableBufferPointer<Float>.allocate(capacity: 512)
      let output = UnsafeMutableBufferPointer<Float>.allocate(capacity: 1024)
      let bins = UnsafeMutablePointer<Float>.allocate(capacity: 322)
      defer {
        input.deallocate()
        model.deallocate()
        output.deallocate()
        bins.deallocate()
      }
      var noise = SplitMix(19)
      for n in 0..<441 { input[n] = 0.1 * noise.sample() }
      var counts: (before: UInt, after: UInt) = (0, 0)
      var produced = 0
      for round in 0..<1010 {
        if round == 10 { counts.before = heap_call_count() }  // after a warm-up
        let there = down.process(UnsafeBufferPointer(input), into: model)
        fifo.write(model.baseAddress!, count: there.produced)
        while fifo.count >= 160 {
          fifo.read(into: model.baseAddress!, count: 160)
          analysis.push(model.baseAddress!)
          let gain = level.gain
          level.update(energy: analysis.energy)
          wiener.push(bins: analysis.bins, into: bins)
          AmplitudeCompression.standard.compress(bins, gain: gain, count: 161, into: bins)
          AmplitudeCompression.standard.expand(bins, gain: gain, count: 161, into: bins)
          synthesis.push(bins, into: model.baseAddress!)
          produced +=
            up.process(UnsafeBufferPointer(start: model.baseAddress!, count: 160), into: output).produced
        }
        if round % 100 == 0 {
          down.reset()
          up.reset()
          wiener.reset()
        }
      }
      counts.after = heap_call_count()
      #expect(counts.after == counts.before)
      #expect(produced > 400_000)
    }
  }
#endif
