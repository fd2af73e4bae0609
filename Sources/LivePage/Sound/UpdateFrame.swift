import Ground
import NIOCore
import Realtime

/// An update as bytes, little-endian:
///
///     0   1: the layout
///     1   bits: 1 the input clips, 2 the output is at full scale
///     2   columns
///     3   bands of a column
///     4   input level, output level, input peak, output peak, noise reduction: hundredths of a dB, Int16; −32768: none;
///         levels are of all channels, peaks those of the loudest
///     14  time of a frame, median and 99th percentile: tens of microseconds, UInt16
///     18  per column: the bands of the input, then those of the output, a byte each
enum UpdateFrame {
  static let headerLength = 18
  /// −32768.
  static let none = Int16.min
  /// A sample of 16 bits can be no louder.
  private static let fullScale: Float = 32767 / 32768

  static func encoded(_ status: LiveStatus?, _ spectra: RollingSpectra?) -> ByteBuffer {
    var columns: [UInt8] = []
    let sound = spectra?.collect(into: &columns) ?? (columns: 0, outputPeak: 0)
    var buffer = ByteBuffer()
    buffer.reserveCapacity(headerLength + columns.count)
    let clips = status?.groups.contains(where: \.isClipping) == true
    buffer.writeInteger(UInt8(1))
    buffer.writeInteger(UInt8((clips ? 1 : 0) | (sound.outputPeak >= fullScale ? 2 : 0)))
    buffer.writeInteger(UInt8(sound.columns))
    buffer.writeInteger(UInt8(BandSpectrum.bandCount))
    func put(_ decibels: Double?) {
      let value = decibels.flatMap { $0.isFinite ? Int16(clamping: Int(max(-300, min(300, $0)) * 100)) : nil } ?? none
      buffer.writeInteger(value, endianness: .little)
    }
    put(status?.inputLevel)
    put(status?.outputLevel)
    put(status?.groups.map(\.inputPeak).max())
    put(peak(sound.outputPeak))
    put(status?.noiseReduction)
    for seconds in [status?.frameTimeMedian ?? 0, status?.frameTime99 ?? 0] {
      buffer.writeInteger(UInt16(clamping: Int(min(1, max(0, seconds)) * 1e5)), endianness: .little)
    }
    buffer.writeBytes(columns)
    return buffer
  }

  private static func peak(_ sample: Float) -> Double? {
    sample > 0 ? 20 * logarithm10(Double(sample)) : nil
  }
}
