import Foundation
import Testing

@Suite struct BenchTests {
  @Test func `what is the same work is measured once, and the advice is for live use`() throws {
    let result = try run("bench", "--json", "--seconds", "0.5")
    try #require(result.status == 0, "\(result.errors)")
    let report = try #require(JSONSerialization.jsonObject(with: result.output) as? [String: Any])
    let rows = try #require(report["rows"] as? [[String: Any]])
    let names = rows.compactMap { $0["name"] as? String }
    #expect(names.count == rows.count && Set(names).count == names.count)
    let parts = names.map { Set($0.components(separatedBy: ", ")) }
    #expect(parts.contains(["gentle", "live", "quality"]))
    let steps = ["", " --steps 2", " --steps 4", " --steps 8"].map { "--second-model none\($0)" }
    #expect(names.suffix(5) == steps + ["--model wide"])
    // A machine on which no preset fits is told so; any other is told the preset that live use takes.
    let row = try #require(rows.first { ($0["presets"] as? [String])?.contains("live") == true })
    let fits = try #require(row["p99"] as? Double) < (try #require(row["deadline"] as? Double)) / 2
    #expect(report["recommended"] as? String == (fits ? "live" : nil))
  }
}
