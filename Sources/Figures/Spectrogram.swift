import Ground

/// Powers over time and frequency. A value.
package struct Spectrogram: Sendable, Equatable {
  /// Bin k spans (k ± ½)·hertzPerBin.
  package var binCount: Int
  /// Column c spans [c, c + 1)·secondsPerColumn.
  package var secondsPerColumn: Double
  package var hertzPerBin: Double
  /// (columns, binCount), mean squares.
  package var power: [Float]

  package init(binCount: Int, secondsPerColumn: Double, hertzPerBin: Double, power: [Float]) {
    precondition(
      binCount > 0 && secondsPerColumn > 0 && hertzPerBin > 0 && power.count % binCount == 0,
      "a spectrogram has whole columns")
    self.binCount = binCount
    self.secondsPerColumn = secondsPerColumn
    self.hertzPerBin = hertzPerBin
    self.power = power
  }

  package var columnCount: Int { power.count / binCount }
  /// Where the highest bin is.
  package var highestFrequency: Double { Double(binCount - 1) * hertzPerBin }
  /// The largest power; 0 for none.
  package var largestPower: Float { power.max() ?? 0 }

  /// The spectrogram as pixels.
  ///
  /// A pixel is the mean of the columns that it spans, each by its share of it, and the strongest of the bins that it spans,
  /// so that a thin line keeps its level; where it is smaller than a column or bin, that one.
  ///
  /// - Parameters:
  ///   - seconds: what `width` pixels span, from 0 on.
  ///   - hertz: what `height` pixels span, from 0 at the bottom.
  /// - Returns: (height, width) powers, the top row first; NaN where there is no spectrogram.
  package func pixels(width: Int, height: Int, seconds: Double, hertz: Double) -> [Float] {
    precondition(
      width > 0 && height > 0 && seconds > 0 && hertz > 0, "a picture has a size, and its axes span something")
    var pixels = [Float](repeating: .nan, count: width * height)
    let bins = (0..<height).map { row in
      self.bins(Double(height - 1 - row) * hertz / Double(height), Double(height - row) * hertz / Double(height))
    }
    var column = [Float](repeating: 0, count: binCount)
    for x in 0..<width {
      let from = Double(x) * seconds / Double(width) / secondsPerColumn
      let to = Double(x + 1) * seconds / Double(width) / secondsPerColumn
      guard mean(from: from, to: to, into: &column) else { continue }
      for row in 0..<height where !bins[row].isEmpty {
        pixels[row * width + x] = bins[row].reduce(0) { max($0, column[$1]) }
      }
    }
    return pixels
  }

  /// The bins whose middle is within [low, high), or the nearest one; none above the highest bin's end.
  private func bins(_ low: Double, _ high: Double) -> Range<Int> {
    let first = Int((low / hertzPerBin).rounded(.up))
    let end = Int((high / hertzPerBin).rounded(.up))
    if first < end { return min(first, binCount)..<min(end, binCount) }
    let nearest = Int(((low + high) / 2 / hertzPerBin).rounded())
    return nearest < binCount ? nearest..<nearest + 1 : 0..<0
  }

  /// Columns from a place to another, fractions included, into one; false where there are none.
  private func mean(from: Double, to: Double, into column: inout [Float]) -> Bool {
    let end = min(to, Double(columnCount))
    let middle = Int((from + to) / 2)
    if to - from <= 1 {
      guard middle < columnCount else { return false }
      for k in 0..<binCount { column[k] = power[middle * binCount + k] }
      return true
    }
    guard from < end else { return false }
    for k in 0..<binCount { column[k] = 0 }
    for c in Int(from)..<Int(end.rounded(.up)) {
      let share = Float((min(end, Double(c + 1)) - max(from, Double(c))) / (end - from))
      for k in 0..<binCount { column[k] += share * power[c * binCount + k] }
    }
    return true
  }
}

/// A number over time. A value.
package struct Track: Sendable, Equatable {
  /// Value v spans [v, v + 1)·secondsPerValue.
  package var secondsPerValue: Double
  /// NaN: none.
  package var values: [Float]

  package init(secondsPerValue: Double, values: [Float]) {
    precondition(secondsPerValue > 0, "values last")
    self.secondsPerValue = secondsPerValue
    self.values = values
  }

  package func map(_ transform: (Float) -> Float) -> Track {
    Track(secondsPerValue: secondsPerValue, values: values.map(transform))
  }
}

/// dB of a mean square; −∞ for 0.
package func decibels(_ power: Float) -> Float { Float(decibels(Double(power))) }
package func decibels(_ power: Double) -> Double { power > 0 ? 10 * logarithm10(power) : -.infinity }
