import Foundation
import Testing
import TestSupport

@testable import Enhancement

@Suite struct LatencyTests {
  @Test func `at 16 kHz the latency is 319 samples`() throws {
    let chain = try makeChain(rate: 16000)
    #expect(chain.latency.samples == 319)
    #expect(chain.latency.exact == 319)
    var settings = EnhancementSettings()
    settings.method = .wiener
    let enhancer = try StreamingEnhancer(model: nil, settings: settings, sampleRate: 16000)
    #expect(enhancer.latencyInSamples == 319)
  }

  @Test func `an identity network gives the input, 319 samples later`() throws {
    var chain = try makeChain(.scale(1))
    let input = voiceLike(16000, rate: 16000)
    #expect(largestDifference(run(&chain, input), delayed(input, by: 319)) < 2e-6)
  }

  /// The counts of the derivation in `StreamLatency`, one sample at a time: every split visits some of these points.
  @Test(arguments: commonRates + [8001, 12345, 37800, 191_999])
  func `the leading zeros are as many as needed and no more`(rate: Int) {
    let zeros = StreamLatency(sampleRate: rate, resamplerDelay: 0).leadingZeros
    var lowest = Int.max
    for n in 1...max(2 * rate, 200 * rate / 100) {
      let hops = ((n * 16000 + rate - 1) / rate) / 160
      let back = (hops * 160 * rate + 15999) / 16000
      lowest = min(lowest, zeros + back - n)
    }
    #expect(lowest == 0)
  }

  /// Where the places of hops among blocks repeat after half a million of them or more, all that can be needed; a common rate's
  /// repeat sooner.
  @Test(arguments: [(48_001, 6000, 1, 477), (48_001, 8192, 2, 237), (48_000, 8192, 1, 448), (48_000, 8192, 2, 224)])
  func `large blocks have all the leading zeros that they need`(rate: Int, block: Int, passes: Int, zeros: Int) {
    let latency = StreamLatency(sampleRate: rate, resamplerDelay: 0, granularity: block, passes: passes)
    #expect(latency.leadingZeros == zeros)
  }

  @Test(arguments: commonRates + [12345])
  func `single samples empty the queue to the last one and never beyond`(rate: Int) throws {
    var chain = try makeChain(rate: rate)
    let input = whiteNoise(rate * 2 / 5)
    var output: [Float] = [0]
    var lowest = Int.max
    for sample in input {
      withUnsafePointer(to: sample) { chain.process($0, into: &output, count: 1) }
      lowest = min(lowest, chain.queuedSampleCount)
    }
    #expect(lowest == 0)
  }

  /// Through the identity network: the integer delay where the cross-correlation with the input is largest.
  @Test(arguments: commonRates)
  func `the measured delay is the stated one`(rate: Int) throws {
    var chain = try makeChain(rate: rate)
    let stated = chain.latency.samples
    let count = stated + 12000
    // Below 4 kHz, so that every rate passes it.
    var low: Float = 0
    let smoothing = Float(min(1, 12000 / Double(rate)))
    let input = whiteNoise(count, amplitude: 0.5, seed: 8).map { sample in
      low += smoothing * (sample - low)
      return low
    }
    let output = run(&chain, input)
    func correlation(_ lag: Int) -> Float {
      var sum: Float = 0
      for n in lag..<count { sum += output[n] * input[n - lag] }
      return sum
    }
    let lags = max(0, stated - 60)...stated + 60
    let best = lags.max { correlation($0) < correlation($1) }
    #expect(best == stated)
  }

  /// The phase of a tone gives the delay with its fraction.
  @Test(arguments: commonRates)
  func `the measured delay is the exact one, fraction included`(rate: Int) throws {
    var chain = try makeChain(rate: rate)
    let frequency = 500.0
    let count = rate * 2 / 5
    let phases = (0..<count).map { 2 * Double.pi * frequency * Double($0) / Double(rate) }
    let output = run(&chain, phases.map { Float(0.5 * sin($0)) })
    var re = 0.0
    var im = 0.0
    let settled = count - rate / 5  // 100 whole periods
    for n in settled..<count {
      re += Double(output[n]) * sin(phases[n])
      im += Double(output[n]) * cos(phases[n])
    }
    let period = Double(rate) / frequency
    let late = atan2(-im, re) / (2 * Double.pi) * period
    let difference = (late - chain.latency.exact).remainder(dividingBy: period)
    #expect(abs(difference) < 0.01)
    #expect(abs(hypot(re, im) / Double(rate / 5) - 0.25) < 0.001)
    #expect(abs(chain.latency.exact - Double(chain.latency.samples)) <= 0.5)
  }

  @Test(arguments: [16000, 44100, 48000])
  func `a change is not heard before the latency allows and is heard within it`(rate: Int) throws {
    let model = try tinyModel()
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    let input = voiceLike(rate / 4, rate: rate)
    var plain = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
    let latency = plain.latencyInSamples
    let before = bits(run(&plain, input))
    for n in [0, 1, 159, 160, 161, 1000, 2047, rate / 10] {
      var changed = input
      for i in n..<changed.count { changed[i] = 0.3 - changed[i] }
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: rate)
      let after = bits(run(&enhancer, changed))
      // Aligned output sample i is output i + latency: nothing before n − latency, something in [n − latency, n).
      #expect(before[..<n] == after[..<n])
      #expect(before[n..<n + latency] != after[n..<n + latency])
    }
  }

  /// The last sample of a hop is heard at once, but for the one sample at which the window is zero.
  @Test func `no sample of the latency is padding`() throws {
    let input = whiteNoise(3200)
    var plain = try makeChain(.memory)
    let before = bits(run(&plain, input))
    var earliest = Int.max
    for n in 1600..<1760 {
      var changed = input
      changed[n] = 1
      var chain = try makeChain(.memory)
      let after = bits(run(&chain, changed))
      let first = (0..<3200).first { before[$0] != after[$0] }!
      earliest = min(earliest, first - n)
    }
    #expect(earliest == 1)
  }
}
