import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Figures

/// Pictures as PNG, read back.
@Suite(.enabled(if: Figure.canDraw, "libcairo is not installed (Debian: libcairo2)")) struct DrawingTests {
  static func figure(_ samples: [Float], rate: Int = 16_000, title: String = "talk.wav") -> Figure {
    let columns = SignalColumns(samples, rate: rate)
    var figure = Figure(title: title, notes: ["a note"], seconds: columns.seconds)
    figure.spectrograms = [
      .init(name: "before", spectrogram: columns.spectrogram), .init(name: "after", spectrogram: columns.spectrogram),
    ]
    figure.charts = [
      .init(
        name: "level, dBFS",
        curves: [.init(name: "before", track: columns.level.map { decibels($0) }, isStrong: true)], range: -80...0)
    ]
    figure.bands = [.init(name: "clipped", shares: columns.clipped)]
    return figure
  }

  @Test func `has its width, its height and its contents; spectrograms are the pixels they are said to be`() throws {
    let rate = 16_000
    let sound =
      [Float](repeating: 0, count: rate) + sine(4_000, amplitude: 0.5, seconds: 1, rate: rate)
    let figure = Self.figure(sound, rate: rate)
    let picture = try Picture(try figure.png())
    #expect(picture.width == 1200 && (500..<1500).contains(picture.height))
    #expect(picture.colourCount > 30 && picture.pixel(0, 0) == 0xFFFFFF)
    // The first spectrogram lies below title, note and name; 4 kHz is in its middle, in its second half.
    let top = Figure.head + 18 + 19
    let colours = figure.colours(
      of: figure.spectrograms[0].spectrogram, width: Figure.plotWidth, height: Figure.spectrogramHeight)
    for y in stride(from: 0, to: Figure.spectrogramHeight, by: 7) {
      for x in stride(from: 0, to: Figure.plotWidth, by: 31) {
        #expect(picture.pixel(Figure.left + x, top + y) == colours[y * Figure.plotWidth + x].word)
      }
    }
    let middle = top + Figure.spectrogramHeight / 2
    // −9 dB on a scale of −80 to 0 (next ten above −9): nearly at its top.
    let expected = ColourScale.colour((-9.03 + 80) / 80)
    let found = (middle - 2...middle + 2).map { picture.pixel(Figure.left + 700, $0) }
    #expect(found.contains(expected.word), "\(found.map { String($0, radix: 16) })")
    #expect(picture.pixel(Figure.left + 200, middle) == ColourScale.colours[0].word)
  }

  @Test func `the scale reaches from the next ten above the loudest 80 dB down, and is one for both`() {
    var figure = Self.figure(sine(1_000, amplitude: 0.1, seconds: 0.2, rate: 16_000))
    #expect(figure.colourRange == -100 ... -20)
    figure.spectrograms[1].spectrogram.power[0] = 0.5
    #expect(figure.colourRange == -80...0)
    #expect(Self.figure([Float](repeating: 0, count: 1_600)).colourRange == -80...0)
  }

  @Test(arguments: [
    "a\nb\tc\u{0}d", "\u{202E}gnp.exe", "日本 – ‘é’ 🎤 <b>&amp;", String(repeating: "long ", count: 200), "",
    "\u{FFFD}\u{10FE80}",
  ])
  func `draws under any name`(title: String) throws {
    var figure = Self.figure(sine(500, amplitude: 0.3, seconds: 0.1, rate: 8_000), rate: 8_000, title: title)
    figure.notes = [title]
    figure.remark = title
    figure.spectrograms[0].name = title
    figure.bands[0].name = title
    figure.bands[0].spans = [.init(start: 0, end: 0.1, label: title)]
    #expect(try Picture(try figure.png()).width == 1200)
  }

  @Test func `silence, a single sample, nothing but a title, and values beyond every axis are pictures, too`() throws {
    #expect(try Picture(try Self.figure([Float](repeating: 0, count: 16_000)).png()).colourCount > 3)
    #expect(try Picture(try Self.figure([0.5]).png()).width == 1200)
    #expect(try Picture(try Figure(title: "nothing", seconds: 1).png()).height > 50)
    var wild = Self.figure([0.5, -0.5])
    wild.charts[0].curves[0].track.values = [.nan, .infinity, -.infinity, 1e30, .nan]
    wild.bands[0].spans = [.init(start: -1e9, end: 1e9, share: 7), .init(start: 5, end: 4)]
    wild.spectrograms[0].spectrogram.power[0] = 1e30
    #expect(try Picture(try wild.png()).width == 1200)
  }

  @Test func `bands show shares as heights, join what is equal, and show the shortest span`() throws {
    let band = Figure.Band(name: "b", shares: Track(secondsPerValue: 0.1, values: [0, 1, 1, 0.5, 0, 0.25]))
    #expect(band.spans.map(\.share) == [1, 0.5, 0.25])
    #expect(abs(band.spans[0].start - 0.1) < 1e-9 && abs(band.spans[0].end - 0.3) < 1e-9)
    var figure = Figure(title: "t", seconds: 1_000)
    figure.bands = [
      .init(name: "b", spans: [.init(start: 500, end: 500.001), .init(start: 600, end: 700, share: 0.5)])
    ]
    let picture = try Picture(try figure.png())
    let top = Figure.head
    func grey(_ x: Int, _ y: Int) -> UInt32 { picture.pixel(x, top + y) & 0xFF }
    let x = Figure.left + Figure.plotWidth / 2
    #expect(grey(x, 7) < 80 && grey(x + 2, 7) > 200 && grey(x - 2, 7) > 200)
    let half = Figure.left + Figure.plotWidth * 65 / 100
    #expect(grey(half, 2) > 200 && grey(half, 12) < 80)
  }

  @Test func `several threads draw at once, the same to the bit`() throws {
    let figure = Self.figure(sine(700, amplitude: 0.2, seconds: 0.3, rate: 16_000))
    let expected = try figure.png()
    let results = Mutex<[Bool]>([])
    DispatchQueue.concurrentPerform(iterations: 6) { _ in
      let isSame = (try? figure.png()) == expected
      results.withLock { $0.append(isSame) }
    }
    #expect(results.withLock { $0 } == Array(repeating: true, count: 6))
  }
}
