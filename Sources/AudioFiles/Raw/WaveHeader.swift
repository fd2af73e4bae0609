import CSndfile
import Ground

/// The header of a WAV stream, read and written without going back: through a pipe.
struct WaveHeader {
  let sampleFormat: RawSampleFormat
  let format: AudioFormat
  /// Of the samples; nil where the header does not say, as of a stream that goes on.
  let byteCount: Int?
  /// Where the samples begin.
  let length: Int
  /// Title, artist and the other texts that stand before the samples.
  var tags = AudioTags()

  /// What a header may be long.
  static let longest = 1 << 20

  /// Whether programs write this size that do not know it, such as recorders through a pipe: all bits, or about the half.
  static func meansUnknown(_ size: Int) -> Bool { (0x7FFF_0000...0x8000_0100).contains(size) || size >= 0xFFFF_0000 }

  enum Reading {
    case found(WaveHeader)
    /// More bytes are needed.
    case unfinished
    /// No WAV, or one whose samples are not read through a pipe.
    case other
  }

  /// Reads the beginning of a stream.
  static func read(_ bytes: [UInt8]) -> Reading {
    func value(_ at: Int, _ width: Int) -> Int { (0..<width).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
    func has(_ text: String, _ at: Int) -> Bool { bytes[at...].starts(with: Array(text.utf8)) }
    guard bytes.count >= 12 else { return .unfinished }
    guard has("RIFF", 0) || has("RF64", 0), has("WAVE", 8) else { return .other }
    var at = 12
    var form: (tag: Int, channels: Int, rate: Int, bits: Int)?
    var longSize: Int?
    var tags = AudioTags()
    while at + 8 <= bytes.count {
      let size = value(at + 4, 4)
      if has("data", at) {
        guard let form, let samples = sampleFormat(form.tag, form.bits) else { return .other }
        let known = has("RF64", 0) && size == 0xFFFF_FFFF ? longSize : size
        let isOpen = known.map { $0 == 0 || meansUnknown($0) } ?? true
        let code = Int32(SF_FORMAT_WAV) | samples.code & Int32(SF_FORMAT_SUBMASK)
        return .found(
          WaveHeader(
            sampleFormat: samples, format: AudioFormat(sampleRate: form.rate, channelCount: form.channels, code: code),
            byteCount: isOpen && !(has("RF64", 0) && known ?? 0 > 0) ? nil : known, length: at + 8, tags: tags))
      }
      let next = at + 8 + size + size % 2
      guard next <= longest else { return .other }
      guard next <= bytes.count else { return .unfinished }
      if has("fmt ", at), size >= 16 {
        var tag = value(at + 8, 2)
        if tag == 0xFFFE, size >= 26 { tag = value(at + 32, 2) }
        form = (tag, value(at + 10, 2), value(at + 12, 4), value(at + 22, 2))
      }
      if has("ds64", at), size >= 16 {
        longSize = Int(exactly: UInt64(value(at + 16, 4)) | UInt64(value(at + 20, 4)) << 32)
      }
      if has("LIST", at), size >= 4, has("INFO", at + 8) {
        tags.texts.merge(texts(bytes[(at + 12)..<(at + 8 + size)])) { $1 }
      }
      at = next
    }
    return .unfinished
  }

  /// The texts of a chunk "LIST" of the kind "INFO", by libsndfile's numbers.
  private static func texts(_ chunk: ArraySlice<UInt8>) -> [Int32: String] {
    let keys = [
      "INAM": SF_STR_TITLE, "IART": SF_STR_ARTIST, "ICMT": SF_STR_COMMENT, "ICRD": SF_STR_DATE, "IPRD": SF_STR_ALBUM,
      "IGNR": SF_STR_GENRE, "ICOP": SF_STR_COPYRIGHT, "ITRK": SF_STR_TRACKNUMBER, "IPRT": SF_STR_TRACKNUMBER,
    ]
    var found: [Int32: String] = [:]
    var rest = chunk
    while rest.count >= 8 {
      let name = String(decoding: rest.prefix(4), as: UTF8.self)
      let size = rest.dropFirst(4).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(8)
      let content = rest.prefix(size)
      let text = AudioTags.text(content.prefix { $0 != 0 }.map { CChar(bitPattern: $0) })
      if let key = keys[name], !text.isEmpty { found[Int32(key)] = text }
      rest = rest.dropFirst(size + size % 2)
    }
    return found
  }

  private static func sampleFormat(_ tag: Int, _ bits: Int) -> RawSampleFormat? {
    switch (tag, bits) {
    case (1, 16): .s16le
    case (1, 24): .s24le
    case (1, 32): .s32le
    case (3, 32): .f32le
    default: nil
    }
  }

  /// The header of a stream.
  ///
  /// - Parameter sampleCount: samples per channel to come; nil, or more than 4 GB: not known.
  static func bytes(_ samples: RawSampleFormat, _ format: AudioFormat, sampleCount: Int?) -> [UInt8] {
    let block = samples.byteCount * format.channelCount
    let size = sampleCount.flatMap { $0 < (0xFFFF_0000 - 100) / block ? $0 * block : nil }
    func number(_ value: Int, _ width: Int) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    return Array("RIFF".utf8) + number(size.map { $0 + 36 + $0 % 2 } ?? 0xFFFF_FFFF, 4) + Array("WAVEfmt ".utf8)
      + number(16, 4) + number(samples == .f32le ? 3 : 1, 2) + number(format.channelCount, 2)
      + number(format.sampleRate, 4) + number(format.sampleRate * block, 4) + number(block, 2)
      + number(8 * samples.byteCount, 2) + Array("data".utf8) + number(size ?? 0xFFFF_FFFF, 4)
  }

  /// Where the sizes stand in what `bytes` gives, and what they are once the samples are there; nil: too many for 32 bits.
  static func sizes(_ byteCount: Int) -> [(place: Int, bytes: [UInt8])]? {
    guard byteCount < 0xFFFF_0000 - 100 else { return nil }
    func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    return [(4, number(36 + byteCount + byteCount % 2)), (40, number(byteCount))]
  }
}

/// Sound from standard input, or another descriptor, that says itself what it is. One thread.
package enum StandardInput {
  /// Opens what comes through a descriptor: a WAV of 16, 24 or 32 bits while it comes, any other sound file once it is
  /// there as a whole, in a file without a name.
  ///
  /// - Throws: `AudioFileError.notAudio` for what begins like no sound file, `.unsupported` for what ffmpeg would have to read.
  package static func source(_ descriptor: Int32, strict: Bool = false, name: String = "standard input")
    throws(AudioFileError) -> any AudioSource
  {
    var status = stat()
    // A file that stands at its beginning is read as any file.
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, lseek(descriptor, 0, SEEK_CUR) == 0 {
      return try reader(dup(descriptor), name, strict)
    }
    var begun: [UInt8] = []
    while true {
      switch WaveHeader.read(begun) {
      case .found(let header):
        return try RawReader(
          descriptor, header.sampleFormat, header.format, begun: Array(begun[header.length...]),
          byteCount: header.byteCount, name: name, strict: strict, tags: header.tags)
      case .unfinished:
        let more = try take(descriptor, 1 << 12, name)
        begun += more
        if !more.isEmpty { continue }
        guard !begun.isEmpty else { throw .empty(path: name) }
      case .other: break
      }
      break
    }
    if let kind = FFmpegReader.markedKind(begun) {
      throw .unsupported(path: name, what: "\(kind) cannot be read through a pipe", remedy: "name the file")
    }
    guard isKnown(begun) else {
      throw .notAudio(path: name, reason: "it begins with no header; for raw PCM say --raw s16le or another format")
    }
    let copy = try spool(descriptor, begun, name)
    return try reader(copy, name, strict)
  }

  private static func reader(_ descriptor: Int32, _ name: String, _ strict: Bool) throws(AudioFileError)
    -> AudioFileReader
  {
    let file = FileWindow(owning: descriptor)
    guard file.count > 0 else { throw .empty(path: name) }
    if let kind = FFmpegReader.markedKind(file.bytes(0, 8)) {
      throw .unsupported(path: name, what: "\(kind) cannot be read from standard input", remedy: "name the file")
    }
    do { return try AudioFileReader(file, path: name, strict: strict) } catch .notAudio(_, let reason) {
      throw .notAudio(path: name, reason: "\(reason); for raw PCM say --raw s16le or another format")
    }
  }

  /// Beginnings of what libsndfile reads.
  private static func isKnown(_ bytes: [UInt8]) -> Bool {
    let marks = ["RIFF", "RF64", "RIFX", "riff", "FORM", "fLaC", "OggS", "ID3", "caff", ".snd"]
    if marks.contains(where: { bytes.starts(with: Array($0.utf8)) }) { return true }
    return bytes.count >= 4 && MPEGFrameHeader(bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }) != nil
  }

