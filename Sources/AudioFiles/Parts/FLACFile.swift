/// A FLAC file (RFC 9639): its streams, one after the other, and what its metadata holds.
///
/// libsndfile reads as many samples as the first header says: of joined files the first. Here each stream is found, and
/// read until its frames end.
struct FLACFile {
  private(set) var parts: [SoundPart] = []
  /// The first stream's, without the description of the stream, seek points and padding.
  private(set) var blocks: [FLACBlock] = []

  init?(_ file: FileWindow) {
    guard file.has("fLaC", at: 0) else { return nil }
    var start = 0
    while true {
      let next = Self.nextStream(file, start)
      var part = SoundPart(segments: [.file(start..<(next ?? file.count))])
      Self.readToEnd(&part, file)
      parts.append(part)
      guard let next else { break }
      start = next
    }
    blocks = Self.blocks(file)
  }

  /// The mark, and a first block that describes a stream: so many bytes do not stand in frames by chance.
  private static func nextStream(_ file: FileWindow, _ start: Int) -> Int? {
    var from = start + 4
    while let found = file.find("fLaC", in: from..<file.count) {
      let header = file.bytes(found + 4, 8)
      if header.count == 8, header[0] & 0x7F == 0, header[1...3].elementsEqual([0, 0, 34]),
        header[4...5].elementsEqual(file.bytes(found + 10, 2)) || header[4] != 0 || header[5] >= 16
      {
        return found
      }
      from = found + 1
    }
    return nil
  }

  /// Notes how many samples a FLAC stream promises, and lets libsndfile read on to its end: the header of a stream that
  /// was cut off, or mended by hand, need not be right.
  static func readToEnd(_ part: inout SoundPart, _ file: FileWindow) {
    guard case .file(let first) = part.segments[0], first.count >= 42, file.has("fLaC", at: first.lowerBound) else {
      return
    }
    var header = file.bytes(first.lowerBound, 42)
    guard header.count == 42, header[4] & 0x7F == 0 else { return }
    // 36 bits of a count, from the middle of byte 21.
    let count = header[22...25].reduce(Int(header[21] & 15)) { $0 << 8 | Int($1) }
    part.promisedCount = count == 0 ? nil : count
    part.readsToEnd = true
    header[21] |= 15
    for n in 22...25 { header[n] = 0xFF }
    part.segments[0] = .file((first.lowerBound + 42)..<first.upperBound)
    part.segments.insert(.memory(header), at: 0)
  }

  private static func blocks(_ file: FileWindow) -> [FLACBlock] {
    var blocks: [FLACBlock] = []
    var at = 4
    while let header = file.word(at) {
      let size = Int(header & 0xFF_FFFF)
      let type = Int(header >> 24 & 0x7F)
      guard at + 4 + size <= file.count, type != 127 else { break }
      if ![0, 1, 3].contains(type) { blocks.append(FLACBlock(type: type, content: file.bytes(at + 4, size))) }
      at += 4 + size
      if header >> 31 == 1 { break }
    }
    return blocks
  }
}

/// A block of FLAC's metadata.
struct FLACBlock: Sendable, Equatable {
  static let comments = 4
  static let picture = 6

  let type: Int
  let content: [UInt8]

  /// As it stands in a file.
  func bytes(isLast: Bool) -> [UInt8] {
    [UInt8(type) | (isLast ? 0x80 : 0)] + [16, 8, 0].map { UInt8(truncatingIfNeeded: content.count >> $0) } + content
  }
}
