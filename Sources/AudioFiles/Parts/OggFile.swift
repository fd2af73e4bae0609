/// The pages of an Ogg file (RFC 3533): its links, one after the other, and in each the stream of sound.
///
/// Radio streams and joined files are chains of links, of which libsndfile reads the first and no error. Pages that are
/// damaged or missing it passes over without a word; here each one's check sum and number are looked at.
struct OggFile {
  private(set) var parts: [SoundPart] = []
  /// Content of the first link's comment packet, without its mark.
  private(set) var comments: VorbisComments?
  /// Bytes of sound in all pages.
  private(set) var soundBytes = 0
  /// What Vorbis calls its rate, whatever the sound made of it.
  private(set) var nominalKilobits: Double?

  private struct Page {
    let start: Int
    let header: Int
    let end: Int
    let flags: UInt8
    let position: Int64
    let serial: UInt32
    let number: UInt32

    var isFirst: Bool { flags & 2 != 0 }
    var isLast: Bool { flags & 4 != 0 }
  }

  /// - Throws: `AudioFileError.damaged`, `.endless`, `.notAudio` where no stream is of sound.
  init?(_ file: FileWindow, path: String) throws(AudioFileError) {
    guard file.has("OggS", at: 0) else { return nil }
    var at = 0
    var link: [Page] = []
    var checksum = OggChecksum()
    func isLinksEnd(_ next: Page?) -> Bool {
      guard let next else { return true }
      // What begins behind data begins a link.
      return next.isFirst && link.contains { !$0.isFirst }
    }
    while at < file.count {
      guard file.count - at >= 27, file.has("OggS", at: at) else {
        // A tag behind the end, as of MP3, is no damage; half a page's header is.
        if file.has("TAG", at: at), file.count - at == 128 { break }
        if file.count - at < 27 { throw .endless(path: path) }
        throw .damaged(path: path, reason: "no Ogg page begins at byte \(at)")
      }
      guard let page = Self.page(file, at, &checksum) else {
        if Self.isCut(file, at) { throw .endless(path: path) }
        throw .damaged(path: path, reason: "the Ogg page at byte \(at) fails its check sum")
      }
      if isLinksEnd(page), !link.isEmpty {
        try finish(link, file, path)
        link = []
      }
      link.append(page)
      at = page.end
    }
    try finish(link, file, path)
    if parts.isEmpty { throw .notAudio(path: path, reason: "no Vorbis, Opus, Speex or FLAC is in this Ogg file") }
  }

  private static func isCut(_ file: FileWindow, _ at: Int) -> Bool {
    guard let segments = file.byte(at + 26) else { return true }
    let table = file.bytes(at + 27, Int(segments))
    return table.count < Int(segments) || at + 27 + table.count + table.reduce(0) { $0 + Int($1) } > file.count
  }

  /// nil for a page that is not whole.
  private static func page(_ file: FileWindow, _ at: Int, _ checksum: inout OggChecksum) -> Page? {
    guard !isCut(file, at), let segments = file.byte(at + 26) else { return nil }
    let header = 27 + Int(segments)
    let size = file.bytes(at + 27, Int(segments)).reduce(0) { $0 + Int($1) }
    let bytes = file.bytes(at, header + size)
    guard bytes.count == header + size, bytes[4] == 0 else { return nil }
    func number(_ place: Int, _ width: Int) -> UInt64 {
      (0..<width).reduce(0) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
    }
    guard checksum.of(bytes) == UInt32(number(22, 4)) else { return nil }
    return Page(
      start: at, header: at + header, end: at + bytes.count, flags: bytes[5],
      position: Int64(bitPattern: number(6, 8)), serial: UInt32(number(14, 4)), number: UInt32(number(18, 4)))
  }

