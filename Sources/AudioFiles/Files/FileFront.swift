import CSndfile

/// What stands in front of the samples that libsndfile cannot write: chunks of WAV and AIFF, blocks of FLAC's metadata,
/// tags of MP3, each as it stood in the input.
///
/// Room for it is left in front of what libsndfile writes, which stays where it is; at the end the beginning of
/// libsndfile's file becomes the end of this.
struct FileFront {
  /// Bytes in front of libsndfile's file.
  let reserved: Int
  private let content: Content
  /// For the output's channels, where its kind says that at all.
  private let loudspeakers: AudioTags.Loudspeakers?

  private enum Content {
    case none
    case chunks([UInt8], isAIFF: Bool)
    case flac([FLACBlock], [[UInt8]])
    case id3([UInt8], back: [UInt8])
  }

  /// Whether the container takes the extras as they are; the texts that libsndfile knows are among them.
  var isNeeded: Bool { if case .none = content { false } else { true } }

  init(_ tags: AudioTags, _ format: AudioFormat) {
    let isWAV = format.isWAV || format.container == Int32(SF_FORMAT_RF64)
    loudspeakers = isWAV && tags.loudspeakers?.channelCount == format.channelCount ? tags.loudspeakers : nil
    switch tags.extras {
    case .chunks(let chunks, let isAIFF) where isAIFF ? format.container == Int32(SF_FORMAT_AIFF) : isWAV:
      var bytes: [UInt8] = []
      for chunk in chunks {
        bytes += chunk.id + Self.number(chunk.content.count, 4, isBigEndian: isAIFF) + chunk.content
        if chunk.content.count % 2 == 1 { bytes.append(0) }
      }
      content = .chunks(bytes, isAIFF: isAIFF)
      reserved = bytes.count
    case .flac(let blocks, let comments) where format.isFLAC:
      // A block's size has 24 bits: of comments with pictures in them as many as go in.
      var room = 1 << 23
      let comments = (comments?.comments ?? []).filter { comment in
        guard comment.count + 4 <= room else { return false }
        room -= comment.count + 4
        return true
      }
      content = .flac(blocks, comments)
      reserved = blocks.reduce(0) { $0 + 4 + $1.content.count } + comments.reduce(0) { $0 + 4 + $1.count } + Self.slack
    case .id3(let front, let back) where format.container == Int32(SF_FORMAT_MPEG):
      content = .id3(front, back: back)
      reserved = front.count
    default:
      content = .none
      reserved = 0
    }
  }

  /// Left over in FLAC's front, as padding: a block of its own takes four bytes.
  private static let slack = 1024

