import Ground
import SignalProcessing

/// The newest samples of one signal as power in bands, a byte each. One thread.
final class BandSpectrum {
  static let bandCount = 96
  /// dB of full scale that a byte of 0 and of 255 stand for.
  static let lowest = -100.0
  static let highest = 2.0

  let fftLength: Int
  private let transform: FourierTransform
  private let window: FloatMemory  // (fftLength), Hann
  private let history: FloatMemory  // (fftLength), oldest first
  private let bands: [Range<Int>]  // bins of each band

  init(sampleRate: Int) {
    // A twentieth of a second at most: syllables stay apart, and so do harmonics.
    var length = 64
    while 2 * length <= sampleRate / 20 { length *= 2 }
    fftLength = length
    transform = FourierTransform(length: length, direction: .forward)
    window = FloatMemory(length)
    history = FloatMemory(length)
    Window.squareRootHann(length, into: window.base)
    for n in 0..<length { window.base[n] *= window.base[n] }
    let edges = Self.edges(sampleRate: sampleRate).map { Int(($0 * Double(length) / Double(sampleRate)).rounded()) }
    bands = (0..<Self.bandCount).map { band in
      let first = min(edges[band], length / 2)
      return first..<max(first + 1, min(edges[band + 1], length / 2 + 1))
    }
  }

  /// Frequencies between the bands, Hz, one more than there are bands: as far apart as the ear hears (mel), to 20 kHz.
  static func edges(sampleRate: Int) -> [Double] {
    let highest = min(Double(sampleRate) / 2, 20_000)
    func mel(_ hertz: Double) -> Double { 1127 * logarithm(1 + hertz / 700) }
    let top = mel(highest)
    return (0...bandCount).map { band in
      700 * (exponential(top * Double(band) / Double(bandCount) / 1127) - 1)
    }
  }

  /// Takes samples in; at most `fftLength` of them.
  func push(_ samples: UnsafePointer<Float>, count: Int) {
    let kept = fftLength - count
    for n in 0..<kept { history.base[n] = history.base[n + count] }
    for n in 0..<count { history.base[kept + n] = samples[n] }
  }

  /// Appends a byte for each band.
  func appendColumn(to bytes: inout [UInt8]) {
    for n in 0..<fftLength { transform.time[n] = history.base[n] * window.base[n] }
    transform.execute()
    // A sine of full scale is a quarter of the length in its bin, and half of that in either neighbour: 1.5 times its power.
    let unit = Float(fftLength) / 4
    let scale = 1 / (1.5 * unit * unit)
    for band in bands {
      var power: Float = 0
      for bin in band {
        let (re, im) = (transform.bins[2 * bin], transform.bins[2 * bin + 1])
        power += re * re + im * im
      }
      bytes.append(Self.byte(decibels: power > 0 ? 10 * logarithm10(Double(power * scale)) : -.infinity))
    }
  }

  static func byte(decibels: Double) -> UInt8 {
    guard decibels > lowest else { return 0 }
    return UInt8(min(255, ((decibels - lowest) / (highest - lowest) * 255).rounded()))
  }
}
