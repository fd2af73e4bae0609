import Foundation
import SignalProcessing
import Testing
import TestSupport

@testable import Enhancement

/// Two passes half a hop beside each other. What they compute, GoldenTests compares with the reference.
@Suite struct PassesTests {
  private let two: EnhancementSettings = {
    var settings = EnhancementSettings()
    settings.passes = 2
    settings.noiseSelection = .residual
    return settings
  }()
  private var one: EnhancementSettings {
    var settings = two
    settings.passes = 1
    return settings
  }

  @Test(arguments: commonRates + [12345]) func `the latency is that of one pass, to a few samples`(rate: Int) throws {
    let latencies = try [one, two].map { try makeChain(rate: rate, settings: $0).latency }
    // Half a hop that is no whole number of samples costs the alignment of both bands up to 8.
    let most = rate * 80 % 16000 == 0 ? 0.0 : 9
    #expect(abs(latencies[1].exact - latencies[0].exact) <= most, "\(latencies)")
    #expect(latencies[1].leadingZeros < latencies[0].leadingZeros)
  }

  /// In blocks of whole hops both passes' frames of a block are due at its end, and half a hop waits for the next.
  @Test(arguments: [(480, 240), (240, 0), (960, 240), (1024, 16), (64, 16)])
  func `blocks of whole hops cost half a hop`(block: Int, more: Double) throws {
    let frames = try [1, 2].map {
      try StreamingEnhancer.latencyParts(sampleRate: 48000, granularity: block, passes: $0, model: tinyModel()).frame
    }
    #expect(frames[1] - frames[0] == more)
    #expect(
      try StreamingEnhancer.latencyParts(sampleRate: 48000, granularity: block, passes: 2).frame == frames[0],
      "what runs no model has one pass")
    var settings = two
    settings.band = .wide
    let enhancer = try StreamingEnhancer(
      model: tinyModel(), settings: settings, sampleRate: 48000, granularity: block)
    let parts = try StreamingEnhancer.latencyParts(
      sampleRate: 48000, granularity: block, band: .wide, passes: 2, model: tinyModel())
    let exact = enhancer.exactLatencyInSamples
    #expect(exact == parts.frame + parts.resamplers)
  }

  @Test func `identity networks give the input, 319 samples later`() throws {
    var chain = try makeChain(.scale(1), settings: two)
    let input = voiceLike(16000, rate: 16000)
    #expect(largestDifference(run(&chain, input), delayed(input, by: 319)) < 2e-6)
  }

  @Test(arguments: commonRates + [12345])
  func `single samples empty the queue to the last one and never beyond`(rate: Int) throws {
    var chain = try makeChain(rate: rate, settings: two)
    var output: [Float] = [0]
    var lowest = Int.max
    for sample in whiteNoise(rate * 2 / 5) {
      withUnsafePointer(to: sample) { chain.process($0, into: &output, count: 1) }
      lowest = min(lowest, chain.queuedSampleCount)
    }
    #expect(lowest == 0)
  }

  @Test(arguments: [16000, 44100, 48000]) func `every way of cutting gives the same bits`(rate: Int) throws {
    let input = voiceLike(rate * 3 / 2, rate: rate)
    let model = try tinyModel()
    var outputs: [[UInt32]] = []
    for blocks in [Blocks.whole, .size(1), .size(rate / 100), .random(3), .growing] {
      var enhancer = try StreamingEnhancer(model: model, settings: two, sampleRate: rate)
      outputs.append(bits(run(&enhancer, input, blocks)))
    }
    #expect(outputs.allSatisfy { $0 == outputs[0] })
  }

  /// Linked channels hear of each other after every frame of the first pass, however the sound is cut.
  @Test(arguments: [1, 147, 480, 4096]) func `linked channels, too`(block: Int) throws {
    func output(_ block: Int) throws -> [Float] {
      var enhancer = try MultichannelEnhancer(
        model: tinyModel(), settings: two, sampleRate: 48000, channelCount: 2)
      let (left, right) = (voiceLike(48000, rate: 48000), whiteNoise(48000, amplitude: 0.02))
      var samples = [Float](repeating: 0, count: 96000)
      for n in 0..<48000 { (samples[2 * n], samples[2 * n + 1]) = (left[n], right[n]) }
      samples.withUnsafeMutableBufferPointer { memory in
        var done = 0
        while done < memory.count {
          let part = UnsafeMutableBufferPointer(rebasing: memory[done..<min(memory.count, done + 2 * block)])
          enhancer.process(interleaved: UnsafeBufferPointer(part), into: part)
          done += part.count
        }
      }
      return samples
    }
    #expect(try output(block) == output(240))
  }

  @Test func `both passes hear the noise and run as often, and what is counted is one pass's`() throws {
    let log = Log()
    var (one, two) = (one, two)
    one.noiseSelection = .spp
    two.noiseSelection = .spp
    var chain = try makeChain(.memory, settings: two, log: log)
    let input = whiteNoise(32000)
    _ = run(&chain, input)
    #expect(log.predictions == 400)
    let told = log.tokens.compactMap(\.1)
    #expect(told.count > 2 && told.count % 2 == 0)
    for n in stride(from: 0, to: told.count, by: 2) { #expect(told[n] == told[n + 1]) }
    var single = try makeChain(.memory, settings: one)
    _ = run(&single, input)
    #expect(chain.statistics.frames == single.statistics.frames)
    #expect(chain.statistics.referenceFrames == single.statistics.referenceFrames)
  }

  @Test func `the second pass can be left out and come back while it runs`() throws {
    let input = voiceLike(64000, rate: 16000)
    let model = try tinyModel()
    var single = try StreamingEnhancer(model: model, settings: one, sampleRate: 16000)
    let alone = run(&single, input, .size(160))
    var both = try StreamingEnhancer(model: model, settings: two, sampleRate: 16000)
    let mean = run(&both, input, .size(160))
    var changing = try StreamingEnhancer(model: model, settings: two, sampleRate: 16000)
    var output: [Float] = []
    var without = two
    without.secondPass = .none
    for hop in 0..<400 {
      if hop == 100 { try changing.update(without) }
      if hop == 200 { try changing.update(two) }
      output += run(&changing, Array(input[hop * 160..<(hop + 1) * 160]), .whole)
    }
    #expect(output[..<15900] == mean[..<15900])
    // A fade of a hop after it; then, when the pass is back, ten hops unheard.
    #expect(output[16500..<33500] == alone[16500..<33500], "to the bit")
    #expect(output[34500...] != alone[34500...])
    // Its state is soon what it would have been.
    #expect(errorInDecibels(output[48000...], mean[48000...]) < -40)
    #expect(errorInDecibels(alone[48000...], mean[48000...]) > -40)
    var never = try StreamingEnhancer(model: model, settings: two, sampleRate: 16000)
    try never.update(without)
    #expect(run(&never, input, .size(160)) == alone, "before the first block it holds at once")
    // As a recording of such a stream begins.
    var made = try StreamingEnhancer(model: model, settings: without, sampleRate: 16000)
    #expect(run(&made, input, .size(160)) == alone)
  }

  @Test
  func
    `of the second pass the first network alone can run, with a smaller part, and what was learned goes from it too`()
    throws
  {
    let learner = try EnhancementModel(path: fixture("tiny-learned.safetensors").path)
    let pair = try EnhancementModel(mean: tinyModel(), learner)
    let input = voiceLike(32000, rate: 16000)
    var light = two
    light.secondPass = .light
    func output(_ model: EnhancementModel, _ settings: EnhancementSettings, removing: Bool = false) throws -> [Float] {
      var enhancer = try StreamingEnhancer(model: model, settings: settings, sampleRate: 16000)
      try enhancer.update(settings)
      if removing {
        let noise = try LearnedNoise(samples: whiteNoise(32_000), sampleRate: 16_000)
        enhancer.setLearnedTokens(try model.learnedTokens([noise]))
      }
      return run(&enhancer, input)
    }
    // One pass of both is a third of the second pass away; so is one pass of the first, twice as far.
    let once = try output(pair, one)
    let thirds = try output(pair, light)
    let alone = try output(tinyModel(), two)
    let first = try output(tinyModel(), one)
    let second = zip(alone, first).map { 2 * $0 - $1 }
    let expected = zip(once, second).map { (2 * $0 + $1) / 3 }
    #expect(errorInDecibels(thirds, expected) < -80)
    #expect(errorInDecibels(thirds, once) > -60)
    // Removing, the second network alone is heard, in both passes.
    #expect(try errorInDecibels(output(pair, light, removing: true), output(learner, light, removing: true)) < -80)
    var made = try StreamingEnhancer(model: pair, settings: light, sampleRate: 16000)
    #expect(run(&made, input) == thirds)
  }

  @Test func `reset brings back the beginning, and silence is silence`() throws {
    var enhancer = try StreamingEnhancer(model: tinyModel(), settings: two, sampleRate: 48000)
    let input = voiceLike(24000, rate: 48000)
    let first = run(&enhancer, input)
    let silence = run(&enhancer, [Float](repeating: 0, count: 48000 * 4))
    #expect(silence[4800...].allSatisfy { $0 == 0 })
    let isResting = enhancer.isResting
    #expect(isResting)
    enhancer.reset()
    #expect(run(&enhancer, input) == first)
  }

  @Test func `what is not finite in one pass leaves it with its input`() throws {
    let log = Log()
    // The 31st prediction is the second pass's: it begins.
    var chain = try makeChain(.failing(at: 30, value: .nan), settings: two, log: log)
    let input = voiceLike(16000, rate: 16000)
    let output = run(&chain, input)
    #expect(output.allSatisfy(\.isFinite) && log.resets == 1)
    #expect(largestDifference(output, delayed(input, by: 319)) < 2e-6, "a network that gives back the input, but once")
  }

  @Test func `the Wiener filter has one pass`() throws {
    var settings = two
    settings.method = .wiener
    var one = settings
    one.passes = 1
    let input = voiceLike(16000, rate: 16000)
    var outputs: [[Float]] = []
    for settings in [settings, one] {
      var enhancer = try StreamingEnhancer(model: nil, settings: settings, sampleRate: 16000)
      outputs.append(run(&enhancer, input))
    }
    #expect(outputs[0] == outputs[1])
  }

  @Test func `passes are fixed while a stream runs, and are one or two`() throws {
    var enhancer = try StreamingEnhancer(model: tinyModel(), settings: two, sampleRate: 16000)
    #expect(throws: EnhancementError.fixedWhileRunning(setting: "passes")) { try enhancer.update(one) }
    var three = two
    three.passes = 3
    let error = #expect(throws: EnhancementError.self) { try three.validate() }
    #expect(error?.description.contains("1 or 2") == true, "\(String(describing: error))")
  }
}
