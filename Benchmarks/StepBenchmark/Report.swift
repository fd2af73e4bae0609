/// Rows of times, as lines for people or as JSON for tools/benchmarks.
struct Report {
  var json = false
  /// Added to the rows' names.
  var suffix = ""
  private var rows: [String] = []

  func begin(_ title: String) { if !json { print(title) } }

  /// - Parameter times: microseconds of each run, sorted.
  mutating func add(_ name: String, _ times: [Double], multiplyAdds: Int? = nil) {
    let name = name + suffix
    let median = times[times.count / 2]
    let p99 = times[min(times.count - 1, times.count * 99 / 100)]
    let rate = multiplyAdds.map { 2 * Double($0) / median / 1e3 }
    if json {
      let last = rate.map { ", \"gflops\": \($0)" } ?? ""
      rows.append("{\"name\": \"\(name)\", \"median\": \(median), \"p99\": \(p99), \"best\": \(times[0])\(last)}")
      return
    }
    var line = "\(name): median \(rounded(median)) µs, p99 \(rounded(p99)) µs, best \(rounded(times[0])) µs"
    if let rate { line += ", \(Int(rate.rounded())) GFLOP/s" }
    print(line)
  }

  func end() { if json { print("[" + rows.joined(separator: ",\n ") + "]") } }

  private func rounded(_ microseconds: Double) -> String {
    microseconds < 20 ? "\((microseconds * 100).rounded() / 100)" : "\(Int(microseconds.rounded()))"
  }
}
