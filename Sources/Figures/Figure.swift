/// All that a picture shows, as plain arrays: spectrograms on one scale, curves, and bands along one axis of time. A value.
package struct Figure: Sendable, Equatable {
  /// A name, of any characters (`FigureText`).
  package var title: String
  /// Lines below the title.
  package var notes: [String]
  /// What the axis of time spans, from 0 on; more than 0.
  package var seconds: Double
  package var spectrograms: [NamedSpectrogram] = []
  package var charts: [Chart] = []
  package var bands: [Band] = []
  /// A line below all.
  package var remark = ""

  package init(title: String, notes: [String] = [], seconds: Double) {
    self.title = title
    self.notes = notes
    self.seconds = seconds
  }

  package struct NamedSpectrogram: Sendable, Equatable {
    package var name: String
    package var spectrogram: Spectrogram

    package init(name: String, spectrogram: Spectrogram) {
      self.name = name
      self.spectrogram = spectrogram
    }
  }

  /// Curves with one axis.
  package struct Chart: Sendable, Equatable {
    /// What the axis is.
    package var name: String
    package var curves: [Curve]
    /// The axis' ends; what is outside is drawn at them.
    package var range: ClosedRange<Double>

    package init(name: String, curves: [Curve], range: ClosedRange<Double>) {
      precondition(range.lowerBound < range.upperBound, "an axis has two ends")
      self.name = name
      self.curves = curves
      self.range = range
    }
  }

  package struct Curve: Sendable, Equatable {
    package var name: String
    package var track: Track
    /// A strong, dark line; else a thin, grey one.
    package var isStrong: Bool

    package init(name: String, track: Track, isStrong: Bool) {
      self.name = name
      self.track = track
      self.isStrong = isStrong
    }
  }

  /// Where something holds.
  package struct Band: Sendable, Equatable {
    package struct Span: Sendable, Equatable {
      /// Seconds.
      package var start: Double
      package var end: Double
      /// How much of the time it holds, 0…1: the height of what is drawn.
      package var share: Float
      /// What is written in it where it has room.
      package var label: String

      package init(start: Double, end: Double, share: Float = 1, label: String = "") {
        self.start = start
        self.end = end
        self.share = share
        self.label = label
      }
    }

    package var name: String
    package var spans: [Span]

    package init(name: String, spans: [Span]) {
      self.name = name
      self.spans = spans
    }

    /// A band of a track of shares: neighbours that are equal are one span, zeros none.
    package init(name: String, shares: Track) {
      var spans: [Span] = []
      for (n, share) in shares.values.enumerated() where share > 0 {
        let start = Double(n) * shares.secondsPerValue
        let end = Double(n + 1) * shares.secondsPerValue
        if let last = spans.last, last.share == share, last.end == start {
          spans[spans.count - 1].end = end
        } else {
          spans.append(Span(start: start, end: end, share: min(1, share)))
        }
      }
      self.init(name: name, spans: spans)
    }
  }

  /// What the colours span, dB: 80 up to the next ten above the loudest that is seen in any spectrogram; with silence alone
  /// up to 0.
  package var colourRange: ClosedRange<Float> {
    let loudest = spectrograms.map { decibels($0.spectrogram.largestPower) }.max() ?? -.infinity
    let top = loudest.isFinite ? min(40, max(-120, (loudest / 10).rounded(.up) * 10)) : 0
    return (top - 80)...top
  }
}