  /// Takes the stream of sound out of a link.
  private mutating func finish(_ link: [Page], _ file: FileWindow, _ path: String) throws(AudioFileError) {
    guard let first = link.first(where: { $0.isFirst && Self.kind(file, $0) != nil }),
      let kind = Self.kind(file, first)
    else {
      // Of a chain that begins in the middle of a link, that one cannot be decoded.
      if !link.contains(where: \.isFirst) {
        throw .damaged(path: path, reason: "its beginning is missing: the first Ogg page begins no stream")
      }
      return
    }
    let pages = link.filter { $0.serial == first.serial }
    for (page, next) in zip(pages, pages.dropFirst()) where next.number != page.number &+ 1 {
      throw .damaged(path: path, reason: "an Ogg page before byte \(next.start) is missing")
    }
    guard let last = pages.last, last.isLast else { throw .endless(path: path) }
    soundBytes += pages.reduce(0) { $0 + $1.end - $1.start }
    if kind == .vorbis, nominalKilobits == nil, let rate = file.number(first.header + 20, 4, bigEndian: false),
      (1...1_000_000).contains(rate)
    {
      nominalKilobits = Double(rate) / 1000
    }
    if comments == nil { comments = Self.comments(file, pages, kind) }
    guard kind == .flac else {
      parts.append(SoundPart(segments: Self.joined(pages.map { $0.start..<$0.end })))
      return
    }
    // The packets, one after the other, are a FLAC file behind a mark of nine bytes.
    var bodies = pages.map { $0.header..<$0.end }
    guard bodies[0].count > 9 else { throw .damaged(path: path, reason: "its FLAC header is cut short") }
    bodies[0] = (bodies[0].lowerBound + 9)..<bodies[0].upperBound
    var part = SoundPart(segments: Self.joined(bodies.filter { !$0.isEmpty }))
    FLACFile.readToEnd(&part, file)
    parts.append(part)
  }

  private enum Kind { case vorbis, opus, speex, flac }

  private static func kind(_ file: FileWindow, _ page: Page) -> Kind? {
    if file.has("\u{1}vorbis", at: page.header) { return .vorbis }
    if file.has("OpusHead", at: page.header) { return .opus }
    if file.has("Speex   ", at: page.header) { return .speex }
    return file.has("\u{7F}FLAC", at: page.header) ? .flac : nil
  }

  /// Ranges that touch are one.
  private static func joined(_ ranges: [Range<Int>]) -> [Segment] {
    var joined: [Range<Int>] = []
    for range in ranges {
      if let last = joined.last, last.upperBound == range.lowerBound {
        joined[joined.count - 1] = last.lowerBound..<range.upperBound
      } else {
        joined.append(range)
      }
    }
    return joined.map { .file($0) }
  }

  /// The second packet; it may go over several pages.
  private static func comments(_ file: FileWindow, _ pages: [Page], _ kind: Kind) -> VorbisComments? {
    var packet: [UInt8] = []
    for page in pages.dropFirst() {
      let table = file.bytes(page.start + 27, page.header - page.start - 27)
      var at = page.header
      for length in table {
        packet += file.bytes(at, Int(length))
        at += Int(length)
        if length < 255 {
          let mark = [Kind.vorbis: 7, .opus: 8, .flac: 4][kind] ?? 0
          return VorbisComments(packet.dropFirst(mark))
        }
      }
      if packet.count > 1 << 24 { return nil }
    }
    return nil
  }
}

/// CRC-32 as Ogg has it: polynomial 0x04C11DB7, not reflected, from 0; the page's own field counts as 0.
struct OggChecksum {
  private let table: [UInt32]

  init() {
    table = (0..<256).map { n in
      (0..<8).reduce(UInt32(n) << 24) { value, _ in value & 0x8000_0000 != 0 ? value << 1 ^ 0x04C1_1DB7 : value << 1 }
    }
  }

  func of(_ page: [UInt8]) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      page.withUnsafeBufferPointer { page in
        var sum: UInt32 = 0
        var at = 0
        while at < page.count {
          let byte = (22..<26).contains(at) ? 0 : page[at]
          sum = sum << 8 ^ table[Int(UInt8(truncatingIfNeeded: sum >> 24) ^ byte)]
          at += 1
        }
        return sum
      }
    }
  }
}
