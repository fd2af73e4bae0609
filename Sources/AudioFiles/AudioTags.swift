import CSndfile
import Ground

/// What comes along with a sound: title, artist and the other texts, by libsndfile's number for each; the origin that a
/// broadcast WAV carries (recorder, date, time code); and all else that its container holds, byte for byte, for an output
/// of the same kind.
package struct AudioTags: Sendable, Equatable {
  /// What a container holds besides samples and the common texts.
  enum Extras: Sendable, Equatable {
    case none
    /// Of WAV, RF64 and AIFF: name and content, in the file's order.
    case chunks([TagChunk], isAIFF: Bool)
    /// Of FLAC, and the comments of Ogg.
    case flac([FLACBlock], comments: VorbisComments?)
    /// Of MP3: the tag in front, and the 128 bytes behind.
    case id3(front: [UInt8], back: [UInt8])
  }

  struct TagChunk: Sendable, Equatable {
    let id: [UInt8]
    let content: [UInt8]
  }

  /// Which loudspeakers the channels of an extensible WAV are for.
  struct Loudspeakers: Sendable, Equatable {
    let channelCount: Int
    /// Four bytes, as they stood in the input.
    let mask: [UInt8]
  }

  var texts: [Int32: String] = [:]
  /// libsndfile's SF_BROADCAST_INFO as it came.
  private(set) var broadcast: [UInt8] = []
  var extras = Extras.none
  /// nil where the input does not say.
  var loudspeakers: Loudspeakers?
  /// Of compressed sound, in kilobits a second; nil for what is not compressed with loss.
  var kilobits: Double?
  /// libsndfile's number for the encoding that has this rate.
  var lossyEncoding: Int32 = 0
  var isConstantBitRate = false
  /// More than this much is not kept in memory.
  static let largest = 1 << 26

  package init() {}

  package var title: String? { texts[Int32(SF_STR_TITLE)] }
  package var artist: String? { texts[Int32(SF_STR_ARTIST)] }
  package var isEmpty: Bool { texts.isEmpty && broadcast.isEmpty && extras == .none }

  /// A tag's bytes as text. What is no UTF-8 is Latin-1, which Windows' recorders write.
  static func text(_ bytes: some Collection<CChar>) -> String {
    let bytes = bytes.map(UInt8.init(bitPattern:))
    return String(validating: bytes, as: UTF8.self)
      ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }

  /// All that an open file has. The encoder's name is left out: the output has another.
  init(reading file: OpaquePointer) {
    for key in Int32(SF_STR_TITLE)...Int32(SF_STR_GENRE) where key != Int32(SF_STR_SOFTWARE) {
      if let text = sf_get_string(file, key) {
        texts[key] = Self.text(UnsafeBufferPointer(start: text, count: strlen(text)))
      }
    }
    var origin = [UInt8](repeating: 0, count: MemoryLayout<SF_BROADCAST_INFO>.size)
    if sf_command(file, Int32(SFC_GET_BROADCAST_INFO), &origin, Int32(origin.count)) == Int32(SF_TRUE) {
      broadcast = origin
    }
  }

  /// Sets what the container has a place for; the rest is dropped by libsndfile. Before the first sample.
  func write(to file: OpaquePointer) {
    if !broadcast.isEmpty {
      var origin = broadcast
      _ = sf_command(file, Int32(SFC_SET_BROADCAST_INFO), &origin, Int32(origin.count))
    }
    // In one order: the same input gives the same bytes.
    for (key, text) in texts.sorted(by: { $0.key < $1.key }) { _ = sf_set_string(file, key, text) }
  }
}

