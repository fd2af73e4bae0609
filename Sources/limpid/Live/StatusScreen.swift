import Foundation
import Live

/// What a person sees while it runs: status in, lines of text out.
enum StatusScreen {
  /// - Parameters:
  ///   - name: what runs, such as "limpid jack".
  ///   - columns: width of the terminal; no line is longer.
  static func lines(_ status: LiveStatus, name: String, columns: Int, showsHelp: Bool = false) -> [String] {
    let f = status.format
    let milliseconds = Double(status.latencyInSamples) / Double(f.sampleRate) * 1000
    var lines = [
      "\(name)  \(f.sampleRate) Hz, \(f.channelCount) channel\(f.channelCount == 1 ? "" : "s"), blocks of \(f.block)  "
        + String(format: "latency %.1f ms (%d samples)", milliseconds, status.latencyInSamples),
      "in    " + meter(status.inputLevel, width: columns - 18),
      "out   " + meter(status.outputLevel, width: columns - 18),
      String(
        format: "frame %.2f ms, p99 %.2f ms of %.0f ms   steps %d%@   guidance %g", status.frameTimeMedian * 1000,
        status.frameTime99 * 1000, status.frameDeadline * 1000, status.steps,
        status.wishedSteps == status.steps ? "" : " of \(status.wishedSteps)", status.settings.guidance),
      noise(status), counters(status.counters, status.clockDrift),
    ]
    if showsHelp {
      lines += [
        "b  bypass: the delayed input         l  learn the noise now, for 2 s: do not speak",
        "f  freeze the noise reference        c  clear it",
        "+ - attenuation limit by 3 dB        1 to 8  reverse steps per frame",
        "?  this help                         q  quit",
      ]
    } else {
      lines.append("b bypass  l learn  f freeze  c clear  +/- limit  1-8 steps  ? help  q quit")
    }
    return lines.map { String($0.prefix(max(1, columns))) }
  }

  /// −60 to 0 dB as a bar and a number.
  private static func meter(_ level: Double, width: Int) -> String {
    let width = max(4, min(60, width))
    let share = min(1, max(0, (level + 60) / 60))
    let filled = level.isFinite ? Int((Double(width) * share).rounded()) : 0
    let number = level.isFinite ? String(format: "%6.1f dB", max(level, -99.9)) : "  silent"
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled) + " " + number
  }

  private static func noise(_ status: LiveStatus) -> String {
    var parts: [String] = []
    if let reduction = status.noiseReduction { parts.append(String(format: "noise %.1f dB lower", reduction)) }
    if let limit = status.settings.attenuationLimitInDecibels { parts.append(String(format: "limit %g dB", limit)) }
    if status.settings.mix != 1 { parts.append(String(format: "mix %g", status.settings.mix)) }
    if status.referenceFrames == 0 {
      parts.append("no noise heard yet")
    } else {
      let age = status.referenceAge.map { String(format: ", %.1f s old", $0) } ?? ", saved"
      parts.append(String(format: "reference %.1f s", Double(status.referenceFrames) * 0.01) + age)
    }
    if let left = status.learning { parts.append(String(format: "[learning, %.1f s]", left)) }
    if status.isFrozen { parts.append("[frozen]") }
    if status.settings.bypass { parts.append("[bypass]") }
    return parts.joined(separator: "  ")
  }

  /// "late 0  reduced 0 …", the same words everywhere.
  static func counters(_ c: LiveCounters, _ drift: Double?) -> String {
    "late \(c.late)  reduced \(c.reduced)  dry \(c.dry)  reference-late \(c.referenceLate)  xruns \(c.xruns)"
      + (c.overruns > 0 ? "  overruns \(c.overruns)" : "")
      + (drift.map { String(format: "  drift %.1f ppm", $0) } ?? "")
  }

  /// One line for a log.
  static func logLine(_ status: LiveStatus) -> String {
    func level(_ value: Double) -> String { value.isFinite ? String(format: "%.1f dB", value) : "silent" }
    return String(format: "%.0f s  in %@  out %@", status.seconds, level(status.inputLevel), level(status.outputLevel))
      + (status.noiseReduction.map { String(format: "  noise %.1f dB lower", $0) } ?? "")
      + String(format: "  frame %.2f ms, p99 %.2f ms  ", status.frameTimeMedian * 1000, status.frameTime99 * 1000)
      + counters(status.counters, status.clockDrift)
  }
}

/// What a key asks for.
enum KeyAction: Equatable {
  case command(LiveCommand)
  case quit
  case help

  /// nil for a key without meaning.
  init?(_ key: Character, status: LiveStatus) {
    let limit = status.settings.attenuationLimitInDecibels
    switch key {
    case "b": self = .command(.bypass(!status.settings.bypass))
    case "l": self = .command(.learn(seconds: 2))
    case "f": self = .command(.freeze(!status.isFrozen))
    case "c": self = .command(.clear)
    // Up: more is taken away, until there is no limit; down from no limit begins at 30 dB.
    case "+", "=": self = .command(.attenuationLimit(limit.flatMap { $0 >= 30 ? nil : $0 + 3 }))
    case "-", "_": self = .command(.attenuationLimit(limit.map { max(0, $0 - 3) } ?? 30))
    case "1"..."8": self = .command(.steps(key.wholeNumberValue!))
    case "q", "\u{4}": self = .quit
    case "?", "h": self = .help
    default: return nil
    }
  }
}
