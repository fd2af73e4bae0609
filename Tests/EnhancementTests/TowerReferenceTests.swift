import Foundation
import SignalProcessing
import Testing

#if canImport(HeapCounter)
  import HeapCounter
#endif

@testable import Enhancement

/// The reference as sound, for noise encoders that are pre-trained towers.
@Suite struct TowerReferenceTests {
  /// A model of random weights with a small tower in it.
  static func towerModel(_ name: String) throws -> EnhancementModel {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try EnhancementModel(
      path: tests.appending(path: "ScoreModelTests/Fixtures/tiny-\(name).safetensors").path)
  }

  /// The reference's sound after the frames of a signal for which `isTaken` holds.
  private func sound(_ x: [Float], gain: Float = 1, isTaken: (Int) -> Bool = { _ in true }) -> [Float] {
    var analysis = STFTAnalysis()
    var reference = NoiseReference(format: .standard, keepsSamples: true)
    x.withUnsafeBufferPointer { x in
      for frame in 0..<x.count / 160 {
        analysis.push(x.baseAddress! + frame * 160)
        if isTaken(frame) {
          let wasTaken = reference.push(bins: analysis.bins, windowedSamples: analysis.windowedSamples)
          #expect(wasTaken)
        }
      }
    }
    return overlapAdded(reference, gain: gain)
  }

  private func overlapAdded(_ reference: borrowing NoiseReference, gain: Float) -> [Float] {
    var output = [Float](repeating: .nan, count: 200 * 160)
    let hops = reference.overlapAdded(gain: gain, into: &output)
    let count = reference.count
    #expect(hops == max(0, count - 1))
    return Array(output[..<(hops * 160)])
  }

  @Test(arguments: [2, 30, 200, 201, 399, 450]) func `frames in a row give the signal itself, the newest two seconds`(
    frames: Int
  ) {
    let x = whiteNoise(frames * 160)
    let y = sound(x, gain: 0.5)
    // Frame k holds the hops k − 1 and k; the last hop is in one frame only.
    let expected = x.dropLast(160).suffix(y.count)
    #expect(y.count == (min(frames, 200) - 1) * 160)
    #expect(zip(y, expected).allSatisfy { abs($0 - 0.5 * $1) < 1e-6 })
  }

  @Test func `where frames are missing the sound before them fades into the sound after them`() {
    let x = whiteNoise(40 * 160)
    let y = sound(x) { !(10..<25).contains($0) }
    // Frames 0…9, then 25…: hop 9 of the result is made of the end of frame 9 and the beginning of frame 25.
    for n in 0..<160 {
      let rise = Float(pow(sin(Double.pi * Double(n) / 320), 2))
      #expect(abs(y[8 * 160 + n] - x[8 * 160 + n]) < 1e-6)
      #expect(abs(y[9 * 160 + n] - ((1 - rise) * x[9 * 160 + n] + rise * x[24 * 160 + n])) < 1e-6)
      #expect(abs(y[10 * 160 + n] - x[25 * 160 + n]) < 1e-6)
    }
  }

  @Test func `a profile's magnitudes give noise of their level and colour`() throws {
    var x = whiteNoise(220 * 160)
    for n in 1..<x.count { x[n] += 0.9 * x[n - 1] }  // 25 dB from 0 to 8 kHz
    var analysis = STFTAnalysis()
    var reference = NoiseReference(format: .standard, keepsSamples: true)
    var before = [Float](repeating: 0, count: 160)
    x.withUnsafeBufferPointer { x in
      for frame in 0..<220 {
        analysis.push(x.baseAddress! + frame * 160)
        let magnitudes = (0..<160).map {
          (analysis.bins[2 * $0] * analysis.bins[2 * $0] + analysis.bins[2 * $0 + 1] * analysis.bins[2 * $0 + 1])
            .squareRoot()
        }
        reference.append(magnitudes: magnitudes)
        if frame >= 20 { for k in 0..<160 { before[k] += magnitudes[k] * magnitudes[k] } }
      }
    }
    let y = overlapAdded(reference, gain: 1)
    var after = [Float](repeating: 0, count: 160)
    var again = STFTAnalysis()
    y.withUnsafeBufferPointer { y in
      for frame in 0..<199 {
        again.push(y.baseAddress! + frame * 160)
        for k in 0..<160 {
          after[k] += again.bins[2 * k] * again.bins[2 * k] + again.bins[2 * k + 1] * again.bins[2 * k + 1]
        }
      }
    }
    for band in stride(from: 0, to: 160, by: 20) {
      let ratio = after[band..<band + 20].reduce(0, +) / before[band..<band + 20].reduce(0, +)
      #expect(abs(10 * log10(ratio)) < 0.5, "band \(band): \(10 * log10(ratio)) dB")
    }
  }

