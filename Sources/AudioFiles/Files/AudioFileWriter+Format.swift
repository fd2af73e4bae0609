import CSndfile

extension AudioFileWriter {
  /// The format to write a file in: the container from the extension, or else the input's; the input's encoding where
  /// the container takes it, or else the nearest that loses nothing, or else the finest.
  ///
  /// - Throws: `AudioFileError.unknownExtension`, `.cannotHold`.
  package static func format(forPath path: String, like input: AudioFormat) throws(AudioFileError)
    -> AudioFormat
  {
    var format = input
    var container = input.container
    let suffix = FileName.suffix(path)
    if !suffix.isEmpty || FileName.last(path).utf8.dropFirst().last == UInt8(ascii: ".") {
      guard let wanted = containers[suffix] else { throw .unknownExtension(path: path, extension: suffix) }
      // RF64 and extensible WAV are called .wav too: what came in stays.
      let family = [SF_FORMAT_WAV, SF_FORMAT_WAVEX, SF_FORMAT_RF64].map { Int32($0) }
      let stays = wanted == Int32(SF_FORMAT_WAV) && family.contains(container)
      if !stays { container = wanted }
      if suffix == "opus" { return try checked(&format, container, [SF_FORMAT_OPUS], path) }
      if ["ogg", "oga"].contains(suffix), input.container == container {
        return try checked(&format, container, [Int(input.encoding), SF_FORMAT_VORBIS], path)
      }
    }
    if container == Int32(SF_FORMAT_RAW) { container = Int32(SF_FORMAT_WAV) }
    if container == Int32(SF_FORMAT_OGG), input.container != container {
      return try checked(&format, container, [SF_FORMAT_VORBIS], path)
    }
    if container == Int32(SF_FORMAT_MPEG) {
      return try checked(&format, container, [SF_FORMAT_MPEG_LAYER_III], path)
    }
    return try checked(&format, container, [Int(input.encoding)] + nearest(to: input), path)
  }

  private static let containers: [String: Int32] = [
    "wav": SF_FORMAT_WAV, "wave": SF_FORMAT_WAV, "rf64": SF_FORMAT_RF64, "w64": SF_FORMAT_W64,
    "aif": SF_FORMAT_AIFF, "aiff": SF_FORMAT_AIFF, "aifc": SF_FORMAT_AIFF, "flac": SF_FORMAT_FLAC,
    "ogg": SF_FORMAT_OGG, "oga": SF_FORMAT_OGG, "opus": SF_FORMAT_OGG, "mp3": SF_FORMAT_MPEG,
    "caf": SF_FORMAT_CAF, "au": SF_FORMAT_AU,
  ].mapValues { Int32($0) }

  /// libsndfile's numbers.
  private typealias Encoding = Int

  /// Encodings to try when the container does not take the input's.
  private static func nearest(to input: AudioFormat) -> [Encoding] {
    let fine = [SF_FORMAT_FLOAT, SF_FORMAT_PCM_32, SF_FORMAT_PCM_24, SF_FORMAT_PCM_16]
    if input.isFloat || input.integerBits == 32 { return fine }
    switch input.integerBits {
    case 8: return [SF_FORMAT_PCM_U8, SF_FORMAT_PCM_S8, SF_FORMAT_PCM_16]
    case 24: return [SF_FORMAT_PCM_24] + fine
    default: return [SF_FORMAT_PCM_16] + fine
    }
  }

  /// libsndfile's check lets some encodings into containers that it then fails to write, such as MP3 into WAV.
  private static func fits(_ encoding: Encoding, _ container: Int32) -> Bool {
    switch encoding {
    case SF_FORMAT_MPEG_LAYER_I, SF_FORMAT_MPEG_LAYER_II, SF_FORMAT_MPEG_LAYER_III:
      container == Int32(SF_FORMAT_MPEG)
    case SF_FORMAT_VORBIS, SF_FORMAT_OPUS: container == Int32(SF_FORMAT_OGG)
    default: true
    }
  }

  private static func checked(
    _ format: inout AudioFormat, _ container: Int32, _ encodings: [Encoding], _ path: String
  ) throws(AudioFileError) -> AudioFormat {
    for encoding in encodings where fits(encoding, container) {
      format.code = container | Int32(encoding)
      if encoding == SF_FORMAT_OPUS, ![8000, 12_000, 16_000, 24_000, 48_000].contains(format.sampleRate) {
        throw .cannotHold(
          path: path, container: "Opus", what: "\(format.sampleRate) Hz",
          remedy: "it takes 8, 12, 16, 24 and 48 kHz; write .ogg or .flac instead")
      }
      if format.isWritable { return format }
    }
    if container == Int32(SF_FORMAT_MPEG),
      !AudioFormat(sampleRate: 44_100, channelCount: 2, code: format.code).isWritable
    {
      throw .cannotHold(
        path: path, container: "MP3", what: "anything here, as libsndfile was built without LAME",
        remedy: "write .ogg or .flac instead")
    }
    throw .cannotHold(
      path: path, container: format.containerName, what: format.extent, remedy: format.remedyWhereNotWritable)
  }
}
