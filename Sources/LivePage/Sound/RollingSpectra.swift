import Ground
import Realtime

/// The sound of a tap as columns of two spectrograms, input and output lined up, 40 a second. One thread.
final class RollingSpectra {
  static let columnsPerSecond = 40
  /// Columns of one update; what is beyond, after the thread was held up, is left out.
  static let mostColumns = 20

  let tap: SoundTap
  private let input: BandSpectrum
  private let output: BandSpectrum
  private let hop: Int
  private var filled = 0
  private let inputHop: FloatMemory  // (hop)
  private let outputHop: FloatMemory  // (hop)

  init(_ tap: SoundTap) {
    self.tap = tap
    let rate = tap.format.sampleRate
    input = BandSpectrum(sampleRate: rate)
    output = BandSpectrum(sampleRate: rate)
    hop = rate / Self.columnsPerSecond
    inputHop = FloatMemory(hop)
    outputHop = FloatMemory(hop)
  }

  /// Takes what has come since the last call.
  ///
  /// - Parameter bytes: gets the columns: each the bands of the input, then those of the output.
  /// - Returns: how many columns, and the highest sample of the output's channels.
  func collect(into bytes: inout [UInt8]) -> (columns: Int, outputPeak: Float) {
    var columns = 0
    while columns < Self.mostColumns {
      let count = tap.read(hop - filled, input: inputHop.base + filled, output: outputHop.base + filled)
      guard count > 0 else { break }
      filled += count
      guard filled == hop else { continue }
      filled = 0
      input.push(inputHop.base, count: hop)
      output.push(outputHop.base, count: hop)
      input.appendColumn(to: &bytes)
      output.appendColumn(to: &bytes)
      columns += 1
    }
    return (columns, tap.takeOutputPeak())
  }

  /// What the page has to know of the columns: "#" and a JSON object.
  var legend: String {
    let edges = BandSpectrum.edges(sampleRate: tap.format.sampleRate).map { "\(Int($0.rounded()))" }
    return """
      #{"columns_per_second":\(Self.columnsPerSecond),"lowest_db":\(BandSpectrum.lowest),\
      "highest_db":\(BandSpectrum.highest),"edges_hz":[\(edges.joined(separator: ","))]}
      """
  }
}
