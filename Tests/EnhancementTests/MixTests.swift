import Ground
import Testing
import TestSupport

@testable import Enhancement

@Suite struct MixTests {
  @Test(arguments: [8000, 16000, 44100, 48000, 192_000])
  func `bypass is the delayed input to the bit`(rate: Int) throws {
    var settings = EnhancementSettings()
    settings.bypass = true
    var chain = try makeChain(.memory, rate: rate, settings: settings)
    let input = whiteNoise(rate / 4) + [-0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude, 3e9]
    let output = run(&chain, input, .random(2))
    #expect(bits(output) == bits(delayed(input, by: chain.latency.samples)))
  }

  @Test func `bypass fades in 10 ms and is exact from there on`() throws {
    var settings = EnhancementSettings()
    settings.band = .wide
    var chain = try makeChain(.scale(0), rate: 48000, settings: settings)
    let input = [Float](repeating: 0.5, count: 9600)
    #expect(bits(run(&chain, input)) == bits([Float](repeating: 0, count: 9600)))
    settings.bypass = true
    try chain.update(settings)
    let on = run(&chain, input)
    #expect(zip(on, on.dropFirst()).allSatisfy { $1 - $0 >= 0 && $1 - $0 < 0.0011 })
    #expect(on[0] > 0 && on[478] < 0.5)
    #expect(bits(on[479...]) == bits([Float](repeating: 0.5, count: 9600 - 479)))
    settings.bypass = false
    try chain.update(settings)
    let off = run(&chain, input)
    #expect(zip(off, off.dropFirst()).allSatisfy { $0 - $1 >= 0 && $0 - $1 < 0.0011 })
    #expect(off[0] < 0.5 && off[479...].allSatisfy { $0 == 0 })
  }

  @Test(arguments: [Float(0), 0.3, 0.5, 1])
  func `a mix with an identity network is the input`(mix: Float) throws {
    var settings = EnhancementSettings()
    settings.mix = mix
    var chain = try makeChain(.scale(1), settings: settings)
    let input = voiceLike(8000, rate: 16000)
    let output = run(&chain, input)
    #expect(largestDifference(output, delayed(input, by: 319)) < 2e-6)
    if mix == 0 { #expect(bits(output) == bits(delayed(input, by: 319))) }
  }

  @Test(arguments: [(Float(20), Float(1)), (6, 1), (0, 1), (20, 0.5), (200, 0.25)])
  func `limit and mix leave their share of the aligned input`(limit: Float, mix: Float) throws {
    var settings = EnhancementSettings()
    settings.attenuationLimitInDecibels = limit
    settings.mix = mix
    settings.band = .wide
    var chain = try makeChain(.scale(0), rate: 44100, settings: settings)
    let input = whiteNoise(22050)
    let output = run(&chain, input)
    let share = 1 - mix * (1 - decibelsToAmplitude(-limit))
    let expected = delayed(input, by: chain.latency.samples).map { share * $0 }
    #expect(largestDifference(output, expected) < 1e-7)
  }

  @Test func `steps and guidance change while running`() throws {
    let log = Log()
    var settings = EnhancementSettings()
    settings.maximumSteps = 4
    var chain = try makeChain(.memory, settings: settings, log: log)
    _ = run(&chain, whiteNoise(1600))
    #expect(log.predictions == 10)
    settings.steps = 3
    settings.guidance = 2
    try chain.update(settings)
    _ = run(&chain, whiteNoise(3200))
    #expect(log.predictions == 10 + 60)
    #expect(log.guidedPredictions == 60)
    #expect(chain.frames.guidance.isSteady && chain.frames.guidance.value == 2)
    settings.guidance = 1
    settings.steps = 1
    try chain.update(settings)
    _ = run(&chain, whiteNoise(3200))
    #expect(log.predictions == 70 + 20)
    #expect(log.guidedPredictions == 60 + 9)
  }
}
