import Realtime
import Testing

@Suite struct CommandTests {
  @Test(arguments: [
    LiveCommand.bypass(true), .bypass(false), .learn(seconds: 1.5), .freeze(true), .clear, .attenuationLimit(12),
    .attenuationLimit(nil), .mix(0.25), .guidance(1.5), .steps(4),
  ])
  func `every command is read as it is written`(_ command: LiveCommand) throws {
    #expect(try LiveCommand(line: command.description) == command)
  }

  @Test(arguments: [
    "", "bypass", "bypass maybe", "steps 65", "steps 1.5", "limit -1", "mix nan", "clear now", "fly on", "mix 1 2",
  ])
  func `a line that is no command is refused with what was expected`(_ line: String) {
    #expect(throws: LiveCommandError.self) { try LiveCommand(line: line) }
  }
}
