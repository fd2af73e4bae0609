import Ground

/// Raw PCM to a file descriptor, such as a pipe. One thread.
package final class RawWriter: AudioSink {
  package private(set) var clippedSampleCount = 0
  private let descriptor: Int32
  private let sampleFormat: RawSampleFormat
  private var bytes: [UInt8] = []
  /// Of the samples.
  private var byteCount = 0
  /// Whether a header has said how many samples come.
  private var isLengthSaid = false
  /// Where the header of a WAV begins, in a regular file; nil elsewhere. What it says may be wrong: the input's header was.
  private var headerPlace: off_t?

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
    isLengthSaid = sampleCount != nil
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      fcntl(descriptor, F_GETFL) & O_APPEND == 0
    {
      headerPlace = lseek(descriptor, 0, SEEK_CUR)
    }
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
    byteCount += count
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

  /// Behind a header that says the length, now or in the end: the byte that makes an odd number of bytes even. Through a pipe, whose
  /// length nobody knows, it would be taken for a part of a sample.
  package func finish() throws(AudioFileError) {
    let place = headerPlace
    headerPlace = nil
    guard isLengthSaid || place != nil else { return }
    isLengthSaid = false
    if byteCount % 2 != 0 {
      bytes = [0]
      try put(1)
    }
    guard let place, place >= 0, let sizes = WaveHeader.sizes(byteCount) else { return }
    for (offset, size) in sizes {
      let put = size.withUnsafeBytes { pwrite(descriptor, $0.baseAddress!, $0.count, place + off_t(offset)) }
      guard put == size.count else { throw .writingFailed(path: "standard output", reason: systemReason()) }
    }
  }
  /// What went through a pipe cannot be taken back.
  package func abandon() {}
}
