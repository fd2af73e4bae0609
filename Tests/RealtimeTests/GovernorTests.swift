import LiveTestSupport
import Testing

@testable import Enhancement
@testable import Realtime

@Suite struct GovernorTests {
  @Test func `one late frame changes nothing`() {
    var governor = StepGovernor(wished: 4, level: 4)
    for n in 0..<1000 {
      let changed = governor.note(frames: 1, areLate: n % 200 == 0, load: 0.3, growth: 1.25)
      #expect(!changed)
    }
    #expect(governor.level == 4)
  }

  @Test func `moments in which the whole machine stands still lower nothing`() {
    var governor = StepGovernor(wished: 2, level: 2)
    for n in 0..<6000 { _ = governor.note(frames: 1, areLate: n % 200 < 3, load: 0.25, growth: 2) }
    #expect(governor.level == 2)
  }

  @Test func `repeated lateness lowers the level down to one`() {
    var governor = StepGovernor(wished: 4, level: 4)
    var changes = 0
    for _ in 0..<100 { if governor.note(frames: 1, areLate: true, load: 1.2, growth: 1.25) { changes += 1 } }
    #expect(governor.level == 1)
    #expect(changes == 3)
  }

  @Test func `room raises them again one by one`() {
    var governor = StepGovernor(wished: 4, level: 1)
    var raisedAt: [Int] = []
    for n in 0..<4000 {
      if governor.note(frames: 1, areLate: false, load: 0.1 * Double(governor.level), growth: 1.5) {
        raisedAt.append(n)
      }
    }
    #expect(governor.level == 4)
    #expect(raisedAt.count == 3)
    #expect(raisedAt[0] >= StepGovernor.firstPatience - 1)
  }

  @Test func `without room they stay`() {
    var governor = StepGovernor(wished: 4, level: 2)
    for _ in 0..<10000 { _ = governor.note(frames: 1, areLate: false, load: 0.5, growth: 1.5) }
    #expect(governor.level == 2)
  }

  @Test func `a raise that fails waits longer than the last`() {
    var governor = StepGovernor(wished: 2, level: 1)
    var raisedAt: [Int] = []
    for n in 0..<20000 {
      let isLate = governor.level == 2
      if governor.note(frames: 1, areLate: isLate, load: 0.1, growth: 2), governor.level == 2 { raisedAt.append(n) }
    }
    let waits = zip(raisedAt, raisedAt.dropFirst()).map { $1 - $0 }
    #expect(waits.count >= 3)
    for (before, after) in zip(waits, waits.dropFirst()) { #expect(after >= before) }
    #expect(waits.last! >= 4 * waits.first! / 2)
  }

  @Test func `a new wish is obeyed at once`() {
    var governor = StepGovernor(wished: 4, level: 1)
    governor.wish(3)
    #expect((governor.wished, governor.level) == (3, 3))
  }

  @Test func `of two networks the second is what is left out last`() throws {
    var wish = EnhancementSettings()
    wish.steps = 3
    let two = WorkLevels(try EnhancementModel(mean: tinyModel(), tinyModel()))
    #expect(two.firstShare == 0.5 && two.whole(wish) == 4)
    #expect((1...4).map { two.settings(wish, at: $0).steps } == [1, 1, 2, 3])
    #expect((1...4).map { two.settings(wish, at: $0).networks } == [.first, .both, .both, .both])
    #expect((1...4).map { two.work(wish, at: $0) } == [0.5, 1, 2, 3])
    #expect((1...3).map { two.growth(wish, at: $0) } == [2, 2, 1.5])
    // Who wishes one of them has it at every level.
    wish.networks = .second
    #expect(two.whole(wish) == 3 && (1...3).map { two.settings(wish, at: $0).networks } == [.second, .second, .second])
    wish.networks = .both
    // A second pass goes before the second network, and after the steps.
    wish.passes = 2
    #expect(two.whole(wish) == 6)
    #expect((1...6).map { two.settings(wish, at: $0).steps } == [1, 1, 1, 1, 2, 3])
    #expect((1...6).map { two.settings(wish, at: $0).networks } == [.first, .both, .both, .both, .both, .both])
    #expect((1...6).map { two.settings(wish, at: $0).secondPass } == [.none, .none, .light, .whole, .whole, .whole])
    #expect((1...6).map { two.work(wish, at: $0) } == [0.5, 1, 1.5, 2, 4, 6])
    wish.method = .wiener
    #expect(two.whole(wish) == 4, "it has one pass")
    wish.method = .score
    let one = WorkLevels(try tinyModel())
    #expect(one.whole(wish) == 4 && (1...2).map { one.settings(wish, at: $0).secondPass } == [.none, .whole])
    #expect((1...3).map { one.work(wish, at: $0) } == [1, 2, 4])
    wish.passes = 1
    #expect(one.whole(wish) == 3 && one.settings(wish, at: 2).steps == 2 && one.growth(wish, at: 1) == 2)
  }
}
