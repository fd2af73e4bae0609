import Enhancement
import LiveTestSupport
import SignalProcessing
import Testing
import TestSupport

@testable import Realtime

/// A model of 8 kHz, with frames of 16 ms every 8 ms, through the ring.
@Suite struct FormatTests {
  static let rates = [8000, 16000, 44100, 48000]

  @Test(arguments: rates) func `live output is offline output, later`(rate: Int) throws {
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    settings.steps = 3
    let input = voiceLike(rate * 3 / 5 + 77, rate: rate)
    for block in [64, 256, 480] {
      let format = StreamFormat(sampleRate: rate, block: block, channelCount: 1)
      let offline = try playOffline(input, format, settings: settings, modelName: "tiny-8k")
      let live = try playLive(input, format, settings: settings, modelName: "tiny-8k")
      #expect(live.status.counters.isClean)
      let later = live.latency - offline.latency
      let difference = firstDifference(live.output.dropFirst(later), offline.output.dropLast(later))
      #expect(difference == nil, "blocks of \(block)")
      #expect(live.output.dropFirst(later).contains { $0 != 0 })
      #expect(live.status.frameDeadline == 0.008)
    }
  }

  @Test func `the latency's parts are the model's`() throws {
    let model = try model("tiny-8k")
    let format = StreamFormat(sampleRate: 8000, block: 64, channelCount: 1)
    let budget = try LiveEngine.latencyBudget(format, model: model, settings: EnhancementSettings())
    #expect(budget.parts[0].samples == 64)
    #expect(budget.parts[0].explanation == "frames of 16 ms every 8 ms, met by blocks of 64 samples")
    #expect(budget.parts[1].explanation == "8000 Hz to the model's 8000 Hz and back")
    let engine = try LiveEngine(model: model, settings: EnhancementSettings(), options: calm)
    #expect(try engine.prepare(format).latencyInSamples == budget.totalInSamples)
    #expect(engine.settings.maximumSteps == 5)
    try engine.stop()
  }

  @Test func `the noise heard comes out in the model's frames`() throws {
    let model = try model("tiny-8k")
    let engine = try LiveEngine(model: model, settings: EnhancementSettings(), options: calm)
    let player = try PacedPlayer(
      processor: engine, format: StreamFormat(sampleRate: 8000, block: 64, channelCount: 1), isPaced: false)
    var random = Random(7)
    var noise = (0..<16_000).map { _ in 0.05 * random.sample() }
    for start in stride(from: 0, to: noise.count, by: 64) {
      noise.withUnsafeMutableBufferPointer {
        player.play(UnsafeMutableBufferPointer(rebasing: $0[start..<start + 64]))
      }
    }
    let profile = try #require(engine.noiseProfile())
    #expect(profile.format == model.frameFormat)
    #expect(profile.frameCount > 100)
    try engine.stop()
    var options = calm
    options.noiseProfile = profile
    let other = try LiveEngine(model: tinyModel(), settings: EnhancementSettings(), options: options)
    #expect(
      throws: NoiseProfileError.otherFormat(
        profile: String(describing: profile.format), model: "16000 Hz in frames of 320 samples every 160, 160 bins")
    ) {
      _ = try other.prepare(StreamFormat(sampleRate: 8000, block: 64, channelCount: 1))
    }
  }

  @Test func `milliseconds read as people write them`() {
    #expect(milliseconds(0.01) == "10 ms")
    #expect(milliseconds(0.0075) == "7.5 ms")
    #expect(
      LiveError.tooSlow(sampleRate: 8000, channelCount: 1, milliseconds: 9, available: 8).description.contains(
        "has 8 ms;"))
  }
}
