import Enhancement
import LiveTestSupport
import Realtime
import Testing

@Suite struct CommandTests {
  @Test(arguments: [
    LiveCommand.bypass(true), .bypass(false), .learn(seconds: 1.5), .freeze(true), .clear, .attenuationLimit(12),
    .attenuationLimit(nil), .mix(0.25), .guidance(1.5), .steps(4), .networks(.first), .networks(.both),
  ])
  func `every command is read as it is written`(_ command: LiveCommand) throws {
    #expect(try LiveCommand(line: command.description) == command)
  }

  @Test(arguments: [
    "", "bypass", "bypass maybe", "steps 65", "steps 1.5", "limit -1", "mix nan", "clear now", "fly on", "mix 1 2",
    "networks", "networks third",
  ])
  func `a line that is no command is refused with what was expected`(_ line: String) {
    #expect(throws: LiveCommandError.self) { try LiveCommand(line: line) }
  }

  /// By the setting's key: a command as a line, and what the setting is then.
  private static let settingLines: [String: (line: String, value: String)] = [
    "bypass": ("bypass on", "true"), "attenuation-limit": ("limit 12", "12.0"), "mix": ("mix 0.25", "0.25"),
    "guidance": ("guidance 1.5", "1.5"), "steps": ("steps 4", "4"), "networks": ("networks second", "second"),
  ]

  /// The table does not make them: without one, `ctl`, a recording and the C interface of a running engine cannot change it.
  @Test func `every setting that may change while running has a live command`() throws {
    for setting in EnhancementSetting.all where setting.changesWhileRunning {
      guard let (line, value) = Self.settingLines[setting.key] else {
        Issue.record(
          "\(setting.key) may change while running: give it a LiveCommand and a line here (docs/ARCHITECTURE.md, A preset's key)"
        )
        continue
      }
      let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: calm)
      #expect(setting.text(of: engine.settings) != value, "\(setting.key) has another value at first")
      try engine.send(try LiveCommand(line: line))
      #expect(setting.text(of: engine.settings) == value, "'\(line)' sets \(setting.key)")
    }
  }
}
