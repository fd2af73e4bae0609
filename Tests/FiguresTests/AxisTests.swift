import Figures
import Testing

/// Numbers at axes, and names in pictures.
@Suite struct AxisTests {
  @Test(arguments: [
    (0.1, "0.00", "0.10", "seconds"), (5, "0.0", "5.0", "seconds"), (20, "0", "20", "seconds"),
    (75, "0:00", "1:10", "minutes:seconds"), (3_600, "0:00:00", "1:00:00", "hours:minutes:seconds"),
    (360_000, "0:00:00", "96:00:00", "hours:minutes:seconds"),
  ])
  func `time has few round numbers`(seconds: Double, first: String, last: String, unit: String) throws {
    let ticks = Axis.time(to: seconds, most: 13)
    #expect(ticks.first?.label == first && ticks.last?.label == last, "\(ticks)")
    #expect((3...13).contains(ticks.count) && Axis.timeUnit(of: seconds) == unit)
    #expect(Set(ticks.map(\.label)).count == ticks.count)
  }

  @Test func `a time below every step has one number`() {
    #expect(Axis.time(to: 1 / 48_000, most: 13).map(\.label) == ["0.00"])
  }

  @Test func `levels have steps of 1, 2 and 5`() {
    #expect(Axis.linear(from: -80, to: 0, most: 5, finest: 1).map(\.label) == ["−80", "−60", "−40", "−20", "0"])
    #expect(Axis.linear(from: 0, to: 24, most: 8, finest: 0.1).map(\.label) == ["0", "5", "10", "15", "20"])
    #expect(Axis.linear(from: 0, to: 8, most: 8, finest: 0.1).map(\.label).last == "8")
  }

  @Test func `numbers have a true minus and no minus zero`() {
    #expect(Axis.number(-24.94, decimals: 1) == "−24.9" && Axis.number(-0.04, decimals: 1) == "0.0")
    #expect(Axis.number(1.995, decimals: 2) == "2.00" && Axis.number(7.05, decimals: 2) == "7.05")
    #expect(Axis.number(-.infinity, decimals: 1) == "−∞" && Axis.number(.nan, decimals: 1) == "–")
    #expect(Axis.number(12, decimals: 0) == "12")
    #expect(Axis.duration(0.1) == "0.10 s" && Axis.duration(20) == "20.0 s")
    #expect(Axis.duration(65.4) == "1:05" && Axis.duration(3_600) == "1:00:00")
  }

  @Test func `names show no controls, line ends or turned directions`() {
    #expect(
      FigureText.shown("a\nb\u{0}\u{1B}[31m\u{202E}é\u{10FE80}\u{2028}")
        == "a\u{FFFD}b\u{FFFD}\u{FFFD}[31m\u{FFFD}é\u{FFFD}\u{FFFD}")
    #expect(FigureText.shown("talk – 日本 & <b>.wav") == "talk – 日本 & <b>.wav")
  }

  @Test func `long names lose their middle`() {
    let long = String(repeating: "x", count: 300) + ".wav"
    let short = FigureText.shortened(long) { $0.count <= 40 }
    #expect(short.count == 40 && short.hasPrefix("xxx") && short.hasSuffix(".wav") && short.contains("…"))
    #expect(FigureText.shortened("talk.wav") { $0.count <= 40 } == "talk.wav")
    #expect(FigureText.shortened(long) { _ in false } == "…")
  }
}
