import CThreads
import Ground
import LiveTestSupport
import Synchronization
import TestSupport
import Testing

@testable import Realtime

/// A session whose device's thread has a priority of 20, and what came of it.
private func follow(isAllowed: Bool, gives: Bool?) throws -> Asked {
  let rig = try Rig(StreamFormat(sampleRate: 16_000, block: 160, channelCount: 1))
  let asked = Asked()
  rig.shared.pointee.callbackPriority.store(20, ordering: .relaxed)
  var giver: LiveOptions.PriorityGiver?
  if let gives {
    giver = { thread, priority, done in
      asked.requests.withLock { $0.append((thread, priority)) }
      done(gives)
    }
  }
  let follower = PriorityFollower(most: 60, giver: giver) { outcome in asked.told.withLock { $0.append(outcome) } }
  follower.makeRealTime = { _ in isAllowed ? 0 : 1 }
  try rig.session.start(follower)
  defer { try? rig.session.stop() }
  try wait("the worker to follow") { asked.told.withLock { !$0.isEmpty } }
  return asked
}

private final class Asked: Sendable {
  let requests = Mutex<[(thread: Int, priority: Int)]>([])
  let told = Mutex<[PriorityFollower.Outcome]>([])
}

/// The priorities of a thread at its start and at its limit.
private final class Seen: Sendable {
  let given = Atomic<Int32>(0)
  let left = Atomic<Int32>(-1)
}

/// Whether a thread of this process may have a real-time priority.
private let isRealTimeAllowed: Bool = {
  let isAllowed = ct_make_realtime(1) == 0
  _ = ct_make_ordinary()
  return isAllowed
}()

/// The worker's priority where the system does not allow it one. In processes of their own, as the limit that comes with a given
/// priority is a whole process', for good.
@Suite struct PriorityTests {
  /// On a default desktop the worker ran at ordinary priority beside a real-time callback.
  @Test func `who is asked gets thread and priority, one below the device's, and what comes of it is told`() async {
    await #expect(processExitsWith: .success) {
      for gives in [true, false] {
        let asked = try follow(isAllowed: false, gives: gives)
        let requests = asked.requests.withLock { $0 }
        #expect(requests.count == 1 && requests[0].priority == 19 && requests[0].thread > 1)
        #expect(asked.told.withLock { $0 } == [gives ? .realTime : .refused])
      }
    }
  }

  @Test func `nobody is asked where it is allowed; where nobody is there to be asked, that is a refusal`() throws {
    let allowed = try follow(isAllowed: true, gives: true)
    #expect(allowed.requests.withLock { $0.isEmpty } && allowed.told.withLock { $0 } == [.realTime])
    let alone = try follow(isAllowed: false, gives: nil)
    #expect(alone.told.withLock { $0 } == [.refused])
  }

  /// The limit that comes with a given priority would end the process.
  @Test(.enabled(if: isRealTimeAllowed, "real-time priority is not allowed here"))
  func `a thread that runs for too long becomes ordinary, and the process lives`() async {
    await #expect(processExitsWith: .success) {
      let seen = Seen()
      let worker = try WorkerThread(name: "busy") {
        guard seen.left.load(ordering: .acquiring) < 0, ct_await_realtime() > 1 else {
          return sleep(nanoseconds: 1_000_000)
        }
        _ = ct_make_realtime(5)
        seen.given.store(ct_realtime_priority(), ordering: .relaxed)
        let until = monotonicNanoseconds() + 2_000_000_000
        while ct_realtime_priority() > 0, monotonicNanoseconds() < until {}
        seen.left.store(ct_realtime_priority(), ordering: .releasing)
      }
      try wait("the limit") { seen.left.load(ordering: .acquiring) >= 0 }
      worker.stop(wake: {})
      #expect(seen.given.load(ordering: .relaxed) == 5 && seen.left.load(ordering: .relaxed) == 0)
      #expect(ct_was_at_limit() && !ct_was_at_limit())
    }
  }
}
