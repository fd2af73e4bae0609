import CSndfile
import Glibc

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

    var info = SF_INFO()
    guard let file = sf_open(path, Int32(SFM_READ), &info) else {
      throw .notAudio(path: path, reason: Self.reason(nil))
    }
    var keepsOpen = false
    defer { if !keepsOpen { sf_close(file) } }

    let format = AudioFormat(
      sampleRate: Int(info.samplerate), channelCount: Int(info.channels), code: info.format)
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
    if let (promised, found) = Self.shortage(file) {
      throw .cutShort(path: path, promised: promised, found: found, unit: "bytes of sound")
    }
    guard info.frames != 0 else { throw .empty(path: path) }
    self.path = path
    self.format = format
    self.file = file
    tags = AudioTags(reading: file)
    // Streams written through a pipe say the largest number there is.
    sampleCount = info.frames < 1 << 48 ? Int(info.frames) : nil
    keepsOpen = true
  }

  deinit { sf_close(file) }

  public func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    let room = buffer.count / format.channelCount
    let count = Int(sf_readf_float(file, buffer.baseAddress, sf_count_t(room)))
    if count < room, sf_error(file) != 0 {
      throw .damaged(path: path, reason: Self.reason(file))
    }
    position += count
    if count == 0, let sampleCount, position < sampleCount {
      throw .cutShort(path: path, promised: sampleCount, found: position, unit: "samples")
    }
    return count
  }

  private static func reason(_ file: OpaquePointer?) -> String {
    var text = String(cString: sf_strerror(file))
    while let last = text.last, ".\n ".contains(last) { text.removeLast() }
    return text
  }

  /// Bytes of sound that the header promises and bytes that are there, when some are missing.
  ///
  /// libsndfile quietly reads what there is, but notes "data : 32000 (should be 19956)" in its log. Recorders that
  /// write to a pipe leave 0 or the largest size in the header: that is a habit, not damage.
  private static func shortage(_ file: OpaquePointer) -> (promised: Int, found: Int)? {
    var log = [CChar](repeating: 0, count: 16_384)
    _ = sf_command(file, Int32(SFC_GET_LOG_INFO), &log, Int32(log.count))
    let text = log.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == ":" || $0 == "(" || $0 == ")" || $0 == "\t" }
      guard words.count >= 5, ["data", "SSND", "ds64", "Data"].contains(words[0]),
        let should = words.firstIndex(of: "should"), should >= 2, should + 2 < words.count,
        let promised = Int(words[should - 1]), let found = Int(words[should + 2])
      else { continue }
      if promised > found, promised < 0x7FFF_0000 { return (promised, found) }
    }
    return nil
  }
}
