import Foundation
import HeapCounter
import Realtime
import Testing

@Suite struct InputChoiceTests {
  /// Repeatable noise of ±1, an increment and a mixing of its bits (Steele, Lea and Flood 2014).
  private struct Noise {
    var state: UInt64
    mutating func next() -> Float {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Float(Int64(bitPattern: z ^ (z >> 31))) / Float(Int64.max)
    }
  }

  /// A voice's rhythm: syllables of noise, four a second, with pauses.
  private static func voice(_ count: Int, rate: Int) -> [Float] {
    var noise = Noise(state: 1)
    return (0..<count).map { n in
      let time = Double(n) / Double(rate)
      let syllable = max(0, sin(2 * .pi * 4 * time)) * (time.truncatingRemainder(dividingBy: 2) < 1.4 ? 1 : 0)
      return 0.2 * noise.next() * Float(syllable)
    }
  }

  /// What comes of `layout`, block by block: per channel the voice's factor, and noise of −60 dB.
  private static func heard(_ layout: [Float], rate: Int, block: Int, voice: [Float]) -> (
    output: [Float], chosen: Int, heap: Int
  ) {
    let channels = layout.enumerated().map { channel, factor -> [Float] in
      var noise = Noise(state: UInt64(100 + channel))
      return voice.map { factor * $0 + 0.00173 * noise.next() }
    }
    var choice = InputChoice(inputCount: layout.count, sampleRate: rate)
    var output = [Float](repeating: .nan, count: voice.count)
    let pointers = UnsafeMutablePointer<UnsafePointer<Float>>.allocate(capacity: layout.count)
    let memory = channels.map { samples in
      let copy = UnsafeMutablePointer<Float>.allocate(capacity: samples.count)
      copy.initialize(from: samples, count: samples.count)
      return copy
    }
    defer {
      pointers.deallocate()
      for copy in memory { copy.deallocate() }
    }
    var heap = 0
    output.withUnsafeMutableBufferPointer { output in
      let before = heap_call_count()
      var first = 0
      while first < output.count {
        let count = min(block, output.count - first)
        for channel in 0..<layout.count { (pointers + channel).initialize(to: UnsafePointer(memory[channel] + first)) }
        choice.process(pointers, count: count, into: output.baseAddress! + first)
        first += count
      }
      heap = Int(heap_call_count() - before)
    }
    return (output, choice.chosenChannel, heap)
  }

  private static func level(_ samples: some Collection<Float>) -> Double {
    10 * log10(samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count))
  }

  static let layouts: [(name: String, factors: [Float], chosen: Set<Int>)] = [
    ("one input", [1], [0]), ("a pair, the voice on the first", [1, 0], [0]),
    ("a pair, the voice on the second", [0, 1], [1]), ("a pair, both", [1, 1], [0, 1]),
    ("a pair, out of phase", [1, -1], [0, 1]), ("a pair, 2 dB apart", [0.8, 1], [0, 1]),
    ("four, the voice on the second", [0, 1, 0, 0], [1]),
  ]

  @Test(arguments: layouts.indices, [(48_000, 256), (44_100, 441), (16_000, 16), (48_000, 8192)])
  func `the voice keeps its level in every layout`(layout: Int, format: (rate: Int, block: Int)) {
    let (name, factors, chosen) = Self.layouts[layout]
    let voice = Self.voice(4 * format.rate, rate: format.rate)
    let heard = Self.heard(factors, rate: format.rate, block: format.block, voice: voice)
    #expect(chosen.contains(heard.chosen), "\(name)")
    let difference = Self.level(heard.output) - Self.level(voice)
    #expect(abs(difference) < 2.5, "\(name): \(difference) dB")
    // And sample by sample after the first second: up to its sign and gain it is the voice.
    let (tail, reference) = (heard.output.dropFirst(format.rate), voice.dropFirst(format.rate))
    let product = zip(tail, reference).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let powers = zip(tail, reference).reduce((0.0, 0.0)) { ($0.0 + Double($1.0 * $1.0), $0.1 + Double($1.1 * $1.1)) }
    #expect(abs(product) / (powers.0 * powers.1).squareRoot() > 0.99, "\(name)")
    #expect(heard.heap == 0)
  }

  @Test func `a steady hum is no voice, however loud it is`() {
    let rate = 48_000
    let voice = Self.voice(8 * rate, rate: rate)
    let hum = voice.indices.map { 0.3 * Float(sin(2 * .pi * 150 * Double($0) / Double(rate))) }
    var choice = InputChoice(inputCount: 2, sampleRate: rate)
    var output = [Float](repeating: 0, count: rate / 100)
    for first in stride(from: 0, to: voice.count, by: output.count) {
      hum[first..<first + output.count].withUnsafeBufferPointer { hum in
        voice[first..<first + output.count].withUnsafeBufferPointer { voice in
          var inputs = [hum.baseAddress!, voice.baseAddress!]
          output.withUnsafeMutableBufferPointer { choice.process(&inputs, count: $0.count, into: $0.baseAddress!) }
        }
      }
    }
    #expect(choice.chosenChannel == 1)
  }

  @Test func `what is not a number stays in its channel`() {
    let rate = 16_000
    var voice = Self.voice(rate, rate: rate)
    let damaged = [Float](repeating: .nan, count: rate)
    var choice = InputChoice(inputCount: 2, sampleRate: rate)
    var output = [Float](repeating: 0, count: rate)
    voice.withUnsafeMutableBufferPointer { voice in
      damaged.withUnsafeBufferPointer { damaged in
        var inputs = [damaged.baseAddress!, UnsafePointer(voice.baseAddress!)]
        output.withUnsafeMutableBufferPointer { choice.process(&inputs, count: rate, into: $0.baseAddress!) }
      }
    }
    #expect(choice.chosenChannel == 1)
    let isFinite = output.suffix(rate / 2).allSatisfy { $0.isFinite }
    #expect(isFinite)
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan, 3e38])
  func `a sample that is none does not silence its channel for good`(sample: Float) {
    let rate = 16_000
    var voice = Self.voice(8 * rate, rate: rate)
    let crosstalk = voice.map { 0.003 * $0 }
    voice[rate] = sample
    var choice = InputChoice(inputCount: 2, sampleRate: rate)
    var output = [Float](repeating: 0, count: voice.count)
    voice.withUnsafeBufferPointer { voice in
      crosstalk.withUnsafeBufferPointer { crosstalk in
        var inputs = [voice.baseAddress!, crosstalk.baseAddress!]
        output.withUnsafeMutableBufferPointer { choice.process(&inputs, count: $0.count, into: $0.baseAddress!) }
      }
    }
    #expect(choice.chosenChannel == 0)
    #expect(output[rate] == 0)
    #expect(abs(Self.level(Array(output.suffix(rate))) - Self.level(Array(voice.suffix(rate)))) < 1)
  }
}