  @Test(arguments: ["clap", "panns"]) func `tokens of a tower take effect 0.9 s after their reference, every second`(
    name: String
  ) throws {
    var settings = EnhancementSettings()
    settings.noiseSelection = .spp  // calls white noise noise
    let x = whiteNoise(16000 * 4)
    func play(_ profile: NoiseProfile? = nil) throws -> (samples: [Float], EnhancementStatistics) {
      var enhancer = try StreamingEnhancer(
        model: try Self.towerModel(name), settings: settings, sampleRate: 16000)
      if let profile {
        try enhancer.setNoiseProfile(profile)
        enhancer.freezeNoiseReference(true)
      }
      var y = x
      y.withUnsafeMutableBufferPointer { enhancer.process(UnsafeBufferPointer($0), into: $0) }
      return (y, enhancer.statistics)
    }
    let profile = try NoiseProfile(
      magnitudes: (0..<200 * 160).map { 0.5 + 0.4 * Float(sin(Double($0) * 0.37)) })
    let (plain, statistics) = try play()
    let (profiled, others) = try play(profile)
    #expect(plain.allSatisfy { $0.isFinite } && profiled.allSatisfy { $0.isFinite })
    #expect(others.referenceRefreshes == 5)  // before the first frame, at 90, 190, 290 and 390
    #expect(statistics.referenceRefreshes == 3)  // at 190, 290 and 390; by frame 0 nothing was heard
    #expect(plain != profiled, "the tokens reach the network")
  }

  @Test(arguments: ["clap", "panns"]) func `every way of cutting the signal into blocks gives the same output`(
    name: String
  ) throws {
    var settings = EnhancementSettings()
    settings.noiseSelection = .spp
    let x = whiteNoise(48000 * 4)
    let model = try Self.towerModel(name)
    func play(_ block: Int) throws -> [Float] {
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: 48000)
      var y = x
      var done = 0
      while done < y.count {
        let count = min(block, y.count - done)
        y.withUnsafeMutableBufferPointer {
          let part = UnsafeMutableBufferPointer(rebasing: $0[done..<done + count])
          enhancer.process(UnsafeBufferPointer(part), into: part)
        }
        done += count
      }
      return y
    }
    let whole = try play(x.count)
    #expect(try play(4801) == whole)
  }

  #if canImport(HeapCounter)
    /// The tower runs beside it, as it does live.
    @Test func `frames make no heap call where a tower listens`() throws {
      var settings = EnhancementSettings()
      settings.noiseSelection = .spp
      let model = try Self.towerModel("clap")
      let service = NoiseEncodingService(model: model, wake: {}, pause: {})
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: 16000, service: service)
      let noise = whiteNoise(160 * 800)
      var block = [Float](repeating: 0, count: 160)
      var heapCalls: UInt = 0
      block.withUnsafeMutableBufferPointer { block in
        for frame in 0..<800 {
          service.runPending()
          for n in 0..<160 { block[n] = noise[frame * 160 + n] }
          let before = heap_call_count()
          enhancer.process(UnsafeBufferPointer(block), into: block)
          let after = heap_call_count()
          if frame >= 10 { heapCalls += after - before }
        }
      }
      #expect(heapCalls == 0)
      #expect(enhancer.statistics.referenceRefreshes == 7)
    }
  #endif
}
