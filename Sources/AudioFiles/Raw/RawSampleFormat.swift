import CSndfile

/// How raw PCM writes a sample, little-endian.
package enum RawSampleFormat: String, CaseIterable, Sendable {
  case s16le
  case s24le
  case s32le
  case f32le

  /// Of one sample of one channel.
  var byteCount: Int {
    switch self {
    case .s16le: 2
    case .s24le: 3
    case .s32le, .f32le: 4
    }
  }

  /// libsndfile's number for headerless sound of this encoding.
  var code: Int32 {
    let encoding =
      switch self {
      case .s16le: SF_FORMAT_PCM_16
      case .s24le: SF_FORMAT_PCM_24
      case .s32le: SF_FORMAT_PCM_32
      case .f32le: SF_FORMAT_FLOAT
      }
    return Int32(SF_FORMAT_RAW | encoding)
  }

  /// Full scale ±1.
  func decode(_ bytes: UnsafePointer<UInt8>) -> Float {
    var word: UInt32 = 0
    for n in 0..<byteCount { word |= UInt32(bytes[n]) << UInt32(8 * n) }
    if self == .f32le { return Float(bitPattern: word) }
    let shift = UInt32(32 - 8 * byteCount)
    return Float(Double(Int32(bitPattern: word << shift)) / 2_147_483_648)
  }

  /// - Returns: whether the sample was beyond full scale and was clipped.
  func encode(_ sample: Float, into bytes: UnsafeMutablePointer<UInt8>) -> Bool {
    var word: UInt32
    var clipped = false
    if self == .f32le {
      word = sample.bitPattern
    } else {
      let scale = Double(UInt32(1) << UInt32(8 * byteCount - 1))
      let value = (Double(sample) * scale).rounded(.toNearestOrEven)
      clipped = sample > 1 || sample < -1
      let safe = value.isNaN ? 0 : min(scale - 1, max(-scale, value))
      word = UInt32(truncatingIfNeeded: Int64(safe))
    }
    for n in 0..<byteCount {
      bytes[n] = UInt8(truncatingIfNeeded: word)
      word >>= 8
    }
    return clipped
  }
}
