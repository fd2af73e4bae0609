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
package final class RawReader: AudioSource {
  package let format: AudioFormat
  /// What a header in front of it promised; nil: not known.
  package let sampleCount: Int?
  package private(set) var remarks: [AudioRemark] = []
  /// What stood in front of the samples.
  package let tags: AudioTags
  private let descriptor: Int32
  private let sampleFormat: RawSampleFormat
  private let name: String
  private let isStrict: Bool
  private var bytes: [UInt8]
  /// Bytes that are there already: less than one sample between two reads.
  private var have: Int
  /// Bytes that are still to come, where a header has said so.
  private var rest: Int?
  /// Whether it comes live, for all that is known.
  private let isPiped: Bool
  private var ending = PipedRecording.Ending()

  /// - Throws: `AudioFileError.unsupported` for a rate outside 8000…192000 Hz or channels outside 1…32.
  package convenience init(
    fileDescriptor: Int32, sampleFormat: RawSampleFormat, sampleRate: Int, channelCount: Int
  ) throws(AudioFileError) {
    let format = AudioFormat(sampleRate: sampleRate, channelCount: channelCount, code: sampleFormat.code)
    try self.init(fileDescriptor, sampleFormat, format)
  }

  /// - Parameters:
  ///   - format: rate, channels, and what an output is like.
  ///   - begun: bytes that were read already.
  ///   - byteCount: as a header says, `begun` included; nil: to the end.
  ///   - name: what errors call it.
  ///   - tags: what stood in front of the samples.
  init(
    _ fileDescriptor: Int32, _ sampleFormat: RawSampleFormat, _ format: AudioFormat, begun: [UInt8] = [],
    byteCount: Int? = nil, name: String = "standard input", strict: Bool = false,
    tags: AudioTags = AudioTags()
  ) throws(AudioFileError) {
    guard (8000...192_000).contains(format.sampleRate),
      (1...AudioFileReader.largestChannelCount).contains(format.channelCount)
    else {
      throw .unsupported(
        path: byteCount == nil && begun.isEmpty ? "raw PCM" : name,
        what: "\(format.channelCount) channels at \(format.sampleRate) Hz are not supported",
        remedy: "give 1 to 32 channels at 8000 to 192000 Hz")
    }
    descriptor = fileDescriptor
    self.sampleFormat = sampleFormat
    self.format = format
    self.name = name
    isStrict = strict
    self.tags = tags
    let given = byteCount.map { Array(begun.prefix($0)) } ?? begun
    bytes = given
    have = given.count
    rest = byteCount.map { $0 - given.count }
    var status = stat()
    let isFile = fstat(fileDescriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    isPiped = fileDescriptor == STDIN_FILENO && !isFile && byteCount == nil
    if isPiped { PipedRecording.begin() }
    sampleCount = byteCount.map { $0 / (sampleFormat.byteCount * format.channelCount) }
  }

  /// Returns what is there as soon as it is one whole sample: a live pipe is not kept waiting for a full buffer.
  package func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    let whole = sampleFormat.byteCount * format.channelCount
    let room = buffer.count / format.channelCount * whole
    precondition(room > 0, "read takes room for at least one sample of all channels")
    if bytes.count < room { bytes += Array(repeating: 0, count: room - bytes.count) }
    while have < whole {
      if isPiped, !PipedRecording.waits(for: descriptor, &ending) { return try ended() }
      let wanted = min(room - have, rest ?? .max)
      let got =
        wanted == 0 ? 0 : bytes.withUnsafeMutableBytes { Ground.read(descriptor, $0.baseAddress! + have, wanted) }
      if got < 0, errno == EINTR || waitAgain(descriptor, POLLIN) { continue }
      guard got >= 0 else { throw .unreadable(path: name, reason: systemReason()) }
      if got == 0 {
        if ending.asked != nil || isPiped && PipedRecording.isEnding { return try ended() }
        try end(whole)
        return 0
      }
      have += got
      rest = rest.map { $0 - got }
    }
    let count = min(have, room) / whole
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

  /// The end that a signal asked for: what there is of one more sample is of no use.
  private func ended() throws(AudioFileError) -> Int {
    let remark = AudioRemark(description: "a signal ended it, and all that had come was taken", isDamage: false)
    if !remarks.contains(remark) { remarks.append(remark) }
    return 0
  }

  private func end(_ whole: Int) throws(AudioFileError) {
    if let rest, rest > 0, remarks.isEmpty {
      let remark = AudioRemark(
        description: "it ended \(rest) bytes before what its header promises, and all that came was taken",
        isDamage: true)
      if isStrict { throw .notStrict(path: name, remark: remark.description) }
      remarks.append(remark)
    }
    // Behind a header half a sample is the header's fault; without one, the command line's.
    guard have == 0 || rest != nil else {
      throw .damaged(
        path: name, reason: "it ends in the middle of a sample of \(whole) bytes: check --raw and --channels")
    }
  }
}