  private static func take(_ descriptor: Int32, _ count: Int, _ name: String) throws(AudioFileError) -> [UInt8] {
    var room = [UInt8](repeating: 0, count: count)
    while true {
      let got = room.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, $0.count) }
      if got < 0, errno == EINTR || waitAgain(descriptor, POLLIN) { continue }
      guard got >= 0 else { throw .unreadable(path: name, reason: systemReason()) }
      return Array(room.prefix(got))
    }
  }

  /// All that comes, into a file that nobody else sees, and that is gone with its descriptor.
  private static func spool(_ descriptor: Int32, _ begun: [UInt8], _ name: String) throws(AudioFileError) -> Int32 {
    let copy = nameless()
    guard copy >= 0 else { throw .unwritable(path: temporaryFolder, reason: systemReason()) }
    var part = begun
    while !part.isEmpty {
      var done = 0
      while done < part.count {
        let put = part.withUnsafeBytes { write(copy, $0.baseAddress! + done, part.count - done) }
        if put < 0, errno == EINTR { continue }
        guard put > 0 else {
          let reason = systemReason()
          close(copy)
          throw .writingFailed(path: temporaryFolder, reason: reason)
        }
        done += put
      }
      do { part = try take(descriptor, 1 << 16, name) } catch {
        close(copy)
        throw error
      }
    }
    return copy
  }
}

/// Where files lie for a while.
var temporaryFolder: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

/// A file without a name, that is gone with its descriptor; negative where it cannot be made, and errno says why.
func nameless() -> Int32 {
  var template = Array("\(temporaryFolder)/limpid-XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  guard descriptor >= 0 else { return descriptor }
  unlink(template)
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  return descriptor
}
