import Enhancement
import Ground
import LiveTestSupport
import Testing

@testable import Realtime

/// The worker looks for blocks by the clock, and is woken only where there was nothing to look for.
struct PaceTests {
  @Test(arguments: [16, 128, 512, 4096])
  func `it naps until the next block is due`(block: Int) throws {
    let pace = WorkerPace(block: block, sampleRate: 48000, allowance: 0.01)
    let period = UInt64(Double(block) / 48000 * 1e9)
    let newest: UInt64 = 1_000_000_000
    // Just after a block: until the next, or half a millisecond where blocks come faster.
    let nap = try #require(pace.nap(now: newest + 10_000, newest: newest, missing: block, mayWait: false))
    #expect(nap >= 500_000 && nap <= max(500_000, period + 100_000))
    // An overdue block is looked for again soon.
    let again = try #require(pace.nap(now: newest + period + 5_000_000, newest: newest, missing: block, mayWait: false))
    #expect(again == 500_000)
  }

  /// Blocks of 1024 samples that came 256 at a time: whoever had looked after the first of them slept past the last, a quarter of a
  /// block's time too late.
  @Test(arguments: [(1024, 21_333_333), (768, 16_000_000), (256, 5_333_333)])
  func `where callbacks bring parts of a block it naps until the rest is due`(missing: Int, time: Int) throws {
    let pace = WorkerPace(block: 1024, sampleRate: 48000, allowance: 0.01)
    let newest: UInt64 = 1_000_000_000
    let nap = try #require(pace.nap(now: newest, newest: newest, missing: missing, mayWait: false))
    #expect(nap == UInt64(time) + 100_000)
    let resting = pace.nap(now: newest, newest: newest, missing: missing, mayWait: false, isResting: true)
    #expect(resting == UInt64(time) + 2_500_000)
    // It is patient for a whole block's time all the same.
    #expect(pace.nap(now: newest + 40_000_000, newest: newest, missing: missing, mayWait: false) == 500_000)
  }

  @Test func `it sleeps where nothing comes and where the callback waits`() {
    let pace = WorkerPace(block: 128, sampleRate: 48000, allowance: 0.01)
    #expect(pace.nap(now: 5_000_000_000, newest: 0, missing: 128, mayWait: false) == nil)
    #expect(pace.nap(now: 1_030_000_000, newest: 1_000_000_000, missing: 128, mayWait: false) == nil)
    #expect(pace.nap(now: 1_000_100_000, newest: 1_000_000_000, missing: 128, mayWait: true) == nil)
  }

  @Test func `while the network rests it looks once a block, a quarter of the allowance late`() {
    let pace = WorkerPace(block: 256, sampleRate: 48000, allowance: 0.01)
    let newest: UInt64 = 1_000_000_000
    let period: UInt64 = 5_333_333
    func nap(_ now: UInt64, mayWait: Bool = false) -> UInt64? {
      pace.nap(now: now, newest: newest, missing: 256, mayWait: mayWait, isResting: true)
    }
    #expect(nap(newest) == period + 2_500_000)
    #expect(nap(newest + period + 2_600_000) == 2_500_000)
    #expect(nap(newest, mayWait: true) == nil)
  }

  @Test func `a small allowance is looked after`() throws {
    let pace = WorkerPace(block: 16, sampleRate: 48000, allowance: 0.002)
    let nap = try #require(pace.nap(now: 1_000_010_000, newest: 1_000_000_000, missing: 16, mayWait: false))
    #expect(nap < 450_000)
  }

  /// Blocks cease for longer than the worker looks for them, then flow again: none is lost for it.
  @Test func `blocks that begin anew are enhanced`() throws {
    var settings = EnhancementSettings()
    settings.method = .wiener
    var options = LiveOptions()
    options.priority = nil
    let engine = try LiveEngine(model: nil, settings: settings, options: options)
    defer { try? engine.stop() }
    let format = StreamFormat(sampleRate: 48000, block: 256, channelCount: 1)
    let player = try PacedPlayer(processor: engine, format: format, isPaced: false)
    for _ in 0..<3 {
      var sound = [Float](repeating: 0.01, count: 256 * 40)
      sound.withUnsafeMutableBufferPointer { player.play($0) }
      sleep(nanoseconds: 60_000_000)
    }
    let status = try #require(engine.status)
    #expect(status.counters.dry == 0 && status.counters.overruns == 0)
    #expect(status.seconds == 3 * 40 * 256 / 48000.0)
  }
}