extension AudioTags {
  /// A WAV's and an AIFF's chunks, but for those that describe the samples.
  static func extras(of chunked: ChunkedFile, _ file: FileWindow) -> Extras {
    guard chunked.dialect.formWidth == 12 else { return .none }
    let own: Set<String> = [
      "fmt ", "fact", "data", "ds64", "PEAK", "JUNK", "PAD ", "FLLR", "COMM", "SSND", "FVER", "levl", "wavl", "slnt",
    ]
    let kept = chunked.chunks.filter { !own.contains($0.name) && !$0.id.allSatisfy { $0 == 0 } }
    guard !kept.isEmpty, kept.reduce(0, { $0 + $1.body.count }) <= largest else { return .none }
    return .chunks(
      kept.map { TagChunk(id: $0.id, content: file.bytes($0.body.lowerBound, $0.body.count)) },
      isAIFF: chunked.dialect.isBigEndian)
  }

  /// An extensible WAV's.
  static func loudspeakers(of chunked: ChunkedFile, _ file: FileWindow) -> Loudspeakers? {
    guard chunked.dialect.formWidth == 12, !chunked.dialect.isBigEndian,
      let format = chunked.chunks.first(where: { $0.name == "fmt " })?.body, format.count >= 24,
      file.number(format.lowerBound, 2, bigEndian: false) == 0xFFFE,
      let channelCount = file.number(format.lowerBound + 2, 2, bigEndian: false)
    else { return nil }
    return Loudspeakers(channelCount: channelCount, mask: file.bytes(format.lowerBound + 20, 4))
  }

  /// An MP3's tags.
  static func extras(ofMP3 file: FileWindow) -> Extras {
    let size = MPEGStream.tagLength(file, 0)
    let front = size > 0 && size <= largest && size < file.count ? file.bytes(0, size) : []
    let back = file.count > 128 && file.has("TAG", at: file.count - 128) ? file.bytes(file.count - 128, 128) : []
    return front.isEmpty && back.isEmpty ? .none : .id3(front: front, back: back)
  }

  /// What a container other than the input's has no place for, in a few words each.
  var extraNames: [String] {
    var names: [String] = []
    switch extras {
    case .none: break
    case .chunks(let chunks, _):
      for chunk in chunks {
        let id = String(decoding: chunk.id, as: UTF8.self)
        if id == "LIST", chunk.content.starts(with: Array("INFO".utf8)) { continue }
        if ["NAME", "AUTH", "(c) ", "ANNO"].contains(id) { continue }
        let known = [
          "cue ": "cue points", "MARK": "markers", "bext": "broadcast origin (bext)", "iXML": "iXML",
          "LIST": "labels (LIST)", "id3 ": "ID3 tag", "ID3 ": "ID3 tag", "smpl": "loops (smpl)", "INST": "instrument",
        ]
        names.append(known[id] ?? "chunk '\(id)'")
      }
    case .flac(let blocks, let comments):
      if let comments {
        names += comments.keys.filter { !VorbisComments.common.contains($0) }.map {
          $0 == "METADATA_BLOCK_PICTURE" ? "picture" : "comment \($0)"
        }
      }
      for block in blocks where block.type != FLACBlock.comments {
        names.append(block.type == FLACBlock.picture ? "picture" : block.type == 5 ? "cue sheet" : "application data")
      }
    case .id3(let front, _):
      let common: Set<String> = [
        "TIT2", "TPE1", "TALB", "TYER", "TDRC", "TRCK", "TCON", "COMM", "TSSE", "TLEN", "TCOP",
      ]
      for id in Self.id3Frames(front) where !common.contains(id) {
        names.append(id == "APIC" || id == "PIC" ? "picture" : "ID3 \(id)")
      }
    }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  /// Names of the frames of an ID3v2 tag.
  private static func id3Frames(_ tag: [UInt8]) -> [String] {
    guard tag.count > 10, tag[3] == 3 || tag[3] == 4 else { return tag.isEmpty ? [] : ["tag of an old version"] }
    let isSafe = tag[3] == 4
    var names: [String] = []
    var at = 10
    while at + 10 <= tag.count, tag[at] != 0 {
      names.append(String(decoding: tag[at..<(at + 4)], as: UTF8.self))
      at += 10 + (4..<8).reduce(0) { $0 << (isSafe ? 7 : 8) | Int(tag[at + $1]) }
    }
    return names
  }
}
