/// All that a picture shows, as plain arrays: spectrograms on one scale, curves, and bands along one axis of time. A value.
public struct Figure: Sendable, Equatable {
  /// A name, of any characters (`FigureText`).
  public var title: String
  /// Lines below the title.
  public var notes: [String]
  /// What the axis of time spans, from 0 on; more than 0.
  public var seconds: Double
  public var spectrograms: [NamedSpectrogram] = []
  public var charts: [Chart] = []
  public var bands: [Band] = []
  /// A line below all.
  public var remark = ""

  public init(title: String, notes: [String] = [], seconds: Double) {
    self.title = title
    self.notes = notes
    self.seconds = seconds
  }

  public struct NamedSpectrogram: Sendable, Equatable {
    public var name: String
    public var spectrogram: Spectrogram

    public init(name: String, spectrogram: Spectrogram) {
      self.name = name
      self.spectrogram = spectrogram
    }
  }

  /// Curves with one axis.
  public struct Chart: Sendable, Equatable {
    /// What the axis is.
    public var name: String
    public var curves: [Curve]
    /// The axis' ends; what is outside is drawn at them.
    public var range: ClosedRange<Double>

    public init(name: String, curves: [Curve], range: ClosedRange<Double>) {
      precondition(range.lowerBound < range.upperBound, "an axis has two ends")
      self.name = name
      self.curves = curves
      self.range = range
    }
  }

  public struct Curve: Sendable, Equatable {
    public var name: String
    public var track: Track
    /// A strong, dark line; else a thin, grey one.
    public var isStrong: Bool

    public init(name: String, track: Track, isStrong: Bool) {
      self.name = name
      self.track = track
      self.isStrong = isStrong
    }
  }

  /// Where something holds.
  public struct Band: Sendable, Equatable {
    public struct Span: Sendable, Equatable {
      /// Seconds.
      public var start: Double
      public var end: Double
      /// How much of the time it holds, 0…1: the height of what is drawn.
      public var share: Float
      /// What is written in it where it has room.
      public var label: String

      public init(start: Double, end: Double, share: Float = 1, label: String = "") {
        self.start = start
        self.end = end
        self.share = share
        self.label = label
      }
    }

    public var name: String
    public var spans: [Span]

    public init(name: String, spans: [Span]) {
      self.name = name
      self.spans = spans
    }

    /// A band of a track of shares: neighbours that are equal are one span, zeros none.
    public init(name: String, shares: Track) {
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
  public var colourRange: ClosedRange<Float> {
    let loudest = spectrograms.map { decibels($0.spectrogram.largestPower) }.max() ?? -.infinity
    let top = loudest.isFinite ? min(40, max(-120, (loudest / 10).rounded(.up) * 10)) : 0
    return (top - 80)...top
  }
}
