import Enhancement
import LiveTestSupport
import Testing
import TestSupport

@testable import Realtime

/// A model whose noise encoder is a pre-trained tower, live: it runs on the thread beside the worker.
@Suite struct TowerTests {
  @Test func `live output is offline output later`() throws {
    let format = StreamFormat(sampleRate: 48000, block: 480, channelCount: 1)
    var random = Random(1)
    let input = (0..<48000 * 4).map { _ in 0.05 * random.sample() }
    let name = "../../ScoreModelTests/Fixtures/tiny-clap"
    let live = try playLive(input, format, modelName: name)
    let offline = try playOffline(input, format, modelName: name)
    #expect(live.status.counters.isClean)
    let later = live.latency - offline.latency
    #expect(firstDifference(live.output.dropFirst(later), offline.output.dropLast(later)) == nil)
    #expect(live.output.contains { $0 != 0 })
  }
}
