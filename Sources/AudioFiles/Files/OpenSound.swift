import CSndfile
import Ground

/// One sound, opened by libsndfile. One thread.
final class OpenSound {
  let handle: OpaquePointer
  let format: AudioFormat
  private let frames: Int
  private let bytes: SegmentedBytes

  /// - Throws: `AudioFileError.notAudio`.
  init(_ file: FileWindow, _ part: SoundPart, _ path: String) throws(AudioFileError) {
    let bytes = SegmentedBytes(file, part.segments)
    var info = SF_INFO()
    guard let handle = bytes.openSound(&info) else { throw .notAudio(path: path, reason: Self.reason(nil)) }
    self.bytes = bytes
    self.handle = handle
    frames = Int(info.frames)
    format = AudioFormat(sampleRate: Int(info.samplerate), channelCount: Int(info.channels), code: info.format)
  }

  deinit { withExtendedLifetime(bytes) { _ = sf_close(handle) } }

  /// Samples per channel; nil where they are not known.
  ///
  /// - Throws: `AudioFileError.endless`.
  func count(_ part: SoundPart, _ path: String) throws(AudioFileError) -> Int? {
    if part.readsToEnd { return part.promisedCount }
    // Where the last page of an Ogg stream is missing, libsndfile does not know the length, and may read nothing.
    if format.container == Int32(SF_FORMAT_OGG), frames >= 1 << 48 { throw .endless(path: path) }
    // Streams written through a pipe say the largest number there is.
    return frames < 1 << 48 ? frames : nil
  }

  static func reason(_ file: OpaquePointer?) -> String {
    var text = String(cString: sf_strerror(file))
    if text.hasPrefix("Error : ") { text.removeFirst(8) }
    while let last = text.last, ".\n ".contains(last) { text.removeLast() }
    return text
  }

  /// What the header promises and what is there, when some is missing.
  ///
  /// libsndfile quietly reads what there is, but notes it in its log.
  var shortage: (promised: Int, found: Int, unit: String)? {
    var log = [CChar](repeating: 0, count: 16_384)
    _ = sf_command(handle, Int32(SFC_GET_LOG_INFO), &log, Int32(log.count))
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
      if promised > found, !WaveHeader.meansUnknown(promised) { return (promised, found, "bytes of sound") }
    }
    return nil
  }
}
