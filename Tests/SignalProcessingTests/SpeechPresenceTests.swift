import Glibc
import KernelLevels
import SignalProcessing
import Testing
import TestSupport

/// One frame of about Gaussian noise, power of mean `level` per bin.
private func noiseFrame(_ noise: inout SplitMix, count: Int, level: Float) -> [Float] {
  (0..<count).map { _ in
    var re: Float = 0
    var im: Float = 0
    for _ in 0..<6 {
      re += noise.sample()
      im += noise.sample()
    }
    return level * (re * re + im * im) / 4
  }
}

private func values(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) -> [Float] {
  Array(UnsafeBufferPointer(start: pointer, count: count))
}

private func mean(_ values: [Float]) -> Float { values.reduce(0, +) / Float(values.count) }

@Suite struct SpeechPresenceTests {
  @Test func `probability and noise power are those of the paper's equations in NumPy`() throws {
    try atEveryKernelLevel {
      let count = 33
      let power = try golden("presence-power")
      var presence = SpeechPresence(binCount: count)
      var probability: [Float] = []
      var noise: [Float] = []
      for k in 0..<power.count / count {
        power.withUnsafeBufferPointer { presence.push(power: $0.baseAddress! + k * count) }
        probability += values(presence.probability, count)
        noise += values(presence.noisePower, count)
        #expect(presence.isSilent == (200..<220).contains(k))
        #expect(abs(presence.meanProbability - mean(values(presence.probability, count))) < 1e-5)
      }
      let worst = try largestDifference(probability, golden("presence-probability"))
      #expect(try worst.difference <= tolerance("presence-probability"), "at \(worst.index)")
      #expect(
        try largestRelativeDifference(noise, golden("presence-noise")) <= tolerance("presence-noise"))
    }
  }

  @Test func `white noise settles without bias and its presence is low`() {
    var noise = SplitMix(8)
    var presence = SpeechPresence()
    var level: Float = 0
    var probability: Float = 0
    for k in 0..<400 {
      presence.push(power: noiseFrame(&noise, count: 161, level: 1))
      guard k >= 100 else { continue }
      level += mean(values(presence.noisePower, 161)) / 300
      probability += presence.meanProbability / 300
    }
    // The estimate of stationary noise is unbiased within a decibel.
    #expect(level > 0.8 && level < 1.1, "\(level)")
    #expect(probability < 0.25, "\(probability)")
  }

  @Test func `speech 20 dB above the noise is present and does not enter the estimate`() {
    var noise = SplitMix(9)
    var presence = SpeechPresence()
    for _ in 0..<100 { presence.push(power: noiseFrame(&noise, count: 161, level: 1)) }
    let before = mean(values(presence.noisePower, 161))
    for _ in 0..<15 {
      presence.push(power: [Float](repeating: 100, count: 161))
      #expect(presence.meanProbability > 0.98)
    }
    #expect(mean(values(presence.noisePower, 161)) < 1.3 * before)
  }

  @Test func `a step of the noise by 20 dB is followed within three seconds`() {
    var noise = SplitMix(10)
    var presence = SpeechPresence()
    for _ in 0..<100 { presence.push(power: noiseFrame(&noise, count: 161, level: 1)) }
    for _ in 0..<300 { presence.push(power: noiseFrame(&noise, count: 161, level: 100)) }
    #expect(mean(values(presence.noisePower, 161)) > 60)
  }

  @Test func `digital silence keeps the estimate, and noise that returns is noise`() {
    var noise = SplitMix(11)
    var presence = SpeechPresence()
    let silence = [Float](repeating: 0, count: 161)
    for _ in 0..<50 { presence.push(power: silence) }  // from the start: nothing known, nothing broken
    #expect(presence.isSilent && presence.meanProbability == 0)
    #expect(values(presence.noisePower, 161).allSatisfy { $0 == presence.floor })
    for _ in 0..<100 { presence.push(power: noiseFrame(&noise, count: 161, level: 1e-3)) }
    let before = values(presence.noisePower, 161)
    for _ in 0..<1000 { presence.push(power: silence) }
    #expect(values(presence.noisePower, 161) == before)
    presence.push(power: noiseFrame(&noise, count: 161, level: 1e-3))
    #expect(presence.meanProbability < 0.3)
  }

  @Test func `extremes give finite numbers within their ranges`() {
    var presence = SpeechPresence(binCount: 8)
    for round in 0..<40 {
      presence.push(power: [0, 1e-38, 1e-9, 1, 1e5, 1e29, .infinity, round % 2 == 0 ? .nan : 1])
      #expect(values(presence.probability, 8).allSatisfy { $0 >= 0 && $0 <= 1 })
      #expect(values(presence.noisePower, 8).allSatisfy { $0 >= presence.floor && $0.isFinite })
    }
    #expect(presence.meanProbability.isFinite)
  }

  @Test func `reset gives the same bits again`() {
    var presence = SpeechPresence(binCount: 16)
    var runs: [[Float]] = []
    for _ in 0..<2 {
      var noise = SplitMix(12)
      for k in 0..<60 { presence.push(power: noiseFrame(&noise, count: 16, level: k > 30 ? 30 : 1)) }
      runs.append(values(presence.noisePower, 16) + values(presence.probability, 16))
      presence.reset()
    }
    #expect(bits(runs[0]) == bits(runs[1]))
  }
}

