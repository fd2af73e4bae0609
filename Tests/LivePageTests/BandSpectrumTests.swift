import Foundation
import Testing

@testable import LivePage

/// Bytes of bands, against what is put in.
@Suite struct BandSpectrumTests {
  private func column(_ spectrum: BandSpectrum, _ samples: [Float]) -> [UInt8] {
    samples.withUnsafeBufferPointer { spectrum.push($0.baseAddress!, count: samples.count) }
    var bytes: [UInt8] = []
    spectrum.appendColumn(to: &bytes)
    return bytes
  }

  @Test(arguments: [8000, 16_000, 44_100, 48_000, 96_000, 192_000])
  func `a sine of full scale is 0 dB in the band of its frequency, silence is nothing`(rate: Int) throws {
    let spectrum = BandSpectrum(sampleRate: rate)
    let length = spectrum.fftLength
    #expect(length <= rate / 20 && column(spectrum, [Float](repeating: 0, count: length)).allSatisfy { $0 == 0 })
    let edges = BandSpectrum.edges(sampleRate: rate)
    // In the middle of a bin, high enough that a band is some bins wide.
    let bin = length / 4
    let frequency = Double(bin) * Double(rate) / Double(length)
    guard frequency < edges[95] else { return }
    let bytes = column(
      spectrum, (0..<length).map { Float(sin(2 * Double.pi * Double(bin) * Double($0) / Double(length))) })
    let loudest = try #require(bytes.indices.max { bytes[$0] < bytes[$1] })
    #expect(edges[loudest] <= frequency * 1.02 && edges[loudest + 1] >= frequency * 0.98)
    let decibels = Double(bytes[loudest]) / 255 * (BandSpectrum.highest - BandSpectrum.lowest) + BandSpectrum.lowest
    #expect(abs(decibels) < 2, "\(decibels)")
  }

  @Test func `bands rise, and what is out of range is its end`() {
    for rate in [8000, 48_000, 192_000] {
      let edges = BandSpectrum.edges(sampleRate: rate)
      #expect(edges.count == BandSpectrum.bandCount + 1 && zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 })
    }
    #expect(BandSpectrum.byte(decibels: -.infinity) == 0 && BandSpectrum.byte(decibels: 40) == 255)
    #expect(BandSpectrum.byte(decibels: .nan) == 0)
  }
}
