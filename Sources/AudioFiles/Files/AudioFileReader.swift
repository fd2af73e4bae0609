import CSndfile
import Ground

/// Reads a sound file from its beginning to its end, a block at a time. One thread.
public final class AudioFileReader: AudioSource {
  /// Most channels that are read.
  public static let largestChannelCount = 32

  public let format: AudioFormat
  public let tags: AudioTags
  /// Samples per channel; nil for a stream whose header does not say.
  public let sampleCount: Int?
  private let path: String
  private let file: OpaquePointer
  /// What libsndfile reads an MP3 through that is wrong about its length; nil for other files.
  private let stream: MPEGStream?
  private var position = 0

  /// - Throws: `AudioFileError` for what is missing, no sound, empty, cut short, or has a rate or a number of channels
  ///   that is not supported.
  public init(path: String) throws(AudioFileError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw errno == ENOENT || errno == ENOTDIR
        ? .missing(path: path) : .unreadable(path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    guard status.st_size > 0 else { throw .empty(path: path) }
    guard access(path, R_OK) == 0 else { throw .unreadable(path: path, reason: systemReason()) }

    var (file, info) = try Self.open(path)
    var stream: MPEGStream?
    var keepsOpen = false
    defer { if !keepsOpen { withExtendedLifetime(stream) { _ = sf_close(file) } } }

    let format = AudioFormat(
      sampleRate: Int(info.samplerate), channelCount: Int(info.channels), code: info.format)
    if format.container == Int32(SF_FORMAT_MPEG), let counted = MPEGStream(path: path) {
      if let promised = counted.promisedCount, promised > counted.sampleCount + Self.mpegTolerance {
        throw .cutShort(path: path, promised: promised, found: counted.sampleCount, unit: "samples")
      }
      if counted.needsCount, let better = counted.openSound(&info) {
        sf_close(file)
        file = better
        stream = counted
      }
    }
    guard (8000...192_000).contains(format.sampleRate) else {
      throw .unsupported(
        path: path, what: "its sample rate of \(format.sampleRate) Hz is not supported",
        remedy: "convert it to a rate from 8000 to 192000 Hz")
    }
    guard (1...Self.largestChannelCount).contains(format.channelCount) else {
      throw .unsupported(
        path: path, what: "its \(format.channelCount) channels are not supported",
        remedy: "split it into files of at most \(Self.largestChannelCount)")
    }
    if let (promised, found, unit) = Self.shortage(file) {
      throw .cutShort(path: path, promised: promised, found: found, unit: unit)
    }
    guard info.frames != 0 else { throw .empty(path: path) }
    // Where the last page of an Ogg stream is missing, libsndfile does not know the length, and may read nothing.
    if format.container == Int32(SF_FORMAT_OGG), info.frames >= 1 << 48 { throw .endless(path: path) }
    self.path = path
    self.format = format
    self.file = file
    self.stream = stream
    tags = AudioTags(reading: file)
    // Streams written through a pipe say the largest number there is.
    sampleCount = info.frames < 1 << 48 ? Int(info.frames) : nil
    keepsOpen = true
  }

  deinit { sf_close(file) }

  public func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    let room = buffer.count / format.channelCount
    let count = Int(sf_readf_float(file, buffer.baseAddress, sf_count_t(room)))
    position += count
    if sf_error(file) != 0 {
      // FLAC gives silence for a damaged block and goes on, and calls the end of a cut file damage too.
      let isFLAC = format.container == Int32(SF_FORMAT_FLAC)
      if isFLAC, count < room, let sampleCount {
        throw .cutShort(path: path, promised: sampleCount, found: position, unit: "samples")
      }
      if isFLAC || count < room { throw .damaged(path: path, reason: Self.reason(file)) }
    }
    let tolerance = format.container == Int32(SF_FORMAT_MPEG) ? Self.mpegTolerance : 0
    if count == 0, let sampleCount, position < sampleCount - tolerance {
      throw .cutShort(path: path, promised: sampleCount, found: position, unit: "samples")
    }
    return count
  }

  /// Decoders may leave out the first and the last frame of 1152 samples.
  private static let mpegTolerance = 2 * 1152

  private static func open(_ path: String) throws(AudioFileError) -> (OpaquePointer, SF_INFO) {
    var info = SF_INFO()
    guard let file = sf_open(path, Int32(SFM_READ), &info) else {
      throw .notAudio(path: path, reason: reason(nil))
    }
    return (file, info)
  }

  private static func reason(_ file: OpaquePointer?) -> String {
    var text = String(cString: sf_strerror(file))
    if text.hasPrefix("Error : ") { text.removeFirst(8) }
    while let last = text.last, ".\n ".contains(last) { text.removeLast() }
    return text
  }

  /// What the header promises and what is there, when some is missing.
  ///
  /// libsndfile quietly reads what there is, but notes it in its log.
  private static func shortage(_ file: OpaquePointer) -> (promised: Int, found: Int, unit: String)? {
    var log = [CChar](repeating: 0, count: 16_384)
    _ = sf_command(file, Int32(SFC_GET_LOG_INFO), &log, Int32(log.count))
    let text = log.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    for line in text.split(separator: "\n") {
      let words = line.split { " :()\t.".contains($0) }
      // "*** Calculated frame count 19179 does not match value from 'ds64' chunk of 32000."
      if words.count > 4, line.contains("'ds64'"), let found = Int(words[4]), let last = words.last,
        let promised = Int(last), promised > found
      {
        return (promised, found, "samples")
      }
      // "data : 32000 (should be 19956)", and of all of a W64 file: "riff : 64104 (should be 38462)"
      guard let first = words.first, ["data", "SSND", "Data", "riff"].contains(first),
        let should = words.firstIndex(of: "should"), should >= 2, should + 2 < words.count,
        let promised = Int(words[should - 1]), let found = Int(words[should + 2])
      else { continue }
      if promised > found, !isHabit(promised) { return (promised, found, "bytes of sound") }
    }
    return nil
  }

  /// Sizes that recorders leave in the header when they write to a pipe: about 2^31 or 2^32.
  private static func isHabit(_ size: Int) -> Bool {
    (0x7FFF_0000...0x8000_0100).contains(size) || size >= 0xFFFF_0000
  }
}
