import Figures
import Foundation
import TestSupport
import Testing

/// Spectrogram, level and clipping of a stream.
@Suite struct SignalColumnsTests {
  @Test(arguments: [("mono", 16_000, 1), ("stereo", 48_000, 2), ("high", 96_000, 1)])
  func `equals SciPy's spectrogram and the mean squares of the hops`(name: String, rate: Int, channels: Int) throws {
    let columns = SignalColumns(try golden("\(name)-input"), rate: rate, channels: channels)
    let expected = try golden("\(name)-power")
    let found = columns.spectrogram
    try #require(found.power.count == expected.count)
    let largest = try #require(expected.max())
    for (n, power) in expected.enumerated() {
      #expect(
        abs(found.power[n] - power) <= (try tolerance("\(name)-power")) * largest,
        "column \(n / found.binCount), bin \(n % found.binCount): \(found.power[n]), not \(power)")
    }
    let levels = try golden("\(name)-level")
    try #require(columns.level.values.count == levels.count)
    for (level, right) in zip(columns.level.values, levels) {
      #expect(abs(level - right) <= (try tolerance("\(name)-level")) * max(right, 1e-9))
    }
    #expect(found.secondsPerColumn == Double(columns.hopLength) / Double(rate))
  }

  @Test(arguments: [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
  func `a sine of -20 dB reads -23 dB in its bin and as its level, at every rate`(rate: Int) throws {
    let probe = SignalColumns(sampleRate: rate, channelCount: 1)
    let bin = probe.binCount / 3
    let frequency = Double(bin * rate) / Double(probe.fftLength)
    let columns = SignalColumns(sine(frequency, amplitude: 0.1, seconds: 0.5, rate: rate), rate: rate)
    let spectrogram = columns.spectrogram
    #expect(spectrogram.highestFrequency <= 24_000)
    #expect(spectrogram.highestFrequency > min(24_000, Double(rate) / 2) - spectrogram.hertzPerBin)
    let middle = spectrogram.columnCount / 2
    let column = spectrogram.power[(middle * spectrogram.binCount)..<((middle + 1) * spectrogram.binCount)]
    #expect(column.firstIndex(of: column.max()!)! - column.startIndex == bin)
    #expect(abs(decibels(column.max()!) + 23.0103) < 0.01)
    // A hop is no whole number of periods.
    #expect(abs(decibels(columns.level.values[middle]) + 23.0103) < 0.1)
    #expect(abs(decibels(columns.meanSquare) + 23.0103) < 0.05)
    #expect(abs(columns.seconds - 0.5) < 1e-4)
  }

  @Test func `every way of cutting a signal gives the same columns to the bit`() throws {
    var random = SplitMix(3)
    let samples = random.samples(2 * 5_000)
    let whole = SignalColumns(samples, rate: 44_100, channels: 2)
    for _ in 0..<4 {
      let columns = SignalColumns(sampleRate: 44_100, channelCount: 2)
      var done = 0
      while done < 5_000 {
        let count = min(5_000 - done, 1 + random.index(below: 700))
        Array(samples[(2 * done)..<(2 * (done + count))]).withUnsafeBufferPointer { columns.add($0) }
        done += count
      }
      columns.finish()
      #expect(columns.spectrogram == whole.spectrogram && columns.level == whole.level)
    }
  }

  @Test func `channels are the mean of their powers`() {
    let one = sine(1_000, amplitude: 0.5, seconds: 0.2, rate: 16_000)
    let mono = SignalColumns(one, rate: 16_000)
    let both = SignalColumns(one.flatMap { [$0, -$0] }, rate: 16_000, channels: 2)
    let single = SignalColumns(one.flatMap { [$0, 0] }, rate: 16_000, channels: 2)
    #expect(abs(decibels(both.meanSquare) - decibels(mono.meanSquare)) < 1e-6, "opposite channels do not cancel out")
    #expect(abs(decibels(single.meanSquare) - decibels(mono.meanSquare) + 3.0103) < 1e-3)
    let largest = (mono.spectrogram.largestPower, both.spectrogram.largestPower, single.spectrogram.largestPower)
    #expect(abs(largest.0 / largest.1 - 1) < 1e-5 && abs(largest.0 / largest.2 - 2) < 1e-5)
  }

  @Test func `silence, a tenth of a second, a single sample and what is not finite`() {
    let silence = SignalColumns([Float](repeating: 0, count: 16_000), rate: 16_000)
    #expect(silence.spectrogram.power.allSatisfy { $0 == 0 } && silence.meanSquare == 0)
    #expect(decibels(silence.meanSquare) == -.infinity)
    let short = SignalColumns(sine(440, amplitude: 1, seconds: 0.1, rate: 8_000), rate: 8_000)
    #expect(short.spectrogram.columnCount == 13 && short.level.values.count == 13)
    #expect(abs(decibels(short.meanSquare) + 3.01) < 0.01)
    let one = SignalColumns([0.5], rate: 48_000)
    #expect(one.spectrogram.columnCount == 1 && one.level.values == [0.25])
    let broken = SignalColumns([.nan, .infinity, 1e30, 0.5] + [Float](repeating: 0, count: 400), rate: 16_000)
    #expect(broken.spectrogram.power.allSatisfy { $0.isFinite } && broken.level.values.allSatisfy { $0.isFinite })
    #expect(abs(broken.energy - 0.25) < 1e-9)
    let none = SignalColumns([], rate: 16_000)
    #expect(none.spectrogram.columnCount == 0 && none.seconds == 0 && none.meanSquare == 0)
  }

  @Test func `three samples at full scale are clipped, a single peak is not; an output's sample beyond it is`() {
    func clipped(_ samples: [Float], _ kind: SignalColumns.Clipping) -> [Int] {
      let found = SignalColumns(samples, rate: 16_000, clipping: kind).clipped.values
      return found.indices.filter { found[$0] == 1 }
    }
    var samples = [Float](repeating: 0.1, count: 2_000)
    samples[100] = 1
    #expect(clipped(samples, .flattened) == [] && clipped(samples, .beyondFullScale) == [])
    samples[101] = -1
    samples[102] = 1
    #expect(clipped(samples, .flattened) == [], "both sides in turns is no flat top")
    for n in 700..<704 { samples[n] = 32_767 / 32_768 }
    #expect(clipped(samples, .flattened) == [5])
    // Across the end of a hop.
    for n in 1_278..<1_281 { samples[n] = -1 }
    #expect(clipped(samples, .flattened) == [5, 10])
    samples[1_500] = 1.01
    #expect(clipped(samples, .beyondFullScale) == [11])
  }

  @Test func `an hour of sound has the memory of a minute, and what happens in it its place`() throws {
    // At 1 kHz: the work of an hour's hops without its samples.
    let rate = 1_000
    let columns = SignalColumns(sampleRate: rate, channelCount: 1)
    let quiet = [Float](repeating: 0, count: 10 * rate)
    let loud = sine(250, amplitude: 0.5, seconds: 10, rate: rate)
    for part in 0..<360 { (part == 240 ? loud : quiet).withUnsafeBufferPointer { columns.add($0) } }
    columns.finish()
    #expect(columns.seconds == 3_600)
    let spectrogram = columns.spectrogram
    #expect(spectrogram.columnCount <= SignalColumns.standardCapacity)
    #expect(spectrogram.columnCount > SignalColumns.standardCapacity / 2)
    let width = 900  // 4 s each
    let pixels = spectrogram.pixels(width: width, height: 10, seconds: 3_600, hertz: spectrogram.highestFrequency)
    let row = try #require((0..<10).max { pixels[$0 * width + 601] < pixels[$1 * width + 601] })
    #expect(abs(decibels(pixels[row * width + 601]) + 9.03) < 0.05)
    for x in 0..<width where !(599...603).contains(x) {
      #expect(pixels[row * width + x] == 0, "silence has nothing at \(x)")
    }
  }
}
