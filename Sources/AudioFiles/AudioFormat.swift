import CSndfile

/// Rate, channels and encoding of a sound file.
package struct AudioFormat: Sendable, Equatable {
  /// In Hz.
  package var sampleRate: Int
  package var channelCount: Int
  /// libsndfile's number for container, encoding and byte order.
  package var code: Int32

  package init(sampleRate: Int, channelCount: Int, code: Int32) {
    self.sampleRate = sampleRate
    self.channelCount = channelCount
    self.code = code
  }

  var container: Int32 { code & Int32(SF_FORMAT_TYPEMASK) }
  var encoding: Int32 { code & Int32(SF_FORMAT_SUBMASK) }

  /// As libsndfile calls it, such as "WAV (Microsoft)".
  package var containerName: String { Self.name(container) }
  /// As libsndfile calls it, such as "Signed 16 bit PCM".
  package var encodingName: String { Self.name(encoding) }

  private static func name(_ code: Int32) -> String {
    var info = SF_FORMAT_INFO()
    info.format = code
    let found =
      sf_command(nil, Int32(SFC_GET_FORMAT_INFO), &info, Int32(MemoryLayout<SF_FORMAT_INFO>.size)) == 0
    guard found, let name = info.name else { return "format \(String(code, radix: 16))" }
    return String(cString: name)
  }

  /// "2 channels at 48000 Hz"
  var extent: String { "\(channelCount) channel\(channelCount == 1 ? "" : "s") at \(sampleRate) Hz" }

  /// Whether libsndfile can write this.
  var isWritable: Bool {
    var info = SF_INFO()
    info.samplerate = Int32(clamping: sampleRate)
    info.channels = Int32(clamping: channelCount)
    info.format = code
    return sf_format_check(&info) != 0
  }

  /// Bits of integer PCM (and of what is written as if it were); nil for floats and lossy encodings.
  var integerBits: Int? {
    switch Int(encoding) {
    case SF_FORMAT_PCM_S8, SF_FORMAT_PCM_U8: 8
    case SF_FORMAT_PCM_16, SF_FORMAT_ALAC_16, SF_FORMAT_ULAW,
      SF_FORMAT_ALAW:
      16
    case SF_FORMAT_PCM_24, SF_FORMAT_ALAC_24: 24
    case SF_FORMAT_PCM_32, SF_FORMAT_ALAC_32: 32
    default: nil
    }
  }

  /// µ-law and A-law.
  var isLogarithmic: Bool { [SF_FORMAT_ULAW, SF_FORMAT_ALAW].contains(Int(encoding)) }

  /// Whether it is native FLAC, which libsndfile reads so also out of Ogg.
  var isFLAC: Bool { container == Int32(SF_FORMAT_FLAC) }

  /// Whether it is MPEG audio, in a WAV too.
  var isMPEG: Bool {
    [SF_FORMAT_MPEG_LAYER_I, SF_FORMAT_MPEG_LAYER_II, SF_FORMAT_MPEG_LAYER_III].contains(Int(encoding))
  }

  /// What to do where the container cannot hold this many channels at this rate.
  var remedyWhereNotWritable: String { isFLAC ? "write .wav instead" : "write .wav or .flac instead" }

  /// Whether its encoder loses something, and has a bit rate to be chosen.
  var isLossy: Bool {
    isMPEG || [SF_FORMAT_VORBIS, SF_FORMAT_OPUS].contains(Int(encoding))
  }

  var isFloat: Bool {
    let code = Int(encoding)
    return code == SF_FORMAT_FLOAT || code == SF_FORMAT_DOUBLE
  }
}

extension AudioFormat {
  /// WAV with 32-bit floats: samples as they are, to the bit.
  package static func floatWAV(sampleRate: Int, channelCount: Int) -> AudioFormat {
    AudioFormat(
      sampleRate: sampleRate, channelCount: channelCount, code: Int32(SF_FORMAT_WAV | SF_FORMAT_FLOAT))
  }
}
