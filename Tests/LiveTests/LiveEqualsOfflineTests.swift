import AudioIO
import Enhancement
import Testing

@testable import Live

@Suite struct LiveEqualsOfflineTests {
  static let streams: [(Int, Int)] = [
    (16000, 16), (16000, 160), (16000, 4096), (22050, 128), (32000, 64), (44100, 16), (44100, 512), (44100, 1000),
    (48000, 16), (48000, 128), (48000, 480), (48000, 4096), (88200, 256), (96000, 1024), (192_000, 4096),
  ]

  @Test(arguments: streams)
  func liveOutputIsOfflineOutputLater(rate: Int, block: Int) throws {
    let format = StreamFormat(sampleRate: rate, block: block, channelCount: 1)
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    settings.steps = 2
    let input = voiceLike(rate * 3 / 2 + 77, rate: rate)
    let live = try playLive(input, format, settings: settings)
    let offline = try playOffline(input, format, settings: settings)
    #expect(live.status.counters.isClean)
    let later = live.latency - offline.latency
    #expect(firstDifference(live.output.dropFirst(later), offline.output.dropLast(later)) == nil)
    #expect(live.output.contains { $0 != 0 })
  }

  @Test(arguments: [(48000, 256, 2), (44100, 100, 3)])
  func severalChannelsToo(rate: Int, block: Int, channels: Int) throws {
    let format = StreamFormat(sampleRate: rate, block: block, channelCount: channels)
    let input = voiceLike(rate, rate: rate, channels: channels)
    let live = try playLive(input, format)
    let offline = try playOffline(input, format)
    let later = (live.latency - offline.latency) * channels
    #expect(firstDifference(live.output.dropFirst(later), offline.output.dropLast(later)) == nil)
  }

  @Test func blocksSmallerThanTheFormatsAreWelcome() throws {
    let format = StreamFormat(sampleRate: 48000, block: 256, channelCount: 1)
    let input = voiceLike(48000, rate: 48000)
    let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: calm)
    let player = try PacedPlayer(processor: engine, format: format, isPaced: false)
    var output = input
    var random = Random(3)
    output.withUnsafeMutableBufferPointer { samples in
      var done = 0
      while done < samples.count {
        let count = min(1 + random.below(256), samples.count - done)
        player.play(UnsafeMutableBufferPointer(rebasing: samples[done..<done + count]))
        done += count
      }
    }
    let status = try #require(engine.status)
    try engine.stop()
    #expect(status.counters.isClean)
    let offline = try playOffline(input, format)
    let later = player.latencyInSamples - offline.latency
    #expect(firstDifference(output.dropFirst(later), offline.output.dropLast(later)) == nil)
  }
}
