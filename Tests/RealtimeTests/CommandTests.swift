import Enhancement
import LiveTestSupport
import Synchronization
import TestSupport
import Testing

@testable import Realtime

@Suite struct CommandTests {
  @Test(arguments: [
    EngineCommand.bypass(true), .bypass(false), .learn(seconds: 1.5), .freeze(true), .clear, .attenuationLimit(12),
    .attenuationLimit(nil), .mix(0.25), .guidance(1.5), .steps(4), .networks(.first), .networks(.both),
  ])
  func `every command is read as it is written`(_ command: EngineCommand) throws {
    #expect(try EngineCommand(line: command.description) == command)
  }

  @Test(arguments: [
    "", "bypass", "bypass maybe", "steps 65", "steps 1.5", "limit -1", "mix nan", "clear now", "fly on", "mix 1 2",
    "networks", "networks third",
  ])
  func `a line that is no command is refused with what was expected`(_ line: String) {
    #expect(throws: EngineCommandError.self) { try EngineCommand(line: line) }
  }

  /// A session of a model without learned tokens that hears noise between commands: for every wait of three seconds the frames in
  /// the reference, whether it is frozen, and whether it will be, half a tenth of a second and all of it after the command.
  private func references(after commands: [EngineCommand]) throws -> [String] {
    let rig = try Rig(StreamFormat(sampleRate: 16_000, block: 160, channelCount: 1), model: try model("tiny"))
    var random = Random(1)
    var told: [String] = []
    func play(_ blocks: Int) {
      for _ in 0..<blocks {
        rig.callback((0..<160).map { _ in 0.1 * random.sample() })
        rig.work()
      }
      let frames = rig.meters.referenceFrames.load(ordering: .relaxed)
      let isFrozen = rig.meters.isFrozen.load(ordering: .relaxed)
      let willBe = rig.meters.freezesWhenHeard.load(ordering: .relaxed)
      told.append(
        (frames < 25 ? "short" : frames == 200 ? "full" : "\(frames)")
          + (isFrozen ? " frozen" : willBe ? " freezes" : ""))
    }
    play(300)
    for command in commands {
      rig.send(command)
      play(5)
      play(295)
    }
    return told
  }

  /// It stayed empty for good, and the screen said nothing.
  @Test func `a frozen reference that is cleared is heard anew and frozen again`() throws {
    let told = try references(after: [.freeze(true), .clear, .clear, .freeze(false), .clear])
    #expect(
      told == [
        "full", "full frozen", "full frozen", "short freezes", "full frozen", "short freezes", "full frozen", "full",
        "full", "short", "full",
      ])
  }

  @Test func `what learning held is let go by forget, what freeze holds is heard anew`() throws {
    let learned = try references(after: [.learn(seconds: 2.5), .forget])
    #expect(learned.suffix(3) == ["full frozen", "short", "full"])
    let frozen = try references(after: [.freeze(true), .forget])
    #expect(frozen.suffix(3) == ["full frozen", "short freezes", "full frozen"])
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
          "\(setting.key) may change while running: give it a EngineCommand and a line here (docs/ARCHITECTURE.md, A preset's key)"
        )
        continue
      }
      let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: calm)
      #expect(setting.text(of: engine.settings) != value, "\(setting.key) has another value at first")
      try engine.send(try EngineCommand(line: line))
      #expect(setting.text(of: engine.settings) == value, "'\(line)' sets \(setting.key)")
    }
  }
}