  private static func number(_ value: Int, _ width: Int, isBigEndian: Bool = false) -> [UInt8] {
    let bytes = (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    return isBigEndian ? bytes.reversed() : bytes
  }

  /// Once libsndfile has closed its file.
  func write(to file: TemporaryFile) {
    if let loudspeakers { put(loudspeakers, into: file) }
    switch content {
    case .none: return
    case .chunks(let chunks, let isAIFF):
      let form = file.bytes(at: reserved, 48)
      // A WAV of one sample has less than 48.
      guard form.count >= 12 else { return }
      func value(_ range: Range<Int>) -> Int { range.reversed().reduce(0) { $0 << 8 | Int(form[$1]) } }
      if form.count == 48, form.starts(with: Array("RF64".utf8)) {
        // Its true size stands in the first chunk, ds64.
        let sizes = Array(form[12..<20]) + Self.number(value(20..<28) + reserved, 8) + Array(form[28..<48])
        file.put(Array(form[..<12]) + sizes + chunks, at: 0)
      } else {
        let size = isAIFF ? form[4..<8].reduce(0) { $0 << 8 | Int($1) } : value(4..<8)
        // libsndfile does not know of what stands in front: its file may just have fitted into 32 bits.
        let whole = min(size + reserved, Int(UInt32.max))
        file.put(Array(form[..<4]) + Self.number(whole, 4, isBigEndian: isAIFF) + Array(form[8..<12]) + chunks, at: 0)
      }
    case .flac(let blocks, let comments): writeFLAC(blocks, comments, to: file)
    case .id3(let front, let back):
      if !front.isEmpty { file.put(front, at: 0) }
      if !back.isEmpty { file.put(back, at: nil) }
    }
  }

  /// libsndfile writes a mask of its own for a number of channels.
  private func put(_ loudspeakers: AudioTags.Loudspeakers, into file: TemporaryFile) {
    var at = reserved + 12
    // In front of the description stands RF64's first chunk, or the room that was left for it.
    for _ in 0..<2 {
      let chunk = file.bytes(at: at, 32)
      guard chunk.count == 32 else { return }
      func value(_ range: Range<Int>) -> Int { range.reversed().reduce(0) { $0 << 8 | Int(chunk[$1]) } }
      if chunk.starts(with: Array("fmt ".utf8)) {
        guard value(4..<8) >= 24, value(8..<10) == 0xFFFE, value(10..<12) == loudspeakers.channelCount else { return }
        file.put(loudspeakers.mask, at: at + 28)
        return
      }
      at += 8 + value(4..<8)
    }
  }

  private func writeFLAC(_ blocks: [FLACBlock], _ comments: [[UInt8]], to file: TemporaryFile) {
    // What libsndfile wrote: the mark, a description of the stream, its comments.
    var written: [FLACBlock] = []
    var end = reserved + 4
    while true {
      let header = file.bytes(at: end, 4)
      guard header.count == 4 else { return }
      let size = header[1...3].reduce(0) { $0 << 8 | Int($1) }
      written.append(FLACBlock(type: Int(header[0] & 0x7F), content: file.bytes(at: end + 4, size)))
      end += 4 + size
      if header[0] & 0x80 != 0 { break }
    }
    guard let stream = written.first(where: { $0.type == 0 }) else { return }
    let vendor =
      written.first { $0.type == FLACBlock.comments }.flatMap { VorbisComments($0.content)?.vendor }
      ?? Array("limpid".utf8)
    let kept =
      [stream, FLACBlock(type: FLACBlock.comments, content: VorbisComments(vendor: vendor, comments: comments).bytes)]
      + blocks
    var front = Array("fLaC".utf8) + kept.flatMap { $0.bytes(isLast: false) }
    let padding = end - front.count - 4
    precondition(padding >= 0, "FLAC's front leaves room for its padding")
    front += FLACBlock(type: 1, content: [UInt8](repeating: 0, count: padding)).bytes(isLast: true)
    file.put(front, at: 0)
  }
}

extension AudioFormat {
  /// Sets an encoder of lossy sound to the input's bit rate, where it is known; before the first sample.
  func setBitRate(of file: OpaquePointer, like tags: AudioTags) {
    guard let kilobits = tags.kilobits, kilobits > 0, tags.lossyEncoding == encoding else { return }
    var level: Double
    switch Int(encoding) {
    case SF_FORMAT_MPEG_LAYER_III:
      var mode = tags.isConstantBitRate ? Int32(SF_BITRATE_MODE_CONSTANT) : Int32(SF_BITRATE_MODE_AVERAGE)
      _ = sf_command(file, Int32(SFC_SET_BITRATE_MODE), &mode, Int32(MemoryLayout<Int32>.size))
      // libsndfile's scale (mpeg_l3_encode.c), from the highest rate down to the lowest.
      let (highest, lowest) = sampleRate >= 32_000 ? (320.0, 32.0) : sampleRate >= 16_000 ? (160, 8) : (64, 8)
      level = (highest - kilobits.rounded()) / (highest - lowest)
    case SF_FORMAT_OPUS:
      // As ogg_opus.c: 6 to 256 kbit/s a channel.
      level = 1 - (kilobits / Double(channelCount) - 6) / 250
    case SF_FORMAT_VORBIS:
      guard let quality = Self.vorbisQuality(kilobits / Double(channelCount), sampleRate, channelCount == 2) else {
        return
      }
      level = 1 - quality
    default: return
    }
    level = min(1, max(0, level))
    _ = sf_command(file, Int32(SFC_SET_COMPRESSION_LEVEL), &level, Int32(MemoryLayout<Double>.size))
  }

  /// The quality, 0 to 1, whose nominal rate this is: by libvorbis's tables (setup_44.h, setup_44u.h, setup_16.h). Two
  /// channels are coupled, which takes less.
  ///
  /// - Parameter kilobits: of one channel.
  private static func vorbisQuality(_ kilobits: Double, _ sampleRate: Int, _ isCoupled: Bool) -> Double? {
    let qualities: [Double]
    let rates: [Double]
    if sampleRate >= 40_000 {
      qualities = (-1...10).map { Double($0) / 10 }
      rates =
        isCoupled
        ? [22.5, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 250]
        : [32, 48, 60, 70, 80, 86, 96, 110, 120, 140, 160, 240]
    } else if (15_000..<19_000).contains(sampleRate) {
      qualities = [-0.1, 0.05, 0.5, 1]
      rates = isCoupled ? [12, 20, 44, 86] : [28, 38, 70, 100]
    } else {
      return nil
    }
    guard let above = rates.firstIndex(where: { $0 >= kilobits }), above > 0 else {
      return kilobits <= rates[0] ? 0 : 1
    }
    let share = (kilobits - rates[above - 1]) / (rates[above] - rates[above - 1])
    return min(1, max(0, qualities[above - 1] + share * (qualities[above] - qualities[above - 1])))
  }
}
