import Figures
import Foundation

/// What all pictures of sound have in common.
enum SoundFigure {
  /// "48 kHz, 2 channels (the mean of their powers), 12.3 s"
  static func description(of signal: SignalColumns) -> String {
    let kilohertz = Double(signal.sampleRate) / 1000
    let rate = "\(kilohertz == kilohertz.rounded() ? "\(Int(kilohertz))" : "\(kilohertz)") kHz"
    let channels =
      signal.channelCount == 1 ? "1 channel" : "\(signal.channelCount) channels (the mean of their powers)"
    return "\(rate), \(channels), \(Axis.duration(signal.seconds))"
      + (Double(signal.sampleRate) > 2 * SignalColumns.highestFrequency ? ", shown to 24 kHz" : "")
  }

  /// "−24.9 dBFS"
  static func level(of signal: SignalColumns) -> String {
    "\(Axis.number(decibels(signal.meanSquare), decimals: 1)) dBFS"
  }

  /// A chart of levels; the last signal is the strong one.
  static func levels(_ signals: [(name: String, columns: SignalColumns)]) -> Figure.Chart {
    let curves = signals.enumerated().map { n, signal in
      Figure.Curve(
        name: signal.name, track: signal.columns.level.map { decibels($0) }, isStrong: n == signals.count - 1)
    }
    let heard = curves.flatMap { $0.track.values.filter(\.isFinite) }.map(Double.init)
    let top = max(0, ((heard.max() ?? 0) / 10).rounded(.up) * 10)
    let bottom = min(top - 60, max(top - 100, ((heard.min() ?? -80) / 10).rounded(.down) * 10))
    return Figure.Chart(name: "level, dBFS (RMS)", curves: curves, range: bottom...top)
  }

  /// A chart of what became lower.
  static func reduction(_ track: Track, name: String, curve: String) -> Figure.Chart {
    let known = track.values.filter(\.isFinite).map(Double.init)
    let top = min(120, max(20, ((known.max() ?? 0) / 10).rounded(.up) * 10))
    let lowest = known.min() ?? 0
    // A little below 0 is drawn at 0.
    let bottom = lowest < -3 ? max(-60, (lowest / 10).rounded(.down) * 10) : 0
    return Figure.Chart(
      name: name, curves: [Figure.Curve(name: curve, track: track, isStrong: true)], range: bottom...top)
  }

  /// The bands that hold anything; the others are named below.
  static func put(_ bands: [Figure.Band], into figure: inout Figure) {
    figure.bands = bands.filter { !$0.spans.isEmpty }
    let others = bands.filter(\.spans.isEmpty).map(\.name)
    figure.remark = others.isEmpty ? "" : "not in it: " + others.joined(separator: ", ")
  }
}
