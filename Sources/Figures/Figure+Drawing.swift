import CCairo
import Synchronization

// What is drawn where. Lengths are pixels; the picture is as high as what it shows.
extension Figure {
  /// Of every picture.
  package static let width = 1200
  static let left = 148
  static let right = 104
  static let plotWidth = width - left - right
  static let spectrogramHeight = 216
  static let chartHeight = 108
  static let bandHeight = 15
  /// Above the first name or band, without notes.
  static let head = 40
  private static let gap = 12
  private static let nameHeight = 19
  /// Inks: what is strong, what is thin, lines of the grid.
  private static let (strong, thin, grid) = (0.0, 0.55, 0.86)

  /// Whether the library that draws is there: opens it.
  package static var canDraw: Bool { limpid_cairo_load() }

  /// One picture at a time is drawn: fonts are a process' own.
  private static let drawing = Mutex(())

  /// Draws it. Any ordinary thread.
  ///
  /// - Returns: a PNG of 1200 pixels' width.
  /// - Throws: `FigureError`.
  package func png() throws(FigureError) -> [UInt8] {
    let result = Self.drawing.withLock { _ in Result { () throws(FigureError) in try draw().png() } }
    return try result.get()
  }

  private var height: Int {
    var height = Self.head + 18 * notes.count
    height += spectrograms.count * (Self.nameHeight + Self.spectrogramHeight + Self.gap)
    height += charts.count * (Self.nameHeight + Self.chartHeight + Self.gap)
    if !bands.isEmpty { height += bands.count * (Self.bandHeight + 5) + 4 }
    return height + 46 + (remark.isEmpty ? 0 : 20)
  }

  private func draw() throws(FigureError) -> Canvas {
    precondition(seconds > 0, "the axis of time spans something")
    let canvas = try Canvas(width: Self.width, height: height)
    let room = Double(Self.width - 2 * Self.gap)
    canvas.setFont(size: 17, isBold: true)
    canvas.text(title, Double(Self.gap), 26, room: room)
    canvas.setFont(size: 13)
    var y = 34
    for note in notes {
      y += 18
      canvas.text(note, Double(Self.gap), Double(y - 4), room: room)
    }
    y += Self.head - 34
    let ticks = Axis.time(to: seconds, most: 13)
    let firstSpectrogram = y
    for entry in spectrograms {
      y += Self.nameHeight
      canvas.text(entry.name, Double(Self.left), Double(y - 5), room: Double(Self.plotWidth))
      draw(entry.spectrogram, on: canvas, y, ticks)
      y += Self.spectrogramHeight + Self.gap
    }
    if !spectrograms.isEmpty { drawColours(on: canvas, from: firstSpectrogram + Self.nameHeight, to: y - Self.gap) }
    for chart in charts {
      y += Self.nameHeight
      draw(chart, on: canvas, y, ticks)
      y += Self.chartHeight + Self.gap
    }
    for band in bands {
      draw(band, on: canvas, y)
      y += Self.bandHeight + 5
    }
    if !bands.isEmpty { y += 4 }
    let axis = y - (bands.isEmpty ? Self.gap : 4)
    drawTime(ticks, on: canvas, axis)
    if !remark.isEmpty { canvas.text(remark, Double(Self.left), Double(axis + 56), room: Double(Self.plotWidth)) }
    return canvas
  }

  private func x(_ time: Double) -> Double { Double(Self.left) + time / seconds * Double(Self.plotWidth) }

  /// The highest frequency of any.
  private var hertz: Double { max(1, spectrograms.map(\.spectrogram.highestFrequency).max() ?? 1) }

  // MARK: - Spectrograms

  private func draw(_ spectrogram: Spectrogram, on canvas: Canvas, _ y: Int, _ ticks: [Axis.Tick]) {
    let height = Self.spectrogramHeight
    canvas.paint(
      colours(of: spectrogram, width: Self.plotWidth, height: height), x: Self.left, y: y, width: Self.plotWidth,
      height: height)
    canvas.setGrey(Self.strong)
    canvas.outline(Self.left, y, Self.plotWidth, height)
    for tick in Axis.linear(from: 0, to: hertz / 1000, most: 8, finest: 0.1) {
      let at = Double(y + height) - tick.value * 1000 / hertz * Double(height)
      canvas.line([(Double(Self.left) - 5, at), (Double(Self.left) - 1, at)], width: 1)
      canvas.text(tick.label, Double(Self.left) - 9, at + 4.5, .right)
    }
    canvas.textUpwards("frequency, kHz", Double(Self.left) - 42, Double(y + height / 2))
    marks(ticks, on: canvas, Double(y + height))
  }

  /// The picture of a spectrogram, (height, width): what it does not hold is grey.
  func colours(of spectrogram: Spectrogram, width: Int, height: Int) -> [ColourScale.Colour] {
    let range = colourRange
    let span = range.upperBound - range.lowerBound
    return spectrogram.pixels(width: width, height: height, seconds: seconds, hertz: hertz).map { power in
      power.isNaN
        ? ColourScale.Colour(red: 215, green: 215, blue: 215)
        : ColourScale.colour((decibels(power) - range.lowerBound) / span)
    }
  }

