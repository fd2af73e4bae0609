import Testing

@testable import Realtime

@Suite struct GovernorTests {
  @Test func `one late frame changes nothing`() {
    var governor = StepGovernor(wished: 4, steps: 4)
    for n in 0..<1000 {
      let changed = governor.note(frames: 1, areLate: n % 200 == 0, load: 0.3)
      #expect(!changed)
    }
    #expect(governor.steps == 4)
  }

  @Test func `repeated lateness lowers the steps down to one`() {
    var governor = StepGovernor(wished: 4, steps: 4)
    var changes = 0
    for _ in 0..<100 { if governor.note(frames: 1, areLate: true, load: 1.2) { changes += 1 } }
    #expect(governor.steps == 1)
    #expect(changes == 3)
  }

  @Test func `room raises them again one by one`() {
    var governor = StepGovernor(wished: 4, steps: 1)
    var raisedAt: [Int] = []
    for n in 0..<4000 {
      if governor.note(frames: 1, areLate: false, load: 0.1 * Double(governor.steps)) { raisedAt.append(n) }
    }
    #expect(governor.steps == 4)
    #expect(raisedAt.count == 3)
    #expect(raisedAt[0] >= StepGovernor.firstPatience - 1)
  }

  @Test func `without room they stay`() {
    var governor = StepGovernor(wished: 4, steps: 2)
    for _ in 0..<10000 { _ = governor.note(frames: 1, areLate: false, load: 0.5) }
    #expect(governor.steps == 2)
  }

  @Test func `a raise that fails waits longer than the last`() {
    var governor = StepGovernor(wished: 2, steps: 1)
    var raisedAt: [Int] = []
    for n in 0..<20000 {
      let isLate = governor.steps == 2
      if governor.note(frames: 1, areLate: isLate, load: 0.1), governor.steps == 2 { raisedAt.append(n) }
    }
    let waits = zip(raisedAt, raisedAt.dropFirst()).map { $1 - $0 }
    #expect(waits.count >= 3)
    for (before, after) in zip(waits, waits.dropFirst()) { #expect(after >= before) }
    #expect(waits.last! >= 4 * waits.first! / 2)
  }

  @Test func `a new wish is obeyed at once`() {
    var governor = StepGovernor(wished: 4, steps: 1)
    governor.wish(3)
    #expect((governor.wished, governor.steps) == (3, 3))
  }
}
