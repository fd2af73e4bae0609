import SignalProcessing
import Testing

@Suite struct LevelGainTests {
  @Test func `a 40 dB step up and down is NumPy's`() throws {
    let energies = try golden("level-energy")
    var tracker = LevelGain()
    var levels: [Float] = []
    var gains: [Float] = []
    for energy in energies {
      gains.append(tracker.gain)
      tracker.update(energy: energy)
      levels.append(tracker.level)
    }
    #expect(try largestDifference(levels, golden("level-level")).difference <= tolerance("level-level"))
    #expect(try largestRelativeDifference(gains, golden("level-gain")) <= tolerance("level-gain"))
  }

  @Test func `it rises 1 dB and falls 0.03 dB a frame`() {
    var tracker = LevelGain(startLevel: -46)
    for _ in 0..<39 { tracker.update(energy: 0.251_188_64) }  // −6 dB
    #expect(abs(tracker.level + 7) < 1e-4)
    for _ in 0..<3 { tracker.update(energy: 0.251_188_64) }
    #expect(abs(tracker.level + 6) < 1e-4)
    for _ in 0..<100 { tracker.update(energy: 2.511_886_4e-5) }  // −46 dB, one second
    #expect(abs(tracker.level + 9) < 1e-3)
  }

  @Test func `the gain brings the level to −20 dB and comes from earlier frames`() {
    #expect(LevelGain(startLevel: -20).gain == 1)
    #expect(abs(LevelGain(startLevel: -40).gain - 10) < 1e-5)
    #expect(LevelGain().level == -26)
    var tracker = LevelGain()
    let gain = tracker.gain
    tracker.update(energy: 1)
    #expect(tracker.gain < gain)
  }

  @Test func `silence and values that are not numbers hold the level`() {
    var tracker = LevelGain(startLevel: -30)
    for energy: Float in [0, 1e-30, 3e-8, .nan, -1] { tracker.update(energy: energy) }
    #expect(tracker.level == -30)
    tracker.update(energy: .infinity)
    #expect(tracker.level == -29)
  }

  @Test func `the level stays between −75 and 10 dB`() {
    var tracker = LevelGain(startLevel: 200)
    #expect(tracker.level == 10)
    tracker.update(energy: 1e9)
    #expect(tracker.level == 10)
    tracker.level = -300
    #expect(tracker.level == -75)
    tracker.level = .nan
    #expect(tracker.level == -75)
    for _ in 0..<100 { tracker.update(energy: 3.3e-8) }  // just above the silence level
    #expect(tracker.level >= -75 && tracker.level < -74)
    #expect(tracker.gain.isFinite)
  }
}
