import Realtime
import Testing

@testable import limpid

/// limpid live: keys.
@Suite struct KeyTests {
  private func action(_ key: Character, _ change: (inout LiveStatus) -> Void = { _ in }) -> KeyAction? {
    var status = LiveStatus.example
    change(&status)
    return KeyAction(key, status: status)
  }

  @Test func `every key of the help does what the help says`() {
    #expect(action("b") == .command(.bypass(true)))
    #expect(action("b") { $0.settings.bypass = true } == .command(.bypass(false)))
    #expect(action("l") == .command(.learn(seconds: 4)))
    #expect(action("l") { $0.canLearn = true } == .command(.learn(seconds: 4)))
    #expect(action("l") { ($0.canLearn, $0.learning) = (true, 1.5) } == .command(.endLearning))
    #expect(action("L") == .command(.forget))
    #expect(action("f") == .command(.freeze(true)))
    #expect(action("f") { $0.isFrozen = true } == .command(.freeze(false)))
    #expect(action("f") { $0.freezesWhenHeard = true } == .command(.freeze(false)))
    #expect(action("c") == .command(.clear))
    #expect(action("q") == .quit && action("\u{4}") == .quit && action("?") == .help)
    for steps in 1...8 { #expect(action(Character("\(steps)")) == .command(.steps(steps))) }
    for key in "09xBQ \n\t" { #expect(action(key) == nil, "\(key)") }
  }

  @Test func `the attenuation limit goes by 3 dB between 0 and off`() {
    func after(_ key: Character, _ limit: Float?) -> KeyAction? {
      action(key) { $0.settings.attenuationLimitInDecibels = limit }
    }
    #expect(after("-", nil) == .command(.attenuationLimit(30)))
    #expect(after("-", 30) == .command(.attenuationLimit(27)))
    #expect(after("-", 1) == .command(.attenuationLimit(0)))
    #expect(after("-", 0) == .command(.attenuationLimit(0)))
    #expect(after("+", 0) == .command(.attenuationLimit(3)))
    #expect(after("=", 27) == .command(.attenuationLimit(30)))
    #expect(after("+", 30) == .command(.attenuationLimit(nil)))
    #expect(after("+", 100) == .command(.attenuationLimit(nil)))
    #expect(after("+", nil) == .command(.attenuationLimit(nil)))
  }

  private func read(_ text: String) -> String {
    var reader = KeyReader()
    return String(text.utf8.compactMap { reader.key($0) })
  }

  /// F5 sends ESC [ 1 5 ~, which once set 1 step, then 5.
  @Test func `arrows, function keys, Alt and letters beyond ASCII are no keys`() {
    #expect(read("b\u{1B}[Al") == "bl")
    #expect(read("\u{1B}[15~2") == "2")
    #expect(read("\u{1B}[1;5C3") == "3")
    #expect(read("\u{1B}OPq") == "q")
    #expect(read("\u{1B}qb") == "b")
    #expect(read("éβq") == "q")
  }

  @Test func `Esc alone holds no key up for longer than a pause`() {
    var reader = KeyReader()
    #expect(reader.key(0x1B) == nil)
    reader.pause()
    #expect(reader.key(UInt8(ascii: "q")) == "q")
  }
}
