import CThreads
import Enhancement
import Ground
import LiveTestSupport
import Synchronization
import Testing

@testable import Realtime

/// On digital silence the worker sleeps, and the callback plays silence by itself; with the first sample of sound it is there again.
struct RestingSessionTests {
  private let format = StreamFormat(sampleRate: 48000, block: 128, channelCount: 2)
  private var silence: [Float] { [Float](repeating: 0, count: 128 * 2) }
  private func dry(_ rig: Rig) -> Int { rig.shared.pointee.drySamples.load(ordering: .relaxed) }
  private func rests(_ rig: Rig) -> Bool { rig.shared.pointee.rests.load(ordering: .relaxed) }
  /// Asked once a waking.
  private func wasWoken(_ rig: Rig) -> Bool { ct_semaphore_wait(rig.shared.pointee.wake, 0) }
  private var sound: [Float] { voiceLike(128, rate: 48000, channels: 2) }

  @Test func `a callback that brings silence wakes nobody and plays silence`() throws {
    let rig = try Rig(format)
    rig.shared.pointee.rests.store(true, ordering: .relaxed)
    for _ in 0..<200 { rig.callback(silence) }
    #expect(rig.output.allSatisfy { $0 == 0 })
    #expect(dry(rig) == 0)
    #expect(rests(rig))
    #expect(!wasWoken(rig), "nobody was woken")
  }

  /// Also where it is one sample of one channel, however small.
  @Test func `the first sound wakes the worker, and what it has not made from then on is counted`() throws {
    let rig = try Rig(format)
    rig.shared.pointee.rests.store(true, ordering: .relaxed)
    for _ in 0..<200 { rig.callback(silence) }
    var first = silence
    first[255] = -1e-30
    rig.callback(first)
    #expect(!rests(rig))
    #expect(wasWoken(rig), "the worker is woken")
    for _ in 1..<rig.shared.pointee.lead / 128 { rig.callback(sound) }
    #expect(dry(rig) == 0, "what came before was silence")
    rig.callback(sound)
    #expect(dry(rig) == 128)
  }

  @Test func `a callback that may wait ends the rest`() throws {
    let rig = try Rig(format)
    rig.shared.pointee.rests.store(true, ordering: .relaxed)
    // What it waits for is there already: the lead's zeros.
    rig.callback(silence, mayWait: true)
    #expect(!rests(rig))
    #expect(wasWoken(rig))
  }

  /// Sound, a rest, sound: the same bits as without a rest, and nothing late.
  @Test(arguments: [true, false])
  func `what comes after a rest is what comes without one`(isTold: Bool) throws {
    let before = voiceLike(48000, rate: 48000, channels: 2)
    let pause = [Float](repeating: 0, count: 2 * 128 * 1200)
    let after = voiceLike(48000, rate: 48000, channels: 2, seed: 9)
    let rig = try Rig(format)
    let offline = try playOffline(before + pause + after, format)
    func play(_ samples: [Float], works: (Int) -> Bool) {
      for (n, start) in stride(from: 0, to: samples.count, by: 256).enumerated() {
        rig.callback(Array(samples[start..<start + 256]))
        if works(n) { rig.work() }
      }
    }
    play(before, works: { _ in true })
    #expect(!rig.session.worker.isQuiet)
    play(Array(pause.prefix(256 * 1000)), works: { _ in true })
    #expect(rig.session.worker.isQuiet)
    rig.shared.pointee.rests.store(isTold, ordering: .relaxed)
    // The worker sleeps for a tenth of a second at a time.
    play(Array(pause.suffix(256 * 200)), works: { $0 % 38 == 37 })
    play(after, works: { _ in true })
    #expect(!rests(rig))
    let late = rig.meters.late.load(ordering: .relaxed)
    #expect(late == 0)
    #expect((dry(rig) == 0) == isTold, "without the word that it rests, what is missing is counted")
    let shift = 2 * (rig.latency - offline.latency)
    #expect(rig.output.count > 2 * 48000 && shift > 0)
    #expect((shift..<rig.output.count).allSatisfy { rig.output[$0] == offline.output[$0 - shift] })
  }

  @Test func `sound and what is learned end the quiet`() throws {
    let rig = try Rig(format)
    for _ in 0..<1100 {
      rig.callback(silence)
      rig.work()
    }
    #expect(rig.session.worker.isQuiet)
    rig.send(.learn(seconds: 1))
    rig.work()
    #expect(!rig.session.worker.isQuiet)
    let other = try Rig(format)
    for _ in 0..<1100 {
      other.callback(silence)
      other.work()
    }
    other.callback(sound)
    other.work()
    #expect(!other.session.worker.isQuiet)
  }

  /// Parts of a block: the worker, woken for the sound in the first of them, slept again as the block was not whole, and silence was
  /// played in the sound's place.
  @Test func `a short sound in a rest is heard where callbacks bring parts of a block`() throws {
    var settings = EnhancementSettings()
    settings.steps = 1
    settings.mix = 0  // the delayed input, to the bit
    let engine = try LiveEngine(model: tinyModel(), settings: settings, options: calm)
    defer { try? engine.stop() }
    let player = try PacedPlayer(
      processor: engine, format: StreamFormat(sampleRate: 48000, block: 1024, channelCount: 1), isPaced: true)
    let before = 256 * 600  // 3.2 s
    let sound = voiceLike(256, rate: 48000)
    var samples = [Float](repeating: 0, count: before) + sound + [Float](repeating: 0, count: 256 * 40)
    samples.withUnsafeMutableBufferPointer { all in
      for start in stride(from: 0, to: all.count, by: 256) {
        player.play(UnsafeMutableBufferPointer(rebasing: all[start..<start + 256]))
      }
    }
    let place = before + player.latencyInSamples
    #expect(player.latencyInSamples < 256 * 39)
    // On a busy machine it may be faded.
    #expect(samples[place..<place + 256].contains { $0 != 0 })
  }

  /// With threads and a clock: whoever rests takes in all of what comes, and hears a command at once.
  @Test func `a session that rests goes on where it was`() throws {
    var settings = EnhancementSettings()
    settings.steps = 1
    let engine = try LiveEngine(model: tinyModel(), settings: settings, options: calm)
    defer { try? engine.stop() }
    let player = try PacedPlayer(processor: engine, format: format, isPaced: true)
    var samples = [Float](repeating: 0, count: 2 * 128 * 1100) + voiceLike(128 * 100, rate: 48000, channels: 2)
    samples.withUnsafeMutableBufferPointer { all in
      player.play(UnsafeMutableBufferPointer(rebasing: all[..<(2 * 128 * 1000)]))
      try? engine.send(.bypass(true))
      player.play(UnsafeMutableBufferPointer(rebasing: all[(2 * 128 * 1000)...]))
    }
    #expect(samples.prefix(2 * 128 * 1100).allSatisfy { $0 == 0 })
    #expect(samples.suffix(256).contains { $0 != 0 })
    sleep(nanoseconds: 300_000_000)
    let status = try #require(engine.status)
    #expect(status.counters.overruns == 0)
    #expect(status.seconds == 1200 * 128 / 48000.0)
  }
}
