import Figures
import Testing

/// A spectrogram as pixels.
@Suite struct PixelTests {
  /// 6 columns of 0.5 s, 5 bins of 100 Hz: power 10·column + bin.
  let small = Spectrogram(
    binCount: 5, secondsPerColumn: 0.5, hertzPerBin: 100, power: (0..<30).map { Float($0 / 5 * 10 + $0 % 5) })

  @Test func `a pixel that is smaller than a cell is that cell`() {
    let pixels = small.pixels(width: 60, height: 40, seconds: 3, hertz: 400)
    // 0.05 s and 10 Hz each; the bottom row is 0 to 10 Hz.
    func pixel(_ seconds: Double, _ hertz: Double) -> Float {
      pixels[(39 - Int(hertz / 10)) * 60 + Int(seconds / 0.05)]
    }
    #expect(pixel(0.01, 5) == 0 && pixel(0.01, 45) == 0 && pixel(0.01, 55) == 1)
    #expect(pixel(0.475, 205) == 2 && pixel(0.525, 205) == 12 && pixel(2.975, 395) == 54)
  }

  @Test func `a pixel of several cells is the mean over time and the strongest over frequency`() {
    let pixels = small.pixels(width: 2, height: 2, seconds: 3, hertz: 500)
    // Columns 0 to 2 and 3 to 5; bins 0 to 2 and 3, 4.
    #expect(pixels == [14, 44, 12, 42])
    // By shares: 1.2 columns each.
    let uneven = small.pixels(width: 5, height: 1, seconds: 3, hertz: 500)
    #expect(abs(uneven[0] - (4 * 1 + 14 * 0.2) / 1.2) < 1e-5)
    #expect(abs(uneven[2] - (24 * 0.6 + 34 * 0.6) / 1.2) < 1e-4)
  }

  @Test func `what there is no spectrogram of is no number`() {
    let pixels = small.pixels(width: 12, height: 10, seconds: 6, hertz: 1_000)
    for row in 0..<10 {
      for x in 0..<12 {
        // Bin 4 ends at 450 Hz.
        #expect(pixels[row * 12 + x].isNaN == (x >= 6 || row < 5), "row \(row), column \(x)")
      }
    }
    let none = Spectrogram(binCount: 3, secondsPerColumn: 1, hertzPerBin: 10, power: [])
    #expect(none.pixels(width: 3, height: 3, seconds: 1, hertz: 20).allSatisfy { $0.isNaN })
  }

  @Test func `a sine of the stream is at its pixel`() throws {
    let columns = SignalColumns(
      [Float](repeating: 0, count: 48_000) + sine(6_000, amplitude: 1, seconds: 1, rate: 48_000), rate: 48_000)
    let pixels = columns.spectrogram.pixels(width: 200, height: 240, seconds: 2, hertz: 24_000)
    // 100 Hz a row from the bottom: 6 kHz is the end of row 180.
    let column = (0..<240).map { pixels[$0 * 200 + 150] }
    let brightest = try #require(column.indices.max { column[$0] < column[$1] })
    #expect((179...180).contains(brightest) && abs(decibels(column[brightest]) + 3.01) < 0.02)
    #expect((0..<240).allSatisfy { pixels[$0 * 200 + 50] == 0 }, "nothing in the first second")
  }
}
