import CSndfile
import Ground

/// Kinds of files that libsndfile does not read and `ffmpeg` does, where it is installed. One thread.
package final class FFmpegReader: AudioSource {
  /// Extensions of the kinds that are read so.
  package static let extensions: Set<String> = [
    "wv", "m4a", "mp4", "webm", "wma", "aac", "mka", "mkv", "mov", "m4b", "ape", "amr", "3gp", "asf", "tta",
  ]

  package var format: AudioFormat { stream.format }
  package var sampleCount: Int? { nil }
  /// What ffmpeg hands on of the title, the artist and the other texts.
  package var tags: AudioTags { stream.tags }
  /// What kind of file it is, in words.
  package let kind: String
  package private(set) var remarks: [AudioRemark]
  private let stream: RawReader
  private let process: FFmpegProcess
  private let path: String
  private let isStrict: Bool
  private var isAtEnd = false
  /// Samples per channel.
  private var read = 0

  /// What a file is that ffmpeg reads, by its first bytes; nil for others.
  static func kind(_ file: FileWindow) -> String? {
    if let kind = markedKind(file.bytes(0, 8)) { return kind }
    // AAC with a header for every frame: the sync word, layer 0.
    if let word = file.number(0, 2, bigEndian: true), word & 0xFFF6 == 0xFFF0 { return "AAC" }
    return nil
  }

  /// The same of the kinds that begin with a mark of their own.
  ///
  /// - Parameter bytes: the first 8, or more.
  static func markedKind(_ bytes: [UInt8]) -> String? {
    func has(_ mark: String, at place: Int = 0) -> Bool { bytes.dropFirst(place).starts(with: mark.utf8) }
    if has("wvpk") { return "WavPack" }
    if has("ftyp", at: 4) || has("moov", at: 4) { return "MP4 (m4a, mp4, mov)" }
    if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return "Matroska (webm, mka)" }
    if bytes.starts(with: [0x30, 0x26, 0xB2, 0x75]) { return "Windows Media (wma)" }
    if has("MAC ") { return "Monkey's Audio" }
    if has("#!AMR") { return "AMR" }
    if has("TTA1") { return "True Audio" }
    return nil
  }

  /// ffmpeg's names of the formats that are tried where libsndfile reads nothing. Not those that name other files (hls, concat).
  static let unmarkedFormats =
    "wav,w64,aiff,caf,ogg,mp3,ac3,eac3,dts,dtshd,truehd,avi,mpeg,mpegts,flv,nut,dsf,tak,shn"

  /// Whether it is installed.
  package static var isInstalled: Bool { FFmpegProcess.program != nil }

  /// - Throws: `AudioFileError.needsFFmpeg`, `.damaged` with ffmpeg's word, `.unsupported`.
  ///
  /// - Parameter among: ffmpeg's names of the formats that it may be; nil: any, as its first bytes say one.
  init(path: String, kind: String, among formats: String? = nil, strict: Bool, remarks: [AudioRemark] = [])
    throws(AudioFileError)
  {
    guard let program = FFmpegProcess.program else { throw .needsFFmpeg(path: path, kind: kind) }
    // One that stands in the current folder might begin with a dash or look like an address.
    let process = try FFmpegProcess(
      program,
      [
        "-nostdin", "-hide_banner", "-nostats", "-v", "level+info", "-xerror", "-protocol_whitelist", "file,pipe",
      ] + (formats.map { ["-format_whitelist", $0] } ?? []) + [
        "-i", "file:" + path,
        "-map", "0:a:0", "-f", "wav", "-c:a", "pcm_f32le", "pipe:1",
      ], path)
    self.process = process
    self.path = path
    self.kind = kind
    self.remarks = remarks
    let stream: (any AudioSource)?
    do { stream = try StandardInput.source(process.output, name: path) } catch .unsupported(
      let path, let what, let remedy)
    {
      throw .unsupported(path: path, what: what, remedy: remedy)
    } catch { stream = nil }
    guard let stream = stream as? RawReader else {
      let (code, words, _) = process.end()
      throw .notAudio(path: path, reason: words.isEmpty ? "ffmpeg ended with \(code)" : "ffmpeg: \(words)")
    }
    self.stream = stream
    isStrict = strict
  }

  /// The seconds that the header promises; nil: it does not say. Nothing can be read any more.
  package func promisedSeconds() -> Double? {
    isAtEnd = true
    return process.end().2
  }

  package func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    guard !isAtEnd else { return 0 }
    let count = try stream.read(into: buffer)
    read += count
    if count > 0 { return count }
    isAtEnd = true
    let (code, words, seconds) = process.end()
    guard code == 0 else {
      throw .damaged(path: path, reason: words.isEmpty ? "ffmpeg ended with \(code)" : "ffmpeg: \(words)")
    }
    // ffmpeg says nothing of a Windows Media file that was cut off.
    let heard = Double(read) / Double(format.sampleRate)
    let isShort = seconds.map { heard < 0.995 * $0 - 0.15 } ?? false
    if !words.isEmpty || isShort {
      let short =
        "its header promises \(hundredths(seconds ?? 0)) s and \(hundredths(heard)) s of sound are there, all of which were taken"
      let remark = AudioRemark(description: words.isEmpty ? short : "ffmpeg says of it: \(words)", isDamage: true)
      if isStrict { throw .notStrict(path: path, remark: remark.description) }
      remarks.append(remark)
    }
    return 0
  }
}

private func hundredths(_ seconds: Double) -> String {
  let whole = Int((seconds * 100).rounded())
  return "\(whole / 100).\(whole / 10 % 10)\(whole % 10)"
}

extension FFmpegReader {
  /// What is missing of a Windows Media file, of which ffmpeg says nothing: its header has the size of all.
  static func shortage(_ file: FileWindow) -> AudioRemark? {
    let properties: [UInt8] = [
      0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11, 0x8E, 0xE4, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65,
    ]
    guard file.number(0, 4, bigEndian: true) == 0x3026_B275 else { return nil }
    // The objects of the header, behind its own 30 bytes.
    var at = 30
    while at < 1 << 20, let size = file.number(at + 16, 8, bigEndian: false), size >= 24, size < 1 << 20 {
      if file.bytes(at, 16) == properties, let whole = file.number(at + 40, 8, bigEndian: false), whole > file.count {
        return AudioRemark(
          description: "its header promises \(whole) bytes in all and \(file.count) are there, all of which were taken",
          isDamage: true)
      }
      at += size
    }
    return nil
  }
}
