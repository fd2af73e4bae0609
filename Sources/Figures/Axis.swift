/// Where an axis has its numbers, and what they say.
package enum Axis {
  package struct Tick: Sendable, Equatable {
    package var value: Double
    package var label: String
  }

  /// Ticks of a time axis from 0 to `seconds`, at most `most`: seconds, minutes:seconds or hours:minutes:seconds.
  package static func time(to seconds: Double, most: Int) -> [Tick] {
    let steps: [Double] = [
      0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600,
      43_200,
    ]
    var step = steps.first { seconds / $0 < Double(most) } ?? 86_400
    while seconds / step >= Double(most) { step *= 2 }
    return ticks(from: 0, to: seconds, step: step).map { Tick(value: $0, label: clock($0, step: step, of: seconds)) }
  }

  /// What the numbers of such an axis are.
  package static func timeUnit(of seconds: Double) -> String {
    seconds < 60 ? "seconds" : seconds < 3600 ? "minutes:seconds" : "hours:minutes:seconds"
  }

  private static func clock(_ time: Double, step: Double, of seconds: Double) -> String {
    seconds < 60 ? number(time, decimals: step < 0.1 ? 2 : step < 1 ? 1 : 0) : clock(time, isLong: seconds >= 3600)
  }

  /// A length of time: "12.34 s", "12.3 s", "1:05", "1:00:00".
  package static func duration(_ seconds: Double) -> String {
    seconds < 60 ? number(seconds, decimals: seconds < 10 ? 2 : 1) + " s" : clock(seconds, isLong: seconds >= 3600)
  }

  private static func clock(_ time: Double, isLong: Bool) -> String {
    let whole = Int(time.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if !isLong { return "\(whole / 60):\(two(whole % 60))" }
    return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
  }

  /// Ticks from `low` to `high`, at most `most`, by steps of 1, 2 or 5 and powers of ten, none finer than `finest`.
  package static func linear(from low: Double, to high: Double, most: Int, finest: Double) -> [Tick] {
    var step = finest
    var factors = [2, 2.5, 2][...]  // 1, 2, 5, 10
    while (high - low) / step > Double(most) {
      step *= factors.first!
      factors = factors.count == 1 ? [2, 2.5, 2] : factors.dropFirst()
    }
    return ticks(from: low, to: high, step: step).map {
      Tick(value: $0, label: number($0, decimals: step < 0.1 ? 2 : step < 1 ? 1 : 0))
    }
  }

  private static func ticks(from low: Double, to high: Double, step: Double) -> [Double] {
    let first = Int((low / step - 1e-9).rounded(.up))
    let last = Int((high / step + 1e-9).rounded(.down))
    return first > last ? [] : (first...last).map { Double($0) * step }
  }

  /// A number with so many decimals and a true minus.
  package static func number(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return value < 0 ? "−∞" : value > 0 ? "∞" : "–" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let whole = Int(scaled)
    let unit = Int(scale)
    var text = "\(whole / unit)"
    if decimals > 0 {
      let rest = "\(whole % unit)"
      text += "." + String(repeating: "0", count: decimals - rest.utf8.count) + rest
    }
    return value < 0 && whole > 0 ? "−" + text : text
  }
}
