import Realtime
import Testing

@testable import limpid

@Suite struct MeterTests {
  private func group(_ input: Double, peak: Double, clips: Bool = false) -> GroupLevels {
    var levels = GroupLevels()
    levels.input = input
    levels.output = input - 6
    levels.inputPeak = peak
    levels.isClipping = clips
    return levels
  }

  private func lines(_ groups: [GroupLevels], place: [String] = []) -> [String] {
    var status = LiveStatus.example
    status.groups = groups
    return StatusScreen.lines(status, name: "limpid jack", place: place, columns: 80)
  }

  @Test func `a peak is marked above the level, and clipping is said`() throws {
    let meter = try #require(lines([group(-30, peak: -3)]).first { $0.hasPrefix("in ") })
    let bar = meter.dropFirst(6).prefix { "█░▌".contains($0) }
    #expect(bar.count == 57 && bar.prefix { $0 == "█" }.count == 29)
    #expect(bar.firstIndex(of: "▌").map { bar.distance(from: bar.startIndex, to: $0) } == 54)
    #expect(!meter.contains("CLIPS"))
    let clipped = try #require(lines([group(-30, peak: 0, clips: true)]).first { $0.hasPrefix("in ") })
    #expect(clipped.hasSuffix("-30.0 dB CLIPS") && clipped.count <= 80)
  }

  @Test func `independent channels have a meter each, many share one`() {
    let two = lines([group(-20, peak: -10), group(-40, peak: -30)])
    #expect(
      two.filter { $0.hasPrefix("in ") || $0.hasPrefix("out ") }.map { $0.prefix(5) } == [
        "in 1 ", "out 1", "in 2 ", "out 2",
      ])
    let many = lines((0..<8).map { group(-20, peak: Double(-$0), clips: $0 == 5) })
    #expect(many.filter { $0.hasPrefix("in ") }.count == 1)
    #expect(many.contains { $0.hasPrefix("in ") && $0.hasSuffix("CLIPS") }, "one of them clips")
  }

  @Test func `preset, ports and control socket are on one line`() {
    let place = ["preset live", "system:capture_1 to system:playback_1", "control /run/limpid"]
    #expect(lines([], place: place)[1...2].contains(place.joined(separator: "  ")))
    let long = ["preset live", "system:capture_1 to system:playback_1", "control /run/user/1000/limpid/socket"]
    #expect(lines([], place: long).joined(separator: " ").contains(long[2]), "it takes another line and is whole")
  }

  @Test func `nothing heard is not called frozen`() {
    var status = LiveStatus.example
    status.isFrozen = true
    #expect(StatusScreen.lines(status, name: "x", columns: 80).joined().contains("[frozen]"))
    status.referenceFrames = 0
    #expect(!StatusScreen.lines(status, name: "x", columns: 80).joined().contains("[frozen]"))
  }
}
