import Foundation
import Synchronization
import Testing

@testable import limpid

/// Real-time priority that RealtimeKit gives.
@Suite struct RealtimeKitTests {
  /// What busctl was asked, and whether the priority was given.
  private func ask(_ priority: Int, most: String, code: Int32 = 0, callCode: Int32 = 0) -> (
    given: Bool, lines: [String]
  ) {
    final class Lines: Sendable { let all = Mutex<[String]>([]) }
    let asked = Lines()
    let kit = RealtimeKit { words in
      asked.all.withLock { $0.append(words.joined(separator: " ")) }
      let isCall = words.contains("call")
      return Tool.Result(code: isCall ? callCode : code, output: Data(isCall ? "".utf8 : most.utf8))
    }
    return (kit.give(priority, to: 4711), asked.all.withLock { $0 })
  }

  @Test func `a thread gets its priority, or the most that anybody gets`() {
    let object = "org.freedesktop.RealtimeKit1 /org/freedesktop/RealtimeKit1 org.freedesktop.RealtimeKit1"
    let (given, lines) = ask(59, most: "i 20\n")
    #expect(given)
    #expect(
      lines == [
        "--system --timeout=5 get-property \(object) MaxRealtimePriority",
        "--system --timeout=5 call \(object) MakeThreadRealtimeWithPID ttu \(getpid()) 4711 20",
      ])
    #expect(ask(19, most: "i 20\n").lines.last?.hasSuffix(" 4711 19") == true)
  }

  @Test func `where it is not there, refuses or says nothing sensible, the answer is no`() {
    for (given, lines) in [ask(59, most: "", code: 1), ask(59, most: "i\n"), ask(59, most: "i 0\n")] {
      #expect(!given && lines.count == 1)
    }
    #expect(!ask(59, most: "i 20\n", callCode: 1).given)
    let missing = RealtimeKit { _ in throw Failure(.noInput, "busctl is not installed") }
    #expect(!missing.give(59, to: 1))
  }
}
