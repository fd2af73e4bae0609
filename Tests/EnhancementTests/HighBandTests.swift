import Foundation
import SignalProcessing
import Testing
import TestSupport

@testable import Enhancement

@Suite struct HighBandTests {
  static let rates = [32000, 44100, 48000, 88200, 96000, 176_400, 192_000]

  /// With the network that gives its input back, the model's band and the one above it are the delayed input.
  @Test(arguments: rates, [(3, 1), (5, 1), (0, 2), (3, 2), (5, 2), (10, 2)])
  func `both bands together are the delayed input`(rate: Int, way: (quality: Int, passes: Int)) throws {
    var settings = EnhancementSettings()
    settings.resamplerQuality = way.quality
    settings.passes = way.passes
    let input = whiteNoise(rate / 2, amplitude: 0.2)
    var chain = try makeChain(rate: rate, settings: settings)
    let output = run(&chain, input, .random(4))
    let latency = chain.latency.samples
    #expect(Double(latency) == chain.latency.exact, "the delay is whole")
    // The filters of quality 0 leave more of the band's edge to neither.
    let bound = way.quality < 3 ? -40.0 : -60
    #expect(
      differenceInDecibels(input[(rate / 10)..<(input.count - latency)], output[(rate / 10 + latency)...]) < bound)
  }

  /// The same of each third of an octave, for errors in a corner of the spectrum.
  @Test(arguments: [44100, 48000]) func `tones of every frequency come through`(rate: Int) throws {
    for frequency in stride(from: 500.0, to: Double(rate) / 2 - 500, by: 700) {
      let input = (0..<rate / 2).map { Float(0.2 * sin(2 * Double.pi * frequency * Double($0) / Double(rate))) }
      var chain = try makeChain(rate: rate)
      let output = run(&chain, input)
      let latency = chain.latency.samples
      let difference = differenceInDecibels(
        input[(rate / 10)..<(input.count - latency)], output[(rate / 10 + latency)...])
      #expect(difference < -50, "\(frequency) Hz: \(difference) dB")
    }
  }

  /// Speech in one sub-band alone: its gain is open, that far from it is the floor, and no bin's gain leaps from the last.
  @Test func `gains of sub-bands go over into each other`() throws {
    var gain = HighBandGain(sampleRate: 48000, binCount: 481, format: .standard)
    func frame(noisy: Float, enhanced: Float, loud: Float, isNoise: Bool) -> [Float] {
      let before = [Float](repeating: noisy, count: 322)
      let after = [Float](repeating: enhanced, count: 322)
      let input = (0..<962).map { (180..<220).contains($0 / 2) ? loud : 1 }  // 9 to 11 kHz
      var bins = input
      bins.withUnsafeMutableBufferPointer {
        gain.apply(to: $0.baseAddress!, noisy: before, enhanced: after, isNoise: isNoise)
      }
      for k in 0..<481 { #expect(bins[2 * k] * input[2 * k + 1] == bins[2 * k + 1] * input[2 * k], "a real gain") }
      return (0..<481).map { bins[2 * $0] / input[2 * $0] }
    }
    for _ in 0..<200 { _ = frame(noisy: 1, enhanced: 0.1, loud: 1, isNoise: true) }
    let gains = frame(noisy: 30, enhanced: 30, loud: 30, isNoise: false)
    #expect(gains[200] > 0.9 && abs(gains[0] - 0.1) < 0.01 && abs(gains[480] - 0.1) < 0.01)
    for k in 1..<481 { #expect(abs(gains[k] - gains[k - 1]) < 0.05, "bin \(k)") }
  }

  @Test func `at 48 kHz and 16 kHz it costs no latency`() throws {
    for rate in [16000, 48000] {
      var latencies: [Int] = []
      for band in EnhancementSettings.Band.allCases {
        var settings = EnhancementSettings()
        settings.band = band
        latencies.append(try makeChain(rate: rate, settings: settings).latency.samples)
      }
      #expect(latencies[0] == latencies[1])
    }
  }

  @Test func `wide leaves it out, and at 16 kHz there is nothing to leave out`() throws {
    var wide = EnhancementSettings()
    wide.band = .wide
    let tone = (0..<24000).map { Float(0.2 * sin(2 * Double.pi * 12000 * Double($0) / 48000)) }
    var full = try makeChain(rate: 48000)
    var narrow = try makeChain(rate: 48000, settings: wide)
    let kept = run(&full, tone)
    let left = run(&narrow, tone)
    #expect(level(kept[6000...]) > level(tone[6000...]) - 0.1)
    #expect(level(left[6000...]) < level(tone[6000...]) - 60)
    let voice = voiceLike(16000, rate: 16000)
    var a = try makeChain(.memory)
    var b = try makeChain(.memory, settings: wide)
    #expect(bits(run(&a, voice)) == bits(run(&b, voice)))
  }

  /// Noise of the whole band with bursts of 4–16 kHz, shaped as fricatives; the model stands for a network that takes
  /// 15 dB off the noise and keeps the bursts.
  @Test(arguments: [44100, 48000, 96000]) func `fricatives stay and noise falls as it does below`(rate: Int) throws {
    let scene = Fricatives(rate: rate)
    var chain = try gatedChain(rate: rate, burstLevel: scene.burstLevel)
    let output = run(&chain, scene.sum)
    let latency = chain.latency.samples
    let highNoise = bandLevels(scene.noise, rate: rate, 8500..<15500)
    let highOutput = bandLevels(Array(output.dropFirst(latency)), rate: rate, 8500..<15500)
    let highBurst = bandLevels(scene.sum, rate: rate, 8500..<15500)
    let lowNoise = bandLevels(scene.noise, rate: rate, 4000..<7000)
    let lowOutput = bandLevels(Array(output.dropFirst(latency)), rate: rate, 4000..<7000)
    var lowDrop: [Double] = []
    var highDrop: [Double] = []
    var burstLoss: [Double] = []
    var onsetLoss: [Double] = []
    for frame in 200..<min(highOutput.count, scene.isBurst.count) - 20 {
      // Frames of noise alone, 300 ms after a burst; and frames in the middle of a burst, or a hop after its start.
      if (0..<30).allSatisfy({ !scene.isBurst[frame - $0] }) && !scene.isBurst[frame + 1] {
        lowDrop.append(lowNoise[frame] - lowOutput[frame])
        highDrop.append(highNoise[frame] - highOutput[frame])
      }
      if (-1...1).allSatisfy({ scene.isBurst[frame + $0] }) { burstLoss.append(highBurst[frame] - highOutput[frame]) }
      if scene.isBurst[frame], !scene.isBurst[frame - 1] {
        onsetLoss.append(highBurst[frame + 1] - highOutput[frame + 1])
      }
    }
    let low = mean(lowDrop)
    let high = mean(highDrop)
    print("\(rate) Hz: noise falls by \(low) dB below and \(high) dB above 8 kHz; bursts lose \(mean(burstLoss)) dB")
    #expect(low > 10)
    #expect(abs(high - low) < 3)
    #expect(deviation(highDrop) < 1)
    #expect(burstLoss.count > 15)
    #expect(mean(burstLoss) < 3)
    #expect(mean(onsetLoss) < 3)
  }

  /// What the model takes away just below 8 kHz is not kept above it, however loud: keys, clicks.
  @Test func `a burst that the model removes is removed above it, too`() throws {
    let scene = Fricatives(rate: 48000)
    var chain = try makeChain(.scale(0.5), rate: 48000)  // compressed: −12 dB of everything
    let output = run(&chain, scene.sum)
    let latency = chain.latency.samples
    let before = bandLevels(scene.sum, rate: 48000, 8500..<15500)
    let after = bandLevels(Array(output.dropFirst(latency)), rate: 48000, 8500..<15500)
    let losses = (200..<after.count - 20).filter { scene.isBurst[$0] && scene.isBurst[$0 + 1] && scene.isBurst[$0 - 1] }
      .map { before[$0] - after[$0] }
    #expect(mean(losses) > 8)
  }
}

/// A predictor that keeps frames with much above 4 kHz and takes 15 dB off all others.
private func gatedChain(rate: Int, burstLevel: Float) throws -> TestChain {
  try makeChain(.gate(loud: 1, quiet: 0.42), rate: rate)
}

private struct Fricatives {
  let noise: [Float]
  let sum: [Float]
  /// Frames of 10 ms.
  let isBurst: [Bool]
  let burstLevel: Float = 0.2

  init(rate: Int) {
    let count = 5 * rate
    noise = whiteNoise(count, amplitude: 0.02, seed: 3)
    // 4–16 kHz: the difference of two low-passes.
    let source = whiteNoise(count, amplitude: 0.6, seed: 9)
    let shaped = zip(lowPass(source, rate: rate, 16000), lowPass(source, rate: rate, 4000)).map { $0 - $1 }
    var sum = noise
    var isBurst = [Bool](repeating: false, count: count / (rate / 100))
    for start in stride(from: 1.0, to: 4.5, by: 0.6) {
      let first = Int(start * 100)
      for frame in first..<first + 12 { isBurst[frame] = true }
      for n in first * rate / 100..<(first + 12) * rate / 100 { sum[n] += 0.5 * shaped[n] }
    }
    self.sum = sum
    self.isBurst = isBurst
  }
}

/// A windowed sinc of 101 taps, centred.
private func lowPass(_ x: [Float], rate: Int, _ cutoff: Double) -> [Float] {
  guard cutoff < Double(rate) / 2 else { return x }
  let half = 50
  let taps = (-half...half).map { n -> Float in
    let f = 2 * cutoff / Double(rate)
    let value = n == 0 ? f : sin(.pi * f * Double(n)) / (.pi * Double(n))
    return Float(value * (0.54 + 0.46 * cos(.pi * Double(n) / Double(half))))
  }
  return x.indices.map { n in
    var sum: Float = 0
    for k in max(0, n - half)...min(x.count - 1, n + half) { sum += taps[k - n + half] * x[k] }
    return sum
  }
}

/// dB of a band in frames of 10 ms, each by a transform of 20 ms.
private func bandLevels(_ x: [Float], rate: Int, _ band: Range<Double>) -> [Double] {
  let hop = rate / 100
  var analysis = STFTAnalysis(fftLength: 2 * hop, hopLength: hop)
  let bins = Int(band.lowerBound / 50)..<Int(min(band.upperBound, Double(rate) / 2) / 50)
  return (0..<x.count / hop).map { frame in
    x.withUnsafeBufferPointer { analysis.push($0.baseAddress! + frame * hop) }
    var sum = 0.0
    for k in bins {
      sum += Double(analysis.bins[2 * k] * analysis.bins[2 * k] + analysis.bins[2 * k + 1] * analysis.bins[2 * k + 1])
    }
    return 10 * log10(sum + 1e-20)
  }
}

private func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(max(x.count, 1)) }

private func deviation(_ x: [Double]) -> Double {
  let m = mean(x)
  return (x.reduce(0) { $0 + ($1 - m) * ($1 - m) } / Double(max(x.count, 1))).squareRoot()
}

private func level(_ x: ArraySlice<Float>) -> Double {
  10 * log10(x.reduce(0.0) { $0 + Double($1 * $1) } / Double(x.count) + 1e-20)
}

private func differenceInDecibels(_ x: ArraySlice<Float>, _ y: ArraySlice<Float>) -> Double {
  var difference = 0.0
  var energy = 0.0
  for (a, b) in zip(x, y) {
    difference += Double(a - b) * Double(a - b)
    energy += Double(a) * Double(a)
  }
  return 10 * log10(difference / energy + 1e-20)
}
