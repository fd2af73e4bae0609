import ArgumentParser
import Enhancement
import Foundation
import Realtime
import Synchronization
import Testing

@testable import limpid

/// limpid ctl: the lines.
@Suite struct ControlProtocolTests {
  @Test func `commands are sent and answered with ok`() {
    let controls = StandIn()
    let answers = ControlProtocol(controls: controls, quit: {})
    for line in [
      "bypass on", "  LIMIT  12 ", "limit off\r", "limit none", "learn 2", "learn", "learn end", "forget", "steps 3",
      "mix 0.5",
    ] {
      #expect(answers.answer(line) == "ok", "\(line)")
    }
    #expect(
      controls.sent == [
        .bypass(true), .attenuationLimit(12), .attenuationLimit(nil), .attenuationLimit(nil), .learn(seconds: 2),
        .learn(seconds: 4), .endLearning, .forget, .steps(3), .mix(0.5),
      ])
  }

  @Test(arguments: [
    "", "fly", "steps", "steps 65", "limit -3", "mix nan", "bypass on off", "clear now", "a\u{85}b\u{2028}c", "\0",
  ])
  func `what is no command is answered with one line that says what is`(line: String) {
    let controls = StandIn()
    let answer = ControlProtocol(controls: controls, quit: {}).answer(line)
    #expect(answer.hasPrefix("error: ") && answer.contains("expected"))
    #expect(!answer.contains { $0.isNewline }, "one line: \(answer)")
    #expect(controls.sent.isEmpty)
  }

  @Test func `status and quit are named among all commands, not as values of one`() {
    let answers = ControlProtocol(controls: StandIn(), quit: {})
    #expect(
      answers.answer("fly").hasSuffix(
        "networks both|first|second, profiles, save NAME, use [NAME …], page, status, quit"))
    #expect(answers.answer("mix 2").hasSuffix("expected: mix SHARE, 0 (the input) to 1 (the enhanced signal)"))
  }

  @Test func `use names what is removed from now on; what was never learned is refused`() {
    let controls = StandIn()
    let answers = ControlProtocol(controls: controls, quit: {})
    #expect(answers.answer("use") == "ok" && controls.removed == [[]])
    for line in ["use limpid-nobody-\(getpid())", "use ../x", "use a/b"] {
      let answer = answers.answer(line)
      #expect(answer.hasPrefix("error: "), "\(answer)")
    }
    #expect(controls.removed.count == 1)
  }

  @Test func `what the engine refuses is an error, too`() {
    let answer = ControlProtocol(controls: StandIn(), quit: {}).answer("guidance 7")
    #expect(answer == "error: busy: " + LiveError.busy.description)
  }

  @Test func `to save before anything was learned is too early, not wrong`() {
    let answers = ControlProtocol(controls: StandIn(), quit: {})
    #expect(answers.answer("save room").hasPrefix(ControlProtocol.busy + "nothing was learned yet"))
  }

  /// All of it ended with 64, as if the command were wrong.
  @Test func `what may be taken in a moment is told from what is wrong`() throws {
    final class Refusing: LiveControls {
      let error: LiveError
      init(_ error: LiveError) { self.error = error }
      var status: LiveStatus? { nil }
      var learnedNoise: LearnedNoise? { nil }
      func send(_ command: EngineCommand) throws { throw error }
      func remove(_ sounds: [LearnedNoise], named names: [String]) throws { throw error }
    }
    for error in [LiveError.busy, .learning, .notRunning] {
      for line in ["learn", "use"] {
        let answer = ControlProtocol(controls: Refusing(error), quit: {}).answer(line)
        #expect(answer == "error: busy: \(error)")
      }
    }
    let wrong = ControlProtocol(controls: Refusing(.badOption("no")), quit: {})
    #expect(wrong.answer("use") == "error: no" && wrong.answer("status").hasPrefix("error: busy: "))
  }

  @Test func `the socket tells the live page's address, or that there is none`() {
    let address = "http://127.0.0.1:8080/#token"
    #expect(ControlProtocol(controls: StandIn(), page: address, quit: {}).answer(" Page") == address)
    let none = ControlProtocol(controls: StandIn(), quit: {}).answer("page")
    #expect(none.hasPrefix("error: no live page") && none.contains("--web"))
  }

  @Test func `quit asks for the end, once a line`() {
    final class Count: Sendable { let value = Atomic(0) }
    let count = Count()
    let answers = ControlProtocol(controls: StandIn(), quit: { count.value.add(1, ordering: .relaxed) })
    #expect(answers.answer("quit") == "ok" && answers.answer(" QUIT ") == "ok")
    #expect(count.value.load(ordering: .relaxed) == 2)
  }

  @Test func `status is one line of JSON with all of it; what is not finite is left out`() throws {
    func object(_ status: LiveStatus) throws -> [String: Any] {
      let line = ControlProtocol(controls: StandIn(status), quit: {}).answer("status")
      #expect(!line.contains("\n"))
      return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
    let full = try object(.crowded)
    #expect(full["latency_samples"] as? Int == 25_536 && full["latency_ms"] as? Double == 133)
    #expect(full["late"] as? Int == 36_000_000 && full["dry"] as? Int == 1_234_567)
    #expect(full["reduced"] != nil && full["reference_late"] != nil && full["xruns"] != nil)
    #expect(full["steps"] as? Int == 1 && full["wished_steps"] as? Int == 8)
    var named = LiveStatus.example
    named.removedNames = ["tv"]
    #expect(try object(named)["removed"] as? [String] == ["tv"] && full["removed"] as? [String] == [])
    #expect(full["bypass"] as? Bool == true && full["attenuation_limit_db"] as? Double == 12.5)
    var silent = LiveStatus.example
    silent.inputLevel = -.infinity
    silent.outputLevel = .nan
    silent.noiseReduction = .infinity
    silent.clockDrift = .nan
    let empty = try object(silent)
    for key in ["input_db", "output_db", "noise_reduction_db", "clock_drift_ppm"] {
      #expect(empty[key] == nil, "\(key)")
    }
    #expect(empty["sample_rate"] as? Int == 48_000)
    var measured = LiveStatus.example
    measured.longestCallback = 0.000_333_537
    measured.inputLevel = -33.022_970_5
    let line = StatusJSON(measured).line
    #expect(line.contains(#""callback_ms_longest":0.334,"#) && line.contains(#""input_db":-33.02,"#), "\(line)")
    #expect(ControlProtocol(controls: StandIn(nil), quit: {}).answer("status").hasPrefix("error: "))
  }

  /// It named drySamples and referenceLate, which are in a file's report.
  @Test func `the help names the counters as the status does`() throws {
    let line = StatusJSON(.example).line
    let status = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let help = ControlCommand.helpMessage(columns: 1000).split(separator: "\n")
    for counter in LiveCounters.all {
      let entry = try #require(help.first { $0.hasSuffix(": " + counter.meaning) }, "\(counter.name)")
      let name = entry.drop { $0 == " " }.prefix { $0 != ":" }
      #expect(status[String(name)] as? Int != nil, "\(name)")
    }
  }
}
