import Ground

/// Whether the call that has just failed only came too early, after waiting until it may be made again: a pipe may have been
/// made non-blocking by another program that holds it.
func waitAgain(_ descriptor: Int32, _ event: Int32) -> Bool {
  guard errno == EAGAIN else { return false }
  var wait = pollfd(fd: descriptor, events: Int16(event), revents: 0)
  _ = poll(&wait, 1, -1)
  return true
}

/// Raw PCM from a file descriptor, such as a pipe. One thread.
public final class RawReader: AudioSource {
  public let format: AudioFormat
  public var sampleCount: Int? { nil }
  private let descriptor: Int32
  private let sampleFormat: RawSampleFormat
  private var bytes: [UInt8] = []
  /// Bytes that are there already: less than one sample between two reads.
  private var have = 0

  /// - Throws: `AudioFileError.unsupported` for a rate outside 8000…192000 Hz or channels outside 1…32.
  public init(
    fileDescriptor: Int32, sampleFormat: RawSampleFormat, sampleRate: Int, channelCount: Int
  ) throws(AudioFileError) {
    guard (8000...192_000).contains(sampleRate),
      (1...AudioFileReader.largestChannelCount).contains(channelCount)
    else {
      throw .unsupported(
        path: "raw PCM", what: "\(channelCount) channels at \(sampleRate) Hz are not supported",
        remedy: "give 1 to 32 channels at 8000 to 192000 Hz")
    }
    descriptor = fileDescriptor
    self.sampleFormat = sampleFormat
    format = AudioFormat(sampleRate: sampleRate, channelCount: channelCount, code: sampleFormat.code)
  }

  /// Returns what is there as soon as it is one whole sample: a live pipe is not kept waiting for a full buffer.
  public func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    let whole = sampleFormat.byteCount * format.channelCount
    let room = buffer.count / format.channelCount * whole
    precondition(room > 0, "read takes room for at least one sample of all channels")
    if bytes.count < room { bytes = Array(repeating: 0, count: room) }
    while have < whole {
      let got = bytes.withUnsafeMutableBytes { Ground.read(descriptor, $0.baseAddress! + have, room - have) }
      if got < 0, errno == EINTR || waitAgain(descriptor, POLLIN) { continue }
      guard got >= 0 else { throw .unreadable(path: "standard input", reason: systemReason()) }
      if got == 0 {
        guard have == 0 else {
          throw .damaged(
            path: "standard input",
            reason: "it ends in the middle of a sample of \(whole) bytes: check --raw and --channels")
        }
        return 0
      }
      have += got
    }
    let count = have / whole
    let used = count * whole
    bytes.withUnsafeMutableBufferPointer { bytes in
      let base = bytes.baseAddress!
      for n in 0..<(count * format.channelCount) {
        buffer[n] = sampleFormat.decode(base + n * sampleFormat.byteCount)
      }
      // The beginning of the next sample stays for the next read.
      for n in used..<have { base[n - used] = base[n] }
    }
    have -= used
    return count
  }
}
