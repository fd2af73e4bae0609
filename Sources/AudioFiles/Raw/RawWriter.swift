import Ground

/// Raw PCM to a file descriptor, such as a pipe. One thread.
package final class RawWriter: AudioSink {
  package private(set) var clippedSampleCount = 0
  private let descriptor: Int32
  private let sampleFormat: RawSampleFormat
  private var bytes: [UInt8] = []

  package init(fileDescriptor: Int32, sampleFormat: RawSampleFormat, channelCount: Int) {
    descriptor = fileDescriptor
    self.sampleFormat = sampleFormat
  }

  /// WAV to a pipe: a header that says the length where it is known, and the samples.
  ///
  /// - Parameters:
  ///   - format: the input's; its encoding is taken, or the nearest of 16, 24 and 32 bits and float.
  ///   - sampleCount: samples per channel to come; nil: not known.
  /// - Throws: `AudioFileError.writingFailed`.
  package convenience init(waveTo descriptor: Int32, like format: AudioFormat, sampleCount: Int?) throws(AudioFileError)
  {
    let samples: RawSampleFormat =
      switch format.integerBits {
      case 24: .s24le
      case 32: .s32le
      default: format.isFloat ? .f32le : .s16le
      }
    self.init(fileDescriptor: descriptor, sampleFormat: samples, channelCount: format.channelCount)
    let header = WaveHeader.bytes(samples, format, sampleCount: sampleCount)
    bytes = header
    try put(header.count)
  }

  /// Writes all of it before it returns; waits for a slow reader.
  package func write(_ interleaved: UnsafeBufferPointer<Float>) throws(AudioFileError) {
    let width = sampleFormat.byteCount
    let count = interleaved.count * width
    if bytes.count < count { bytes = Array(repeating: 0, count: count) }
    clippedSampleCount += bytes.withUnsafeMutableBufferPointer { bytes in
      var clipped = 0
      for (n, sample) in interleaved.enumerated()
      where sampleFormat.encode(sample, into: bytes.baseAddress! + n * width) {
        clipped += 1
      }
      return clipped
    }
    try put(count)
  }

  private func put(_ count: Int) throws(AudioFileError) {
    var done = 0
    while done < count {
      let put = bytes.withUnsafeBytes { Ground.write(descriptor, $0.baseAddress! + done, count - done) }
      if put < 0, errno == EINTR || waitAgain(descriptor, POLLOUT) { continue }
      guard put > 0 else {
        let reason = errno == EPIPE ? "the program that reads it has ended" : systemReason()
        throw .writingFailed(path: "standard output", reason: reason)
      }
      done += put
    }
  }

  package func finish() {}
  /// What went through a pipe cannot be taken back.
  package func abandon() {}
}
