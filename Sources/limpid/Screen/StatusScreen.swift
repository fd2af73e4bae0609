import Foundation
import Realtime

/// What a person sees while it runs: status in, lines of text out.
enum StatusScreen {
  /// - Parameters:
  ///   - name: what runs, such as "limpid jack".
  ///   - place: what it runs with and between, such as the preset, ports and the control socket: a part each.
  ///   - columns: width of the terminal; no line is longer.
  static func lines(
    _ status: LiveStatus, name: String, place: [String] = [], columns: Int, showsHelp: Bool = false
  ) -> [String] {
    let columns = max(1, columns)
    var lines = flow(heading(status, name), columns)
    lines += flow(place, columns)
    lines += meters(status, columns)
    lines += flow(work(status), columns)
    lines += flow(noise(status), columns)
    lines += flow(counters(status.counters, status.clockDrift), columns)
    lines += showsHelp ? help(columns) : flow(keys, columns)
    return lines.map { String($0.prefix(columns)) }
  }

  private static func heading(_ status: LiveStatus, _ name: String) -> [String] {
    let f = status.format
    let milliseconds = Double(status.latencyInSamples) / Double(f.sampleRate) * 1000
    return [
      name, "\(f.sampleRate) Hz, \(f.channelCount) channel\(f.channelCount == 1 ? "" : "s"), blocks of \(f.block)",
      String(format: "latency %.1f ms (%d samples)", milliseconds, status.latencyInSamples),
    ]
  }

  /// A meter for each group of channels, in and out; all in one where there are more than fit.
  private static func meters(_ status: LiveStatus, _ columns: Int) -> [String] {
    var groups = status.groups
    if groups.isEmpty || groups.count > 4 {
      var all = GroupLevels()
      all.input = status.inputLevel
      all.output = status.outputLevel
      all.inputPeak = groups.map(\.inputPeak).max() ?? -.infinity
      all.isClipping = groups.contains(where: \.isClipping)
      groups = [all]
    }
    let width = columns - 17 - clippingMark.count
    return groups.enumerated().flatMap { number, group in
      let which = groups.count > 1 ? " \(number + 1)" : ""
      return [
        "in\(which)".padding(toLength: 6, withPad: " ", startingAt: 0)
          + meter(group.input, peak: group.inputPeak, width: width) + (group.isClipping ? clippingMark : ""),
        "out\(which)".padding(toLength: 6, withPad: " ", startingAt: 0) + meter(group.output, width: width),
      ]
    }
  }
  private static let clippingMark = " CLIPS"

  private static func work(_ status: LiveStatus) -> [String] {
    [
      String(
        format: "frame %.2f ms, p99 %.2f ms of %.0f ms", status.frameTimeMedian * 1000, status.frameTime99 * 1000,
        status.frameDeadline * 1000),
      "steps \(status.steps)" + (status.wishedSteps == status.steps ? "" : " of \(status.wishedSteps)"),
      String(format: "guidance %g", status.settings.guidance),
    ] + [networks(status), secondPass(status)].compactMap(\.self)
  }

  /// nil: one pass is wished.
  private static func secondPass(_ status: LiveStatus) -> String? {
    guard let share = status.secondPass else { return nil }
    return switch share {
    case .whole: "two passes"
    case .light: "second pass light, for want of time"
    case .none: "one pass, for want of time"
    }
  }

  /// nil: there are no two to choose from.
  private static func networks(_ status: LiveStatus) -> String? {
    guard status.networkNames.count == 2 else { return nil }
    return switch status.networks {
    case .both: status.networkNames.joined(separator: " and ")
    case .first: status.networkNames[0] + (status.settings.networks == .both ? " alone, for want of time" : " alone")
    case .second: status.networkNames[1] + " alone"
    }
  }

