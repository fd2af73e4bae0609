import Enhancement
import Realtime
import Testing

@testable import limpid

/// limpid live: what a person sees.
@Suite struct ScreenTests {
  private func text(_ status: LiveStatus, columns: Int = 80, help: Bool = false) -> String {
    StatusScreen.lines(status, name: "limpid jack", columns: columns, showsHelp: help).joined(separator: "\n")
  }

  @Test func `levels, times, steps, the reference's age, counters and keys are there`() {
    let text = text(.example)
    for part in [
      "limpid jack", "48000 Hz", "2 channels", "blocks of 256", "latency 33.0 ms (1584 samples)", "-23.4 dB",
      "-31.2 dB",
      "noise 14.6 dB lower", "frame 1.23 ms, p99 4.56 ms of 10 ms", "steps 1", "reference 1.5 s, 0.4 s old", "late 0",
      "reduced 0", "dry 0", "reference-late 0", "xruns 0", "q quit",
    ] { #expect(text.contains(part), "\(part) in:\n\(text)") }
    #expect(!text.contains("drift") && !text.contains("bypass]"))
  }

  @Test(arguments: [
    (EnhancementSettings.SecondPassShare.whole, "two passes"), (.light, "second pass light, for want of time"),
    (.none, "one pass, for want of time"),
  ])
  func `how much of two passes runs is said, to people and programs`(
    share: EnhancementSettings.SecondPassShare, words: String
  ) {
    var status = LiveStatus.example
    #expect(!text(status).contains(words) && !StatusJSON(status).line.contains("second_pass"))
    status.secondPass = share
    #expect(text(status).contains(words))
    #expect(StatusJSON(status).line.contains(#""second_pass":"\#(share)""#))
  }

  @Test(arguments: [1, 5, 20, 40, 79, 80, 81, 200]) func `no line is longer than the terminal is wide`(columns: Int) {
    for status in [LiveStatus.example, .crowded] {
      for help in [false, true] {
        let lines = StatusScreen.lines(status, name: "limpid jack", columns: columns, showsHelp: help)
        #expect(lines.allSatisfy { $0.count <= columns && !$0.contains("\n") })
      }
    }
  }

  /// Counters of a long night were once cut off at the right edge.
  @Test func `in 80 columns nothing is cut, however large the numbers`() {
    let text = text(.crowded)
    for part in [
      "latency 133.0 ms (25536 samples)", "of 10 ms", "steps 1 of 8", "guidance 1.25", "mix 0.125", "limit 12.5 dB",
      "reference 2.0 s, 3600.0 s old", "[learning, 59.5 s]", "[frozen]", "[bypass]", "late 36000000", "xruns 1234567",
      "overruns 1234567", "drift -234.5 ppm",
    ] { #expect(text.contains(part), "\(part) in:\n\(text)") }
    let help = self.text(.crowded, help: true)
    for part in ["l again ends", "reverse steps per frame", "clear it", "quit"] { #expect(help.contains(part)) }
  }

  @Test(arguments: [20, 40, 76, 80])
  func `the help is whole at any width from 20 on, in two columns where they fit`(columns: Int) {
    let lines = StatusScreen.lines(.example, name: "limpid live", columns: columns, showsHelp: true)
    #expect(lines.allSatisfy { $0.count <= columns })
    let words = lines.joined(separator: " ")
    for word in ["delayed input", "l again ends", "clear it", "by 3 dB", "per frame", "this help", "quit"] {
      #expect(words.contains(word), "\(word)")
    }
    #expect(lines.contains { $0.hasPrefix("b  ") && $0.hasSuffix("l again ends") } == (columns >= 76))
  }

  @Test func `sentences end their lines between words`() {
    #expect(StatusScreen.wrapped("one two  three", 40) == ["one two  three"])
    #expect(StatusScreen.wrapped("one two three", 7) == ["one two", "three"])
    #expect(StatusScreen.wrapped("incomprehensibly one", 7) == ["incomprehensibly", "one"])
  }

  @Test func `the meter goes from -60 to 0 dB and stays within its bar; silence is said`() {
    func bar(_ level: Double) -> (full: Int, all: Int, line: String) {
      var status = LiveStatus.example
      status.inputLevel = level
      let line = StatusScreen.lines(status, name: "x", columns: 80)[1]
      return (line.filter { $0 == "█" }.count, line.filter { "█░".contains($0) }.count, line)
    }
    #expect(bar(-60).full == 0 && bar(-30).full == 29 && bar(0).full == 57)
    #expect(bar(40).full == 57 && bar(-300).full == 0)
    for level in [-300, -60, -12.3, 0, 40, -.infinity, .infinity, .nan] { #expect(bar(level).all == 57, "\(level)") }
    #expect(bar(-.infinity).line.contains("silent"))
  }

  @Test func `what was learned is said to be removed while it is, and not to be heard while it is not`() {
    var status = LiveStatus.example
    #expect(!text(status).contains("learned"))
    status.isLearned = true
    #expect(text(status).contains("[what was learned is not heard]"))
    status.isRemoving = true
    #expect(text(status).contains("[removing what was learned]"))
  }

  @Test func `a moment before anything was heard is told as such`() {
    var status = LiveStatus.example
    status.noiseReduction = nil
    status.referenceFrames = 0
    status.referenceAge = nil
    #expect(text(status).contains("no noise heard yet"))
    status.referenceFrames = 100
    #expect(text(status).contains("reference 1.0 s, saved"))
  }

  /// The mark was hidden, and the reference stayed empty for good.
  @Test func `a reference that is to be frozen as soon as enough is heard is told as such`() {
    var status = LiveStatus.example
    status.referenceFrames = 0
    #expect(!text(status).contains("freezes"))
    status.freezesWhenHeard = true
    #expect(text(status).contains("[freezes when heard]") && !text(status).contains("[frozen]"))
    #expect(StatusJSON(status).line.contains(#""freezes_when_heard":true"#))
  }

  @Test func `parts flow into as few lines as hold them, in their order`() {
    #expect(StatusScreen.flow(["aa", "bb", "cc"], 6) == ["aa  bb", "cc"])
    #expect(StatusScreen.flow(["aa", "bb", "cc"], 5) == ["aa", "bb", "cc"])
    #expect(StatusScreen.flow([], 5) == [])
    #expect(StatusScreen.flow(["longer", "b"], 3) == ["longer", "b"])
  }

  @Test func `a drawing goes up over the last one; after a change of width all is cleared`() {
    let first = RawTerminal.drawing(["a", "b"], over: 0, clears: false)
    #expect(first == "\r\u{1B}[Ka\n\r\u{1B}[Kb\n\u{1B}[J")
    #expect(RawTerminal.drawing(["a", "b"], over: 2, clears: false) == "\u{1B}[2A" + first)
    #expect(RawTerminal.drawing(["a", "b"], over: 2, clears: true) == "\u{1B}[H\u{1B}[2J" + first)
  }

  @Test func `the log has a line, and the end a summary, without line breaks`() {
    let line = StatusScreen.logLine(.crowded)
    #expect(line.hasPrefix("100:00:00 of sound  in -101.5 dB  out 3.5 dB"))
    for part in ["late 36000000", "dry 1234567", "xruns 1234567", "drift -234.5 ppm"] { #expect(line.contains(part)) }
    #expect(!line.contains("\n"))
    #expect(StatusScreen.summary(.example) == "1:15 of sound, late 0, reduced 0, dry 0, reference-late 0, xruns 0")
  }
}
