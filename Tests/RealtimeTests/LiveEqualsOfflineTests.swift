import Enhancement
import LiveTestSupport
import Testing
import TestSupport

@testable import Realtime

@Suite struct LiveEqualsOfflineTests {
  static let rates = [16000, 22050, 32000, 44100, 48000, 88200, 96000, 176_400, 192_000]
  static let blocks = [16, 64, 128, 256, 480, 512, 1000, 1024, 4096]

  /// All 81 of them. The offline output knows no blocks, so there is one a rate.
  @Test(arguments: rates) func `live output is offline output later, at every block size`(rate: Int) throws {
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    settings.steps = 2
    // 0.6 s: tokens have taken effect twice; and more than the latency of the largest blocks.
    let input = voiceLike(max(rate * 3 / 5, 6 * 4096) + 77, rate: rate)
    let format = StreamFormat(sampleRate: rate, block: 256, channelCount: 1)
    let offline = try playOffline(input, format, settings: settings)
    for block in Self.blocks {
      let format = StreamFormat(sampleRate: rate, block: block, channelCount: 1)
      let live = try playLive(input, format, settings: settings)
      #expect(live.status.counters.isClean)
      let later = live.latency - offline.latency
      let difference = firstDifference(live.output.dropFirst(later), offline.output.dropLast(later))
      #expect(difference == nil, "blocks of \(block)")
      #expect(live.output.dropFirst(later).contains { $0 != 0 })
    }
  }

  @Test(arguments: [(48000, 256, 2), (44100, 100, 3)])
  func `several channels too`(rate: Int, block: Int, channels: Int) throws {
    let format = StreamFormat(sampleRate: rate, block: block, channelCount: channels)
    let input = voiceLike(rate, rate: rate, channels: channels)
    let live = try playLive(input, format)
    let offline = try playOffline(input, format)
    let later = (live.latency - offline.latency) * channels
    #expect(firstDifference(live.output.dropFirst(later), offline.output.dropLast(later)) == nil)
  }

  @Test func `blocks smaller than the format's are welcome`() throws {
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
