import Glibc

/// Raw PCM from a file descriptor, such as a pipe. One thread.
public final class RawReader: AudioSource {
  public let format: AudioFormat
  public var sampleCount: Int? { nil }
  private let descriptor: Int32
  private let sampleFormat: RawSampleFormat
  private var bytes: [UInt8] = []

  /// - Throws: `AudioFileError.unsupported` for a rate outside 8000…192000 Hz or channels outside 1…32.
  public init(
    fileDescriptor: Int32, sampleFormat: RawSampleFormat, sampleRate: Int, channelCount: Int
  ) throws(AudioFileError) {
    guard (8000...192_000).contains(sampleRate), (1...AudioFileReader.largestChannelCount).contains(channelCount)
    else {
      throw .unsupported(
        path: "raw PCM", what: "\(channelCount) channels at \(sampleRate) Hz are not supported",
        remedy: "give 1 to 32 channels at 8000 to 192000 Hz")
    }
    descriptor = fileDescriptor
    self.sampleFormat = sampleFormat
    format = AudioFormat(sampleRate: sampleRate, channelCount: channelCount)
  }

  public func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    let channels = format.channelCount
    let wanted = buffer.count / channels * channels * sampleFormat.byteCount
    if bytes.count < wanted { bytes = Array(repeating: 0, count: wanted) }
    var have = 0
    while have < wanted {
      let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + have, wanted - have) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(path: "standard input", reason: systemReason()) }
      if got == 0 { break }
      have += got
    }
    let whole = sampleFormat.byteCount * channels
    guard have % whole == 0 else {
      throw .damaged(
        path: "standard input",
        reason: "it ends in the middle of a sample of \(whole) bytes: check --raw and --channels")
    }
    bytes.withUnsafeBufferPointer { bytes in
      for n in 0..<(have / sampleFormat.byteCount) {
        buffer[n] = sampleFormat.decode(bytes.baseAddress! + n * sampleFormat.byteCount)
      }
    }
    return have / whole
  }
}
