import Foundation
import Testing
import TestSupport

@testable import limpid

@Suite struct BenchTests {
  @Test func `what is the same work is measured once, and the advice is for live use`() throws {
    // Beside one of the user's own that is wrong, which stopped all.
    let scratch = try Scratch()
    try "steps = =".write(toFile: scratch.path("mine.toml"), atomically: true, encoding: .utf8)
    let result = try run("bench", "--json", "--seconds", "0.5", environment: ["LIMPID_PRESETS": scratch.path("")])
    try #require(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("warning: ") && result.errors.contains("mine.toml"))
    let report = try #require(JSONSerialization.jsonObject(with: result.output) as? [String: Any])
    let rows = try #require(report["rows"] as? [[String: Any]])
    let names = rows.compactMap { $0["name"] as? String }
    #expect(names.count == rows.count && Set(names).count == names.count)
    let parts = names.map { Set($0.components(separatedBy: ", ")) }
    #expect(parts.contains(["gentle", "live", "quality"]))
    let steps = ["", " --steps 2", " --steps 4", " --steps 8"].map { "--second-model none\($0)" }
    // The preset fast is live with the light network alone.
    #expect(names.first == "fast, --second-model none")
    #expect(names.suffix(4) == steps.dropFirst() + ["--model wide"])
    // A machine on which nothing of the preset fits is told so; any other is told the preset that live use takes.
    let live = try #require(rows.first { ($0["presets"] as? [String])?.contains("live") == true })
    let first = try #require(rows.first { ($0["presets"] as? [String])?.contains("fast") == true })
    var fits = false
    for row in [live, first] {
      let p99 = try #require(row["p99"] as? Double)
      let deadline = try #require(row["deadline"] as? Double)
      fits = fits || p99 < deadline / 2
    }
    #expect(report["recommended"] as? String == (fits ? "live" : nil))
  }

  /// "No preset fits" once stood below the light network's row, which did.
  @Test func `where the light network alone fits, live is advised and what it does by itself is said`() {
    func row(_ name: String, _ presets: [String], _ p99: Double) -> BenchCommand.Row {
      BenchCommand.Row(
        name: name, presets: presets, steps: 1, guidance: 1, precision: "float32", median: p99, p99: p99, p999: p99,
        longest: p99, encoder: 0.5, realTimeFactor: p99 / 10, deadline: 10)
    }
    func advice(both: Double, light: Double) -> (advice: BenchCommand.Advice, remarks: [String]) {
      let rows = [row("live, quality", ["live", "quality"], both), row("--second-model none", [], light)]
      let advice = BenchCommand.Advice(rows)
      return (advice, rows.map { advice.remark($0) })
    }
    let whole = advice(both: 4, light: 1)
    #expect(whole.advice.preset == "live" && whole.remarks == ["", ""])
    #expect(whole.advice.lines == ["Recommended live: --preset live; 99 of 100 frames leave 60 % of their time free."])
    let part = advice(both: 6, light: 2)
    #expect(part.advice.preset == "live" && part.remarks == ["   live leaves out what does not fit", ""])
    #expect(part.advice.lines.first?.contains("limpid live then leaves out what does not fit by itself") == true)
    #expect(part.advice.lines.last == "The light network alone (--second-model none) leaves 80 % free.")
    let none = advice(both: 20, light: 6)
    #expect(none.advice.preset == nil && none.remarks == ["   too slow to be live", "   too slow to be live"])
    #expect(none.advice.lines.count == 1 && none.advice.lines[0].hasPrefix("No preset fits"))
  }
}