  private static func noise(_ status: LiveStatus) -> [String] {
    var parts: [String] = []
    if let reduction = status.noiseReduction { parts.append(String(format: "noise %.1f dB lower", reduction)) }
    if let limit = status.settings.attenuationLimitInDecibels { parts.append(String(format: "limit %g dB", limit)) }
    if status.settings.mix != 1 { parts.append(String(format: "mix %g", status.settings.mix)) }
    if status.referenceFrames == 0 {
      parts.append("no noise heard yet")
    } else {
      let age = status.referenceAge.map { String(format: ", %.1f s old", $0) } ?? ", saved"
      parts.append(String(format: "reference %.1f s", Double(status.referenceFrames) * status.frameDeadline) + age)
    }
    if let left = status.learning { parts.append(String(format: "[learning, %.1f s]", left)) }
    if status.isLearned {
      parts.append(status.isRemoving ? "[removing what was learned]" : "[what was learned is not heard]")
    }
    if status.isFrozen && status.referenceFrames > 0 { parts.append("[frozen]") }
    if status.freezesWhenHeard { parts.append("[freezes when heard]") }
    if status.settings.bypass { parts.append("[bypass]") }
    return parts
  }

  /// "late 0", "reduced 0" …, the same words everywhere.
  private static func counters(_ c: LiveCounters, _ drift: Double?) -> [String] {
    LiveCounters.all.filter { $0.display == .always || $0.display == .whenCounted && c[keyPath: $0.path] > 0 }
      .map { "\($0.name) \(c[keyPath: $0.path])" }
      + (drift.map { [String(format: "drift %.1f ppm", $0)] } ?? [])
  }

  private static let keys = [
    "b bypass", "l learn", "L forget", "f freeze", "c clear", "+/- limit", "1-8 steps", "n network", "? help", "q quit",
  ]
  private static let help = [
    "b  bypass: the delayed input", "l  learn what sounds now, l again ends",
    "L  forget what was learned",
    "f  freeze the noise reference", "c  clear it",
    "+ -  attenuation limit by 3 dB", "1 to 8  reverse steps per frame",
    "n  both networks, one, the other", "?  this help", "q  quit",
  ]

  /// In two columns, where they fit.
  private static func help(_ columns: Int) -> [String] {
    let left = 35
    guard columns >= left + (help.map(\.count).max() ?? 0) else { return help.flatMap { wrapped($0, columns) } }
    return stride(from: 0, to: help.count, by: 2).map {
      $0 + 1 < help.count ? help[$0].padding(toLength: left, withPad: " ", startingAt: 0) + help[$0 + 1] : help[$0]
    }
  }

  /// Parts side by side, two blanks between them, in as many lines as they need.
  static func flow(_ parts: [String], _ columns: Int, gap: String = "  ") -> [String] {
    var lines: [String] = []
    for part in parts {
      if let last = lines.last, last.count + gap.count + part.count <= columns {
        lines[lines.count - 1] = last + gap + part
      } else {
        lines.append(part)
      }
    }
    return lines
  }

  /// A sentence in lines that end between words.
  static func wrapped(_ sentence: String, _ columns: Int) -> [String] {
    sentence.count <= columns ? [sentence] : flow(sentence.split(separator: " ").map(String.init), columns, gap: " ")
  }

  /// −60 to 0 dB as a bar and a number, with a mark where the peak is.
  private static func meter(_ level: Double, peak: Double = -.infinity, width: Int) -> String {
    let width = max(4, min(60, width))
    let share = min(1, max(0, (level + 60) / 60))
    let filled = level.isFinite ? Int((Double(width) * share).rounded()) : 0
    let number = level.isFinite ? String(format: "%6.1f dB", max(level, -99.9)) : "   silent"
    var bar = Array(repeating: "█" as Character, count: filled) + Array(repeating: "░", count: width - filled)
    if peak > -60 {
      let place = min(width - 1, Int(Double(width) * (peak + 60) / 60))
      if place >= filled { bar[place] = "▌" }
    }
    return String(bar) + " " + number
  }

  /// One line for a log.
  static func logLine(_ status: LiveStatus) -> String {
    func level(_ value: Double) -> String { value.isFinite ? String(format: "%.1f dB", value) : "silent" }
    let parts =
      ["\(clock(status.seconds)) of sound", "in \(level(status.inputLevel))", "out \(level(status.outputLevel))"]
      + work(status) + noise(status) + counters(status.counters, status.clockDrift)
    return parts.joined(separator: "  ")
  }

  /// What is said at the end.
  static func summary(_ status: LiveStatus) -> String {
    ([clock(status.seconds) + " of sound"] + counters(status.counters, nil)).joined(separator: ", ")
  }

  /// "0:07", "12:34", "3:00:00"
  private static func clock(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds))
    let minutes = String(format: "%d:%02d", whole / 60 % 60, whole % 60)
    return whole >= 3600 ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60) : minutes
  }
}
