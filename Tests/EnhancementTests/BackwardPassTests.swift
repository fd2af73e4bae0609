import Foundation
import Testing
import TestSupport

@testable import Enhancement

/// The way back over a recording. What a network makes of a sound, GoldenTests compares with the reference; here it is which sound it
/// hears, from which end, and what becomes of it.
@Suite struct BackwardPassTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func backward(_ name: String) throws -> EnhancementModel {
    let data = try backwardWeights(Data(contentsOf: fixture("\(name).safetensors")))
    return try EnhancementModel(path: scratch.write(data, "\(name).safetensors"))
  }

  private var settings: EnhancementSettings {
    var settings = EnhancementSettings()
    settings.passes = 2
    settings.noiseSelection = .residual
    return settings
  }

  /// (samples, channels) from the last to the first.
  private func reversed(_ sound: [Float], channels: Int) -> [Float] {
    stride(from: sound.count - channels, through: 0, by: -channels).flatMap { sound[$0..<($0 + channels)] }
  }

  /// What an enhancer makes of a sound, lined up with it.
  private func enhanced(
    _ sound: [Float], model: EnhancementModel, rate: Int, channels: Int, warmUp: Int = 0, profile: NoiseProfile? = nil
  ) throws -> [Float] {
    // On the way back there is one pass, whatever is wished for the way there.
    var settings = settings
    settings.passes = 1
    var enhancer = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: rate, channelCount: channels)
    if let profile { try enhancer.setNoiseProfile(profile, isFrozen: true) }
    if warmUp > 0 { sound[..<(warmUp * channels)].withUnsafeBufferPointer { enhancer.warmUp(interleaved: $0) } }
    let late = enhancer.latencyInSamples * channels
    var samples = sound + [Float](repeating: 0, count: late)
    samples.withUnsafeMutableBufferPointer { enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    return Array(samples[late...])
  }

  /// All windows of a sound, as a reader would give them.
  private func wayBack(_ pass: inout BackwardPass, _ sound: [Float]) -> [Float] {
    let channels = pass.channelCount
    let count = sound.count / channels
    var result: [Float] = []
    var start = 0
    while start < count {
      let before = min(start, pass.lead)
      let isLast = count - start < pass.readAhead
      let end = isLast ? count : start + pass.readAhead
      result += pass.next(
        Array(sound[((start - before) * channels)..<(end * channels)]), before: before, isLast: isLast)!
      start = isLast ? count : start + pass.windowLength
    }
    return result
  }

  private func sound(_ seconds: Double, rate: Int, channels: Int) -> [Float] {
    let one = voiceLike(Int(seconds * Double(rate)), rate: rate)
    return one.flatMap { sample in (0..<channels).map { sample / Float($0 + 1) } }
  }

  @Test(arguments: [(16000, 1, 0.0), (16000, 2, 0.5), (44100, 1, 0.5), (48000, 2, 2.0)])
  func `a sound of one window is what is made of it from its end`(rate: Int, channels: Int, warmUp: Double) throws {
    let model = try backward("tiny")
    let input = sound(1.3, rate: rate, channels: channels)
    var pass = try BackwardPass(
      model: model, settings: settings, sampleRate: rate, channelCount: channels, warmUp: Float(warmUp))
    let length = min(input.count / channels, Int(warmUp * Double(rate)))
    let expected = reversed(
      try enhanced(
        reversed(input, channels: channels), model: model, rate: rate, channels: channels, warmUp: length),
      channels: channels)
    #expect(bits(wayBack(&pass, input)) == bits(expected))
  }

  @Test func `a network that keeps all of it gives a long sound back, over all windows, lined up`() throws {
    let rate = 16000
    var pass = try BackwardPass(
      model: backward("identity"), settings: settings, sampleRate: rate, channelCount: 1, warmUp: 2)
    let input = sound(75, rate: rate, channels: 1)
    let output = wayBack(&pass, input)
    #expect(pass.windowLength == 30 * rate && output.count == input.count)
    #expect(largestDifference(output, input) < 1e-4)
    #expect(errorInDecibels(output, input) < -90)
  }

  @Test func `a window hears six seconds behind it first, and gives way to the next`() throws {
    let rate = 8000
    let model = try backward("tiny")
    var pass = try BackwardPass(model: model, settings: settings, sampleRate: rate, channelCount: 1)
    let input = sound(65, rate: rate, channels: 1)
    let output = wayBack(&pass, input)
    let (window, fade) = (30 * rate, rate / 50)
    #expect(output.count == input.count && pass.readAhead == 36 * rate + fade)
    func made(_ from: Int, _ to: Int) throws -> [Float] {
      // Before the window there is its lead.
      let lead = min(from, pass.lead)
      let all = reversed(
        try enhanced(reversed(Array(input[(from - lead)..<to]), channels: 1), model: model, rate: rate, channels: 1),
        channels: 1)
      return Array(all[lead...])
    }
    let first = try made(0, pass.readAhead)
    let second = try made(window, input.count)
    #expect(bits(Array(output[..<window])) == bits(Array(first[..<window])))
    #expect(bits(Array(output[(window + fade)...])) == bits(Array(second[fade...])))
    for n in 0..<fade {
      let weight = (Float(n) + 0.5) / Float(fade)
      #expect(abs(output[window + n] - (first[window + n] + weight * (second[n] - first[window + n]))) < 1e-6)
    }
  }

  /// The part of its last window in the next one was heard at the beginning of the next recording.
  @Test func `after a recording that was ended the next begins anew`() throws {
    let rate = 8000
    let model = try backward("tiny")
    var pass = try BackwardPass(model: model, settings: settings, sampleRate: rate, channelCount: 1)
    var other = try BackwardPass(model: model, settings: settings, sampleRate: rate, channelCount: 1)
    let input = sound(37, rate: rate, channels: 1)
    let window = Array(input[..<pass.readAhead])
    let whole = pass.next(window, before: 0, isLast: false)
    #expect(whole != nil)
    let ended = pass.next(Array(input.suffix(rate)), before: 0, isLast: true, goesOn: { _ in false })
    #expect(ended == nil)
    let next = Array(input[(5 * rate)..<(6 * rate)])
    let (after, anew) = (wayBack(&pass, next), wayBack(&other, next))
    #expect(bits(after) == bits(anew))
  }

  @Test func `what is learned, and a noise profile, are heard from their end`() throws {
    let (model, forward) = (try backward("tiny-learned"), try tinyModel("tiny-learned"))
    let samples = voiceLike(40_000, rate: 16000)
    let heard = try model.learnedTokens([try LearnedNoise(samples: samples, sampleRate: 16000)])
    let turned = try forward.learnedTokens([try LearnedNoise(samples: samples.reversed(), sampleRate: 16000)])
    #expect(heard != nil && heard == turned)
    #expect(try heard != forward.learnedTokens([try LearnedNoise(samples: samples, sampleRate: 16000)]))

    let magnitudes = whiteNoise(60 * 160).map(abs)
    let rows = stride(from: 59 * 160, through: 0, by: -160).flatMap { magnitudes[$0..<($0 + 160)] }
    let input = reversed(sound(1, rate: 16000, channels: 1), channels: 1)
    func output(_ model: EnhancementModel, _ values: [Float]) throws -> [Float] {
      try enhanced(
        input, model: model, rate: 16000, channels: 1, profile: NoiseProfile(magnitudes: values, for: model))
    }
    #expect(try output(model, magnitudes) == output(forward, rows))
    #expect(try output(model, magnitudes) != output(forward, magnitudes))
    var pass = try BackwardPass(
      model: model, settings: settings, sampleRate: 16000, channelCount: 1,
      profile: NoiseProfile(magnitudes: magnitudes, for: model))
    #expect(wayBack(&pass, reversed(input, channels: 1)) == reversed(try output(forward, rows), channels: 1))
  }

  /// Both ways over a recording, made of their parts.
  private func bothWays(_ sound: [Float], _ model: EnhancementModel, _ back: EnhancementModel, rate: Int, channels: Int)
    throws -> [Float]
  {
    let warmUp = min(rate / 2, sound.count / channels)
    var enhancer = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: rate, channelCount: channels)
    sound[..<(warmUp * channels)].withUnsafeBufferPointer { enhancer.warmUp(interleaved: $0) }
    let late = enhancer.latencyInSamples * channels
    var there = sound + [Float](repeating: 0, count: late)
    there.withUnsafeMutableBufferPointer { enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    var pass = try BackwardPass(
      model: back, settings: settings, sampleRate: rate, channelCount: channels, warmUp: 0.5)
    var mean = WayMean(
      sampleRate: rate, channelCount: channels, offset: enhancer.latencyFraction + pass.latencyFraction)
    let later = mean.latencyInSamples * channels
    var joined = there[late...] + [Float](repeating: 0, count: later)
    let fromEnd = wayBack(&pass, sound) + [Float](repeating: 0, count: later)
    joined.withUnsafeMutableBufferPointer { mean.process($0.baseAddress!, fromEnd, count: $0.count / channels) }
    return Array(joined.dropFirst(later))
  }

  @Test(arguments: [(16_000, 1, 0.5), (8000, 2, 40.3), (22_050, 1, 0.01)])
  func `a whole recording is the mean of both ways, and can be ended`(rate: Int, channels: Int, seconds: Double) throws
  {
    let (model, back) = (try tinyModel("tiny"), try backward("tiny"))
    let input = sound(seconds, rate: rate, channels: channels)
    var enhancer = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: rate, channelCount: channels)
    var output = [Float](repeating: .nan, count: input.count)
    func enhance(_ isBack: Bool, goesOn: (Double) -> Bool) throws -> Bool {
      var pass = try BackwardPass(
        model: back, settings: settings, sampleRate: rate, channelCount: channels, warmUp: 0.5)
      return input.withUnsafeBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
          isBack
            ? enhancer.enhance(recording: input, into: output, warmUp: 0.5, wayBack: &pass, goesOn: goesOn)
            : enhancer.enhance(recording: input, into: output, warmUp: 0.5, goesOn: goesOn)
        }
      }
    }
    var parts: [Double] = []
    #expect(
      try enhance(true) {
        parts.append($0)
        return true
      })
    #expect(bits(output) == bits(try bothWays(input, model, back, rate: rate, channels: channels)))
    #expect(parts == parts.sorted() && parts.first! > 0 && parts.last! > 0.99 && parts.last! <= 1)
    // Ended in either way, it says so at once, and begins anew afterwards.
    for limit in [0.0, 0.5, 0.9] where parts.last(where: { $0 < 1 }) ?? 0 > limit {
      var told = 0.0
      #expect(
        try !enhance(true) {
          told = $0
          return $0 <= limit
        })
      #expect(told > limit && told == parts.first { $0 > limit })
    }
    #expect(try enhance(false) { _ in true })
    let alone = output
    #expect(try enhance(true) { _ in true })
    #expect(bits(output) == bits(try bothWays(input, model, back, rate: rate, channels: channels)))
    #expect(bits(alone) != bits(output))
  }

  @Test(arguments: [11_025, 22_050, 44_100])
  func `both ways line up where the resamplers' delay is no whole number`(rate: Int) throws {
    var settings = settings
    settings.passes = 1
    var enhancer = try MultichannelEnhancer(
      model: tinyModel("identity"), settings: settings, sampleRate: rate, channelCount: 1)
    // Below the edges of the resamplers and of the band.
    let input = (0..<(2 * rate)).map { n in
      let t = Double(n) / Double(rate)
      return Float(0.1 * sin(2 * .pi * min(6000, 0.3 * Double(rate)) * t) * sin(.pi * t / 2) * sin(.pi * t / 2))
    }
    var pass = try BackwardPass(model: backward("identity"), settings: settings, sampleRate: rate, channelCount: 1)
    func output(_ isBack: Bool) -> [Float] {
      var output = input
      input.withUnsafeBufferPointer { input in
        output.withUnsafeMutableBufferPointer {
          _ =
            isBack
            ? enhancer.enhance(recording: input, into: $0, wayBack: &pass)
            : enhancer.enhance(recording: input, into: $0)
        }
      }
      return output
    }
    let there = output(false)
    #expect(errorInDecibels(output(true), there) < -50)
  }

  @Test func `of many channels the windows are shorter`() throws {
    var lengths: [Int] = []
    for (rate, channels) in [(48000, 2), (192_000, 2), (48000, 32)] {
      let pass = try BackwardPass(
        model: backward("tiny"), settings: settings, sampleRate: rate, channelCount: channels)
      lengths.append(pass.windowLength / rate)
    }
    #expect(lengths == [30, 15, 6])
  }
}