@Suite struct WienerGainTests {
  @Test func `gains and output are NumPy's`() throws {
    try atEveryKernelLevel {
      let count = 33
      let bins = try golden("wiener-bins")
      let expected = try golden("wiener-gain")
      var wiener = WienerGain(binCount: count)
      var gains: [Float] = []
      var output = [Float](repeating: .nan, count: 2 * count)
      for k in 0..<bins.count / (2 * count) {
        bins.withUnsafeBufferPointer { wiener.push(bins: $0.baseAddress! + 2 * k * count, into: &output) }
        gains += values(wiener.gain, count)
        for b in 0..<count {
          #expect(output[2 * b] == wiener.gain[b] * bins[2 * (k * count + b)])
          #expect(output[2 * b + 1] == wiener.gain[b] * bins[2 * (k * count + b) + 1])
        }
      }
      let worst = largestDifference(gains, expected)
      #expect(try worst.difference <= tolerance("wiener-gain"), "at \(worst.index)")
    }
  }

  @Test func `steady noise falls by more than 12 dB and a tone above it stays`() {
    var noise = SplitMix(13)
    var analysis = STFTAnalysis()
    var synthesis = STFTSynthesis()
    var wiener = WienerGain()
    var hop = [Float](repeating: 0, count: 160)
    var energies: [Float] = []
    for k in 0..<300 {
      let tone = (150..<200).contains(k)
      for n in 0..<160 {
        let angle = 2 * Double.pi * Double((160 * k + n) % 16) / 16
        hop[n] = 0.01 * noise.sample() + (tone ? 0.3 * Float(cos(angle)) : 0)
      }
      analysis.push(hop)
      wiener.push(bins: analysis.bins, into: analysis.bins)
      synthesis.push(analysis.bins, into: &hop)
      energies.append(hop.reduce(0) { $0 + $1 * $1 } / 160)
    }
    let input: Float = 1e-4 / 3
    #expect(mean(Array(energies[60..<150])) < input / 16)
    #expect(abs(mean(Array(energies[155..<195])) - 0.045) < 0.003)
  }

  @Test func `silence, full scale, DC and bins that are not numbers give finite output`() {
    var wiener = WienerGain(binCount: 4)
    var output = [Float](repeating: .nan, count: 8)
    let frames: [[Float]] = [
      [0, 0, 0, 0, 0, 0, 0, 0], [320, 0, 0, 0, 0, 0, -320, 0], [160, 160, 160, 160, 160, 160, 160, 160],
      [.nan, 0, 1, .infinity, 1e30, 1e30, 1e-30, 1e-30], [1, 1, 1, 1, 1, 1, 1, 1],
    ]
    for round in 0..<50 {
      wiener.push(bins: frames[round % frames.count], into: &output)
      #expect(output.allSatisfy { $0.isFinite })
    }
    wiener.reset()
    wiener.push(bins: frames[4], into: &output)
    #expect(output.allSatisfy { abs($0 - 0.125_892_54) < 1e-6 })
  }
}
