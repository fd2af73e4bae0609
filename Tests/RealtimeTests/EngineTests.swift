import Enhancement
import Foundation
import LiveTestSupport
import Synchronization
import Testing
import TestSupport

@testable import Realtime

@Suite struct EngineTests {
  @Test func `the same format again carries on`() throws {
    let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: calm)
    let format = StreamFormat(sampleRate: 48000, block: 128, channelCount: 1)
    let first = try engine.prepare(format)
    let second = try engine.prepare(format)
    #expect(first.callback.context == second.callback.context)
    try engine.stop()
    #expect(engine.status == nil)
  }

  @Test func `another format keeps settings and the noise heard`() throws {
    var settings = EnhancementSettings()
    settings.noiseSelection = .spp
    let engine = try LiveEngine(model: try model(), settings: settings, options: calm)
    func play(_ format: StreamFormat, seconds: Int) throws -> PacedPlayer {
      let player = try PacedPlayer(processor: engine, format: format, isPaced: false)
      var samples = voiceLike(seconds * format.sampleRate, rate: format.sampleRate)
      samples.withUnsafeMutableBufferPointer { player.play($0) }
      return player
    }
    _ = try play(StreamFormat(sampleRate: 48000, block: 128, channelCount: 1), seconds: 3)
    try engine.send(.attenuationLimit(15))
    let heard = try #require(engine.noiseProfile())
    #expect(heard.frameCount >= 25)
    let player = try play(StreamFormat(sampleRate: 44100, block: 512, channelCount: 1), seconds: 1)
    let status = try #require(engine.status)
    #expect(status.settings.attenuationLimitInDecibels == 15)
    #expect(status.referenceFrames >= heard.frameCount)
    #expect(status.format.sampleRate == 44100)
    #expect(status.latencyInSamples == player.latencyInSamples)
    #expect(engine.latencyBudget?.totalInSamples == player.latencyInSamples)
    try engine.stop()
  }

  @Test func `commands out of range are refused and change nothing`() throws {
    let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: calm)
    _ = try engine.prepare(StreamFormat(sampleRate: 16000, block: 160, channelCount: 1))
    #expect(throws: EnhancementError.self) { try engine.send(.steps(9)) }
    #expect(throws: EnhancementError.self) { try engine.send(.mix(1.5)) }
    #expect(throws: EnhancementError.self) { try engine.send(.guidance(.nan)) }
    #expect(engine.settings.mix == 1)
    try engine.stop()
  }

  /// Infinity ended the program; a hundred seconds became a line of the recording that no replay reads.
  @Test(arguments: [Double.infinity, .nan, 1e300, 100, 0.1, -1])
  func `a time that nothing can be learned in is refused`(seconds: Double) throws {
    let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: calm)
    #expect(throws: LiveError.self) { try engine.send(.learn(seconds: seconds)) }
    try engine.send(.learn(seconds: 60))
  }

  /// The speed test had put it off, and the status showed the weight that was wished.
  @Test func `guidance that the machine is too slow for is not shown, and stays the wish`() throws {
    var settings = EnhancementSettings()
    settings.guidance = 2
    var options = calm
    options.adaptsSteps = true
    let engine = try LiveEngine(model: try model(), settings: settings, options: options)
    engine.measure = { enhancer, _ in
      let running = enhancer.withChannel(0) { $0.settings }
      return running.guidance == 1 ? 0.004 : 0.009
    }
    _ = try engine.prepare(StreamFormat(sampleRate: 16000, block: 160, channelCount: 1))
    #expect(engine.status?.settings.guidance == 1)
    #expect(engine.settings.guidance == 2)
    try engine.send(.guidance(1.5))
    #expect(engine.status?.settings.guidance == 1.5)
    try engine.stop()
  }

  /// They stood where the last block had left them, for as long as nobody listened to the microphone.
  @Test func `where blocks cease the levels fall to silence, and rise with the next one`() throws {
    let format = StreamFormat(sampleRate: 16_000, block: 160, channelCount: 1)
    let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: calm)
    engine.measure = { _, _ in 0 }
    defer { try? engine.stop() }
    let player = try PacedPlayer(processor: engine, format: format, isPaced: false)
    func play() throws -> LiveStatus {
      var samples = voiceLike(8000, rate: 16_000)
      samples.withUnsafeMutableBufferPointer { player.play($0) }
      return try #require(engine.status)
    }
    let before = try play()
    #expect(before.inputLevel > -60 && before.groups[0].input > -60 && before.groups[0].inputPeak > -60)
    usleep(700_000)
    let idle = try #require(engine.status)
    #expect(idle.inputLevel == -.infinity && idle.outputLevel == -.infinity)
    // `before` may lack the last block: the worker tells of it when the callback has gone on.
    #expect(idle.groups == [GroupLevels()] && idle.seconds == 0.5)
    #expect(try play().inputLevel > -60)
  }

  @Test func `learning forgets, hears and keeps`() throws {
    var settings = EnhancementSettings()
    settings.noiseSelection = .spp
    var learned: [Int] = []
    var frozen: [Bool] = []
    let input = voiceLike(5 * 16000, rate: 16000)
    _ = try playLive(
      input, StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), settings: settings,
      between: { engine, position in
        if position == 2 * 16000 { try engine.send(.learn(seconds: 1)) }
        if position % 16000 == 8000, let status = engine.status {
          learned.append(status.referenceFrames)
          frozen.append(status.isFrozen)
        }
      })
    // At 0.5, 1.5, 2.5, 3.5 and 4.5 s.
    #expect(learned[2] < learned[1])
    #expect(learned[3] > learned[2])
    #expect(learned[4] == learned[3])
    #expect(frozen == [false, false, false, true, true])
  }

  @Test func `device events are counted and said`() throws {
    let sentences = Sentences()
    let engine = try LiveEngine(
      model: try model(), settings: EnhancementSettings(), options: calm, remark: { sentences.add($0) })
    _ = try engine.prepare(StreamFormat(sampleRate: 16000, block: 160, channelCount: 1))
    engine.note(.xrun)
    engine.note(.xrun)
    engine.note(.lost("the JACK server stopped"))
    engine.note(.returned)
    engine.note(.clockDrift(ppm: -12.5))
    let status = try #require(engine.status)
    #expect(status.counters.xruns == 2)
    #expect(status.clockDrift == -12.5)
    #expect(
      sentences.all.withLock { $0 } == ["the JACK server stopped; waiting for it to come back", "the device is back"])
    try engine.stop()
  }

  @Test func `what cannot run is refused before anything starts`() throws {
    #expect(throws: EnhancementError.self) { try LiveEngine(model: nil, settings: EnhancementSettings()) }
    var options = calm
    options.allowance = -1
    let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: options)
    #expect(throws: LiveError.self) {
      try engine.prepare(StreamFormat(sampleRate: 48000, block: 128, channelCount: 1))
    }
    #expect(throws: EnhancementError.self) {
      try LiveEngine(model: try model(), settings: EnhancementSettings(), options: calm)
        .prepare(StreamFormat(sampleRate: 4000, block: 128, channelCount: 1))
    }
    #expect(engine.status == nil)
  }

  @Test func `levels and reduction are those of the sound`() throws {
    var settings = EnhancementSettings()
    settings.method = .wiener
    var random = Random(2)
    let input = (0..<5 * 16000).map { _ in 0.1 * random.sample() }
    let live = try playLive(input, StreamFormat(sampleRate: 16000, block: 160, channelCount: 1), settings: settings)
    // Uniform noise of ±0.1: −24.8 dB.
    #expect(abs(live.status.inputLevel + 24.8) < 0.5)
    #expect(live.status.outputLevel < live.status.inputLevel - 6)
    #expect(try #require(live.status.noiseReduction) > 6)
    #expect(live.status.frameTimeMedian > 0)
    #expect(abs(live.status.seconds - 5) < 0.05)
  }
}
