import Synchronization
import Testing

@testable import Realtime

/// What becomes of answers that come late, and of a priority that was taken away. Nothing here has a real priority.
@Suite struct PriorityFollowerTests {
  /// A follower whose requests wait for the test's answers.
  private final class Desk: @unchecked Sendable {
    private var answers: [@Sendable (Bool) -> Void] = []
    var priorities: [Int] = []
    var told: [PriorityFollower.Outcome] = []
    var ordinary = 0
    var isAtLimit = false
    private(set) var follower: PriorityFollower!

    init() {
      follower = PriorityFollower(
        most: 60,
        giver: { [unowned self] _, priority, done in
          priorities.append(priority)
          answers.append(done)
        },
        tell: { [unowned self] in told.append($0) })
      follower.makeRealTime = { _ in 1 }
      follower.makeOrdinary = { [unowned self] in
        ordinary += 1
        return 0
      }
      follower.awaitRealTime = { 1234 }
      follower.wasAtLimit = { [unowned self] in
        defer { isAtLimit = false }
        return isAtLimit
      }
    }

    /// Answers the request of this number, from 0. One that was never made fails the test.
    func answer(_ request: Int, _ isGiven: Bool, at place: SourceLocation = #_sourceLocation) throws {
      try #require(answers.indices.contains(request), "request \(request) was not made", sourceLocation: place)
      answers[request](isGiven)
    }
  }

  @Test func `an answer is told on the worker, once`() throws {
    let desk = Desk()
    desk.follower.follow(20)
    #expect(desk.priorities == [19] && desk.told == [] && desk.follower.isLimited)
    try desk.answer(0, true)
    #expect(desk.told == [], "only the worker tells")
    for _ in 0..<3 { desk.follower.follow(20) }
    #expect(desk.told == [.realTime] && desk.priorities == [19] && desk.ordinary == 0)
  }

  /// The worker stayed above a callback that had become ordinary meanwhile.
  @Test func `a priority that is given after the device's thread has become ordinary is given back`() throws {
    let desk = Desk()
    desk.follower.follow(20)
    desk.follower.follow(0)
    #expect(desk.told == [.ordinary] && desk.ordinary == 1)
    try desk.answer(0, true)
    desk.follower.follow(0)
    #expect(desk.ordinary == 2 && desk.told == [.ordinary, .ordinary])
    desk.follower.follow(0)
    #expect(desk.ordinary == 2, "once")
  }

  @Test func `of two requests the newer one counts, in whichever order they are answered`() throws {
    let desk = Desk()
    desk.follower.follow(20)
    desk.follower.follow(30)
    #expect(desk.priorities == [19, 29])
    try desk.answer(0, true)
    desk.follower.follow(30)
    #expect(desk.told == [] && desk.priorities.count == 2, "the newer answer is to come")
    try desk.answer(1, true)
    desk.follower.follow(30)
    #expect(desk.told == [.realTime] && desk.priorities.count == 2)

    let other = Desk()
    other.follower.follow(20)
    other.follower.follow(30)
    try other.answer(1, true)
    try other.answer(0, true)
    other.follower.follow(30)
    #expect(other.priorities == [19, 29, 29], "the older was given last, so it is set anew")
    try other.answer(2, true)
    for _ in 0..<3 { other.follower.follow(30) }
    #expect(other.told == [.realTime, .realTime] && other.priorities.count == 3)
  }

  @Test func `a refusal leaves nothing of an older request`() throws {
    let desk = Desk()
    desk.follower.follow(20)
    desk.follower.follow(30)
    try desk.answer(0, true)
    try desk.answer(1, false)
    desk.follower.follow(30)
    #expect(desk.told == [.refused] && desk.ordinary == 1 && desk.priorities.count == 2)
  }

  /// One overload left the worker ordinary for the rest of the session.
  @Test func `what was taken away at the limit is asked for again after a while`() throws {
    let desk = Desk()
    desk.follower.pause = .max / 4
    desk.follower.follow(20)
    try desk.answer(0, true)
    desk.follower.follow(20)
    desk.isAtLimit = true
    desk.follower.follow(20)
    desk.follower.follow(20)
    #expect(desk.told == [.realTime, .ordinary] && desk.priorities == [19], "not at once")
    desk.follower.pause = 0
    desk.isAtLimit = true
    desk.follower.follow(20)
    desk.follower.follow(20)
    #expect(desk.priorities == [19, 19])
    try desk.answer(1, true)
    desk.follower.follow(20)
    #expect(desk.told == [.realTime, .ordinary, .ordinary, .realTime])
  }
}