  private func drawColours(on canvas: Canvas, from top: Int, to bottom: Int) {
    let (x, width, height) = (Self.left + Self.plotWidth + 18, 16, bottom - top)
    let colours = (0..<height).flatMap { row in
      Array(repeating: ColourScale.colour(1 - (Float(row) + 0.5) / Float(height)), count: width)
    }
    canvas.paint(colours, x: x, y: top, width: width, height: height)
    canvas.outline(x, top, width, height)
    let range = (low: Double(colourRange.lowerBound), high: Double(colourRange.upperBound))
    for tick in Axis.linear(from: range.low, to: range.high, most: 10, finest: 1) {
      let at = Double(bottom) - (tick.value - range.low) / (range.high - range.low) * Double(height)
      canvas.line([(Double(x + width) + 1, at), (Double(x + width) + 5, at)], width: 1)
      canvas.text(tick.label, Double(x + width) + 44, at + 4.5, .right)
    }
    canvas.textUpwards("level of a bin, dB of full scale", Double(Self.width - Self.gap), Double(top + height / 2))
  }

  // MARK: - Curves

  private func draw(_ chart: Chart, on canvas: Canvas, _ y: Int, _ ticks: [Axis.Tick]) {
    let height = Self.chartHeight
    let (low, high) = (chart.range.lowerBound, chart.range.upperBound)
    func place(_ value: Double) -> Double {
      Double(y + height) - (min(high, max(low, value)) - low) / (high - low) * Double(height)
    }
    canvas.setGrey(Self.grid)
    for tick in ticks { canvas.line([(x(tick.value), Double(y)), (x(tick.value), Double(y + height))], width: 1) }
    let levels = Axis.linear(from: low, to: high, most: 5, finest: 1)
    for tick in levels {
      let at = place(tick.value).rounded() - 0.5
      canvas.line([(Double(Self.left), at), (Double(Self.left + Self.plotWidth), at)], width: 1)
    }
    canvas.within(Self.left, y - 1, Self.plotWidth, height + 2) {
      for curve in chart.curves { draw(curve, on: canvas, place) }
    }
    canvas.setGrey(Self.strong)
    canvas.outline(Self.left, y, Self.plotWidth, height)
    for tick in levels {
      let at = place(tick.value)
      canvas.line([(Double(Self.left) - 5, at), (Double(Self.left) - 1, at)], width: 1)
      canvas.text(tick.label, Double(Self.left) - 9, at + 4.5, .right)
    }
    marks(ticks, on: canvas, Double(y + height))
    drawLegend(of: chart, on: canvas, Double(y - 5))
  }

  private func drawLegend(of chart: Chart, on canvas: Canvas, _ y: Double) {
    canvas.text(chart.name, Double(Self.left), y)
    var at = Double(Self.left) + canvas.textWidth(chart.name) + 24
    for curve in chart.curves where !curve.name.isEmpty {
      pen(curve, on: canvas)
      canvas.line([(at, y - 4.5), (at + 26, y - 4.5)], width: curve.isStrong ? 2 : 1)
      canvas.setGrey(Self.strong)
      canvas.text(curve.name, at + 32, y)
      at += 56 + canvas.textWidth(curve.name)
    }
  }

  private func pen(_ curve: Curve, on canvas: Canvas) { canvas.setGrey(curve.isStrong ? Self.strong : Self.thin) }

  /// A step a value, joined to the one before it where there is one.
  private func draw(_ curve: Curve, on canvas: Canvas, _ place: (Double) -> Double) {
    pen(curve, on: canvas)
    var points: [(x: Double, y: Double)] = []
    func end() {
      canvas.line(points, width: curve.isStrong ? 1.6 : 1)
      points = []
    }
    for (n, value) in curve.track.values.enumerated() {
      let start = Double(n) * curve.track.secondsPerValue
      guard start < seconds else { break }
      if value.isNaN {
        end()
      } else {
        let y = place(Double(value))
        points.append((x(start), y))
        points.append((x(min(seconds, start + curve.track.secondsPerValue)), y))
      }
    }
    end()
  }

  // MARK: - Bands and time

  private func draw(_ band: Band, on canvas: Canvas, _ y: Int) {
    let (top, height) = (Double(y), Double(Self.bandHeight))
    canvas.setGrey(0.92)
    canvas.fill(Double(Self.left), top, Double(Self.plotWidth), height)
    canvas.within(Self.left, y, Self.plotWidth, Self.bandHeight) {
      for (n, span) in band.spans.enumerated() where span.end > 0 && span.start < seconds {
        // Whole pixels: neighbours meet without a seam, and what is there is seen, however short it is.
        let start = x(span.start).rounded(.down)
        let width = max(1, x(min(seconds, span.end)).rounded(.down) - start)
        let isLabelled = !span.label.isEmpty
        canvas.setGrey(isLabelled ? (n % 2 == 0 ? 0.72 : 0.84) : 0.2)
        let filled = max(1, height * Double(span.share))
        canvas.fill(start, top + height - filled, width, filled)
        guard isLabelled else { continue }
        canvas.setGrey(Self.strong)
        canvas.setFont(size: 11)
        if width > 12 { canvas.text(span.label, start + 4, top + height - 3.5, room: width - 6) }
        canvas.setFont(size: 13)
      }
    }
    canvas.setGrey(Self.strong)
    canvas.text(band.name, Double(Self.left) - 9, top + height - 3, .right, room: Double(Self.left - 14))
  }

  private func marks(_ ticks: [Axis.Tick], on canvas: Canvas, _ y: Double) {
    canvas.setGrey(Self.strong)
    for tick in ticks { canvas.line([(x(tick.value), y + 1), (x(tick.value), y + 5)], width: 1) }
  }

  private func drawTime(_ ticks: [Axis.Tick], on canvas: Canvas, _ y: Int) {
    let y = Double(y)
    marks(ticks, on: canvas, y)
    for tick in ticks { canvas.text(tick.label, x(tick.value), y + 20, .middle) }
    canvas.text("time, \(Axis.timeUnit(of: seconds))", Double(Self.left + Self.plotWidth / 2), y + 38, .middle)
  }
}
