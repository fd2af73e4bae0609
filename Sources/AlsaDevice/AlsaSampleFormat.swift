import CALSA

/// The sample formats of devices, in the order in which they are tried, and their conversion from and to floats.
///
/// Little endian. Conversions run on the device's thread and allocate nothing. Full scale is ±1; what is beyond is clipped,
/// what is not a number is 0.
package enum AlsaSampleFormat: Int, Sendable, CaseIterable {
  case float, s32, s24, s24in3, s16

  package var byteCount: Int {
    @_noLocks get {
      switch self {
      case .float, .s32, .s24: 4
      case .s24in3: 3
      case .s16: 2
      }
    }
  }

  var alsa: snd_pcm_format_t {
    switch self {
    case .float: SND_PCM_FORMAT_FLOAT_LE
    case .s32: SND_PCM_FORMAT_S32_LE
    case .s24: SND_PCM_FORMAT_S24_LE
    case .s24in3: SND_PCM_FORMAT_S24_3LE
    case .s16: SND_PCM_FORMAT_S16_LE
    }
  }

  /// ALSA's name of it.
  package var name: String {
    switch self {
    case .float: "FLOAT"
    case .s32: "S32"
    case .s24: "S24"
    case .s24in3: "S24_3LE"
    case .s16: "S16"
    }
  }

  /// Takes one channel out of interleaved samples.
  ///
  /// - Parameters:
  ///   - bytes: at the channel's first sample.
  ///   - stride: bytes from sample to sample of the channel.
  @_noLocks
  func decode(_ bytes: UnsafeRawPointer, stride: Int, count: Int, into output: UnsafeMutablePointer<Float>) {
    switch self {
    case .float:
      for n in 0..<count { output[n] = bytes.loadUnaligned(fromByteOffset: n * stride, as: Float.self) }
    case .s32:
      for n in 0..<count {
        output[n] = Float(bytes.loadUnaligned(fromByteOffset: n * stride, as: Int32.self)) * 0x1p-31
      }
    case .s24:
      for n in 0..<count {
        // The upper byte is anything.
        let word = bytes.loadUnaligned(fromByteOffset: n * stride, as: Int32.self)
        output[n] = Float((word << 8) >> 8) * 0x1p-23
      }
    case .s24in3:
      for n in 0..<count {
        let at = n * stride
        let low = Int32(bytes.load(fromByteOffset: at, as: UInt8.self))
        let middle = Int32(bytes.load(fromByteOffset: at + 1, as: UInt8.self))
        let high = Int32(bytes.load(fromByteOffset: at + 2, as: Int8.self))
        output[n] = Float(high << 16 | middle << 8 | low) * 0x1p-23
      }
    case .s16:
      for n in 0..<count {
        output[n] = Float(bytes.loadUnaligned(fromByteOffset: n * stride, as: Int16.self)) * 0x1p-15
      }
    }
  }

  /// Puts one channel into interleaved samples.
  @_noLocks
  func encode(_ input: UnsafePointer<Float>, count: Int, into bytes: UnsafeMutableRawPointer, stride: Int) {
    switch self {
    case .float:
      for n in 0..<count { bytes.storeBytes(of: input[n], toByteOffset: n * stride, as: Float.self) }
    case .s32:
      for n in 0..<count {
        bytes.storeBytes(of: Int32(Self.scaled(input[n], 0x1p31)), toByteOffset: n * stride, as: Int32.self)
      }
    case .s24:
      for n in 0..<count {
        bytes.storeBytes(of: Int32(Self.scaled(input[n], 0x1p23)), toByteOffset: n * stride, as: Int32.self)
      }
    case .s24in3:
      for n in 0..<count {
        let value = UInt32(bitPattern: Int32(Self.scaled(input[n], 0x1p23)))
        let at = n * stride
        bytes.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: at, as: UInt8.self)
        bytes.storeBytes(of: UInt8(truncatingIfNeeded: value >> 8), toByteOffset: at + 1, as: UInt8.self)
        bytes.storeBytes(of: UInt8(truncatingIfNeeded: value >> 16), toByteOffset: at + 2, as: UInt8.self)
      }
    case .s16:
      for n in 0..<count {
        bytes.storeBytes(of: Int16(Self.scaled(input[n], 0x1p15)), toByteOffset: n * stride, as: Int16.self)
      }
    }
  }

  /// x · scale to the nearest whole number (ties away from 0), within −scale…scale − 1.
  @_noLocks @inline(__always)
  private static func scaled(_ x: Float, _ scale: Double) -> Int64 {
    guard x == x else { return 0 }
    let value = Double(x) * scale
    if value >= scale - 1 { return Int64(scale) - 1 }
    if value <= -scale { return -Int64(scale) }
    return Int64(value < 0 ? value - 0.5 : value + 0.5)
  }
}
