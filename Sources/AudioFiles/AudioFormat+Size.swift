import CSndfile

/// How large a file may grow: WAV, AIFF and AU count their bytes in 32 bits.
extension AudioFormat {
  /// What to write a format as, and how much of it.
  struct Layout {
    /// The format's code, or that of RF64 in place of WAV.
    let code: Int32
    /// Samples of all channels.
    let largestSampleCount: Int
  }

  /// Room left for headers and tags.
  private static let largestBody = 0xFFFF_FFFF - 1 << 20

  /// - Parameters:
  ///   - expectedSampleCount: samples per channel; nil: any number.
  ///   - reserved: bytes of tags besides.
  /// - Throws: `AudioFileError.cannotHold` when it is known already that the file grows too large.
  func layout(path: String, expectedSampleCount: Int?, reserved: Int = 0) throws(AudioFileError) -> Layout {
    guard let bytes = bytesPerSample, isCountedIn32Bits else {
      return Layout(code: code, largestSampleCount: .max)
    }
    let largest = (Self.largestBody - reserved) / bytes
    // Beyond 2^48 samples a header lies; whoever writes so much will be told by the disk.
    let expected = expectedSampleCount.map { min($0, 1 << 48) * channelCount } ?? .max
    if expected <= largest { return Layout(code: code, largestSampleCount: largest) }
    var long = self
    long.code = Int32(SF_FORMAT_RF64) | encoding
    if isWAV, long.isWritable { return Layout(code: long.code, largestSampleCount: .max) }
    if expectedSampleCount != nil { throw tooLong(path: path) }
    return Layout(code: code, largestSampleCount: largest)
  }

  func tooLong(path: String) -> AudioFileError {
    .cannotHold(
      path: path, container: containerName, what: "more than 4 GB",
      remedy: "write .w64, .rf64 or .flac instead")
  }

  var isWAV: Bool { [SF_FORMAT_WAV, SF_FORMAT_WAVEX].contains(Int(container)) }

  private var isCountedIn32Bits: Bool {
    isWAV || [SF_FORMAT_AIFF, SF_FORMAT_AU].contains(Int(container))
  }

  /// Of one channel; nil for compressed sound, which stays small.
  private var bytesPerSample: Int? {
    switch Int(encoding) {
    case SF_FORMAT_PCM_S8, SF_FORMAT_PCM_U8, SF_FORMAT_ULAW, SF_FORMAT_ALAW: 1
    case SF_FORMAT_PCM_16: 2
    case SF_FORMAT_PCM_24: 3
    case SF_FORMAT_PCM_32, SF_FORMAT_FLOAT: 4
    case SF_FORMAT_DOUBLE: 8
    default: nil
    }
  }
}
