import Ground

/// How a kind of file names and counts its chunks: WAV, RF64, AIFF, W64 and CAF differ in little else.
struct ChunkDialect {
  let idWidth: Int
  let sizeWidth: Int
  let isBigEndian: Bool
  /// Whether a chunk's size counts its own name and size.
  let countsHeader: Bool
  /// Chunks begin at multiples of this.
  let alignment: Int
  /// Bytes before the first chunk.
  let formWidth: Int
  /// Name of the chunk with the samples, and bytes in it before them.
  let sound: [UInt8]
  let soundOffset: Int

  var headerWidth: Int { idWidth + sizeWidth }

  private static let waveGUID: [UInt8] = [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A]

  static let riff = ChunkDialect(
    idWidth: 4, sizeWidth: 4, isBigEndian: false, countsHeader: false, alignment: 2, formWidth: 12,
    sound: Array("data".utf8), soundOffset: 0)
  static let aiff = ChunkDialect(
    idWidth: 4, sizeWidth: 4, isBigEndian: true, countsHeader: false, alignment: 2, formWidth: 12,
    sound: Array("SSND".utf8), soundOffset: 8)
  static let wave64 = ChunkDialect(
    idWidth: 16, sizeWidth: 8, isBigEndian: false, countsHeader: true, alignment: 8, formWidth: 40,
    sound: Array("data".utf8) + waveGUID, soundOffset: 0)
  static let caf = ChunkDialect(
    idWidth: 4, sizeWidth: 8, isBigEndian: true, countsHeader: false, alignment: 1, formWidth: 8,
    sound: Array("data".utf8), soundOffset: 4)

  /// The dialect of what begins at a place.
  static func of(_ file: FileWindow, at start: Int) -> ChunkDialect? {
    if file.has("RIFF", at: start) || file.has("RF64", at: start) {
      return file.has("WAVE", at: start + 8) ? riff : nil
    }
    if file.has("FORM", at: start) {
      return file.has("AIFF", at: start + 8) || file.has("AIFC", at: start + 8) ? aiff : nil
    }
    if file.has("riff", at: start), file.has("wave", at: start + 24) { return wave64 }
    return file.has("caff", at: start) ? caf : nil
  }
}

/// A chunk of a file: its name, and where its content lies.
struct Chunk {
  let id: [UInt8]
  let header: Int
  let body: Range<Int>

  var name: String { String(decoding: id.prefix(4), as: UTF8.self) }
}

/// The chunks of a WAV file and its relatives, found by walking over them; libsndfile gets the samples' true extent.
///
/// A recorder that crashed leaves a size of 0, or one that was never true; files that were joined follow one another. What
/// is there is taken, to the end, and a remark says so. Nothing in the bytes is trusted.
struct ChunkedFile {
  private(set) var parts: [SoundPart] = []
  private(set) var remarks: [AudioRemark] = []
  /// The first part's, without that of the samples.
  private(set) var chunks: [Chunk] = []
  /// Whether a part has room for no sample.
  private(set) var isEmpty = false
  let dialect: ChunkDialect
  private let file: FileWindow
  /// More are no file's: each 8 zeros look like a chunk of no length.
  private static let mostChunks = 1 << 14

  /// nil for other kinds of files, and for those without a chunk of samples, which libsndfile has to refuse.
  init?(_ file: FileWindow) {
    guard let dialect = ChunkDialect.of(file, at: 0) else { return nil }
    self.file = file
    self.dialect = dialect
    var start = 0
    while start < file.count, let next = readPart(from: start) {
      start = next
      guard start < file.count, ChunkDialect.of(file, at: start) != nil else { break }
    }
    guard !parts.isEmpty else { return nil }
    if start < file.count, !isTail(start) || isStray(start) {
      let rest = "\(file.count - start) bytes behind its \(parts.count == 1 ? "end" : "last part") are no sound"
      remarks.append(AudioRemark(description: rest + " and were left out", isDamage: true))
    }
  }

  /// Reads the form that begins at a place.
  ///
  /// - Returns: where it ends.
  private mutating func readPart(from start: Int) -> Int? {
    var at = start + dialect.formWidth
    var longSize: Int?
    var found: [Chunk] = []
    while let chunk = chunk(at, longSize) {
      if chunk.id == dialect.sound {
        let end = readSound(chunk, start: start, before: found, longSize)
        if parts.count == 1 { chunks = found + trailing(chunk, end) }
        return end
      }
      guard found.count < Self.mostChunks else { return nil }
      found.append(chunk)
      if chunk.name == "ds64" { longSize = file.number(chunk.body.lowerBound + 8, 8, bigEndian: false) }
      guard chunk.body.upperBound <= file.count else { return nil }
      at = aligned(chunk.body.upperBound, start)
    }
    return nil
  }

  /// The chunk at a place, as its header has it: its end may lie beyond the file's.
  private func chunk(_ at: Int, _ longSize: Int? = nil) -> Chunk? {
    let id = file.bytes(at, dialect.idWidth)
    guard id.count == dialect.idWidth, at + dialect.headerWidth <= file.count else { return nil }
    let bytes = file.bytes(at + dialect.idWidth, dialect.sizeWidth)
    let isUnknown = bytes.allSatisfy { $0 == 0xFF }
    var size = file.number(at + dialect.idWidth, dialect.sizeWidth, bigEndian: dialect.isBigEndian) ?? .max
    if isUnknown { size = id == dialect.sound ? longSize ?? .max : .max }
    if dialect.countsHeader { size = max(0, size - dialect.headerWidth) }
    let body = at + dialect.headerWidth
    let (end, overflow) = body.addingReportingOverflow(size)
    return Chunk(id: id, header: at, body: body..<(overflow ? .max : max(body, end)))
  }

  private func aligned(_ at: Int, _ start: Int) -> Int {
    let beyond = (at - start) % dialect.alignment
    return beyond == 0 ? at : at + dialect.alignment - beyond
  }

  private mutating func readSound(_ sound: Chunk, start: Int, before: [Chunk], _ longSize: Int?) -> Int {
    let body = sound.body.lowerBound + dialect.soundOffset
    let claimed = sound.body.upperBound == .max ? nil : max(0, sound.body.upperBound - body)
    let whole = sound.body.upperBound <= file.count ? end(of: sound, start) : nil
    if let whole, let claimed, claimed > 0 || body >= file.count || hasChunks(body) {
      // In order: it is read as it is.
      if claimed == 0 { isEmpty = true }
      parts.append(SoundPart(segments: inOrder(start, sound, before, whole)))
      checkCount(start, sound, before)
      checkSize(claimed, before)
      checkFormSize(start, longSize)
      checkOffset(sound)
      checkFormat(before)
      return whole
    }
    guard body < file.count else {
      isEmpty = true
      parts.append(SoundPart(segments: [.file(start..<file.count)]))
      return file.count
    }
    let next = nextForm(in: body..<file.count)
    let end = next ?? file.count
    let segments = repaired(start, sound, before, end)
    parts.append(SoundPart(segments: segments))
    // CAF's way of saying "to the end".
    if dialect.soundOffset == 4, claimed == nil, next == nil { return end }
    let says = claimed.map { $0 == 0 ? "no sound" : "\($0) bytes of sound" } ?? "a sound without an end"
    let taken = segments.last!.count
    let whatIsTaken = taken < end - body ? "of which the first \(taken) were taken" : "all of which were taken"
    remarks.append(
      AudioRemark(
        description: "its header promises \(says) and \(end - body) bytes are there, \(whatIsTaken)",
        isDamage: true))
    checkFormat(before)
    return end
  }

  /// libsndfile's reader of RF64 does not know that a chunk of an odd size is followed by a byte: those that do not describe
  /// the samples are left out for it.
  private func inOrder(_ start: Int, _ sound: Chunk, _ before: [Chunk], _ end: Int) -> [Segment] {
    let odd = before.filter { $0.body.count % 2 == 1 && $0.name != "fmt " }
    guard file.has("RF64", at: start), !odd.isEmpty else { return [.file(start..<end)] }
    var segments: [Segment] = []
    var at = start
    for chunk in odd {
      if chunk.header > at { segments.append(.file(at..<chunk.header)) }
      at = min(end, chunk.body.upperBound + 1)
    }
    return segments + [.file(at..<end)]
  }

  /// A size that is no whole number of samples is no size of theirs.
  private mutating func checkSize(_ size: Int, _ before: [Chunk]) {
    var block: Int?
    if dialect.soundOffset == 8 {
      block = before.first { $0.name == "COMM" }.flatMap(aiffBlock)
    } else if dialect.idWidth == 4 || dialect.countsHeader, let format = before.first(where: { $0.name == "fmt " }),
      let tag = file.number(format.body.lowerBound, 2, bigEndian: false), [1, 3, 6, 7, 0xFFFE].contains(tag)
    {
      block = file.number(format.body.lowerBound + 12, 2, bigEndian: false)
    }
    guard let block, block > 0, size % block != 0 else { return }
    remarks.append(
      AudioRemark(
        description:
          "its header promises \(size) bytes of sound, which is no whole number of samples of \(block) bytes",
        isDamage: true))
  }

  /// AIFF counts its samples besides, and libsndfile goes by that.
  private mutating func checkCount(_ start: Int, _ sound: Chunk, _ before: [Chunk]) {
    guard dialect.soundOffset == 8, let common = before.first(where: { $0.name == "COMM" }),
      let says = file.number(common.body.lowerBound + 2, 4, bigEndian: true), let block = aiffBlock(common)
    else { return }
    let count = (sound.body.count - 8) / block
    guard says < count, case .file(let range)? = parts.last?.segments.first else { return }
    let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
    let place = common.body.lowerBound + 2
    parts[parts.count - 1].segments = [
      .file(range.lowerBound..<place), .memory(bytes), .file((place + 4)..<range.upperBound),
    ]
    remarks.append(
      AudioRemark(
        description: "its header promises \(says) samples and \(count) are there, all of which were taken",
        isDamage: true))
  }

  /// Bytes of a sample of all channels; nil for what is compressed.
  private func aiffBlock(_ common: Chunk) -> Int? {
    guard let channels = file.number(common.body.lowerBound, 2, bigEndian: true), channels > 0,
      let bits = file.number(common.body.lowerBound + 6, 2, bigEndian: true), bits > 0
    else { return nil }
    let plain: Set<String> = ["NONE", "twos", "sowt", "fl32", "FL32", "fl64", "FL64", "raw ", "in24", "in32"]
    if common.body.count >= 22,
      !plain.contains(String(decoding: file.bytes(common.body.lowerBound + 18, 4), as: UTF8.self))
    {
      return nil
    }
    return channels * ((bits + 7) / 8)
  }

  /// AIFF's samples may begin later than their chunk, to fill blocks; without blocks there is no reason to.
  private mutating func checkOffset(_ sound: Chunk) {
    guard dialect.soundOffset == 8, let offset = file.number(sound.body.lowerBound, 4, bigEndian: true), offset != 0,
      let block = file.number(sound.body.lowerBound + 4, 4, bigEndian: true)
    else { return }
    if offset < block, block <= 1 << 16, block.nonzeroBitCount == 1 { return }
    remarks.append(
      AudioRemark(
        description: "its header leaves out the first \(offset) bytes of its sound without a reason", isDamage: true))
  }

  /// Where a form ends whose samples' chunk has the right size; nil where what follows shows that it has not.
  private func end(of sound: Chunk, _ start: Int) -> Int? {
    // Some writers leave the padding byte out.
    for from in Set([aligned(sound.body.upperBound, start), sound.body.upperBound]).sorted(by: >) {
      if from >= file.count { return file.count }
      var at = from
      while at < file.count {
        if ChunkDialect.of(file, at: at) != nil { return at }
        if isTail(at) { return at }
        guard let chunk = chunk(at), isName(chunk.id),
          chunk.body.upperBound <= file.count || Self.known.contains(chunk.name)
        else { break }
        at = aligned(min(chunk.body.upperBound, file.count), start)
      }
      if at >= file.count { return file.count }
    }
    return nil
  }

  /// Whether nothing but chunks follows, to the end: a sound of length 0 is one then.
  private func hasChunks(_ body: Int) -> Bool {
    guard let first = chunk(body), isName(first.id), first.body.upperBound <= file.count else { return false }
    return end(of: Chunk(id: [], header: body, body: body..<body), body) != nil
  }

  /// Names are printable; samples seldom are. W64's are its own kind.
  private func isName(_ id: [UInt8]) -> Bool {
    dialect.idWidth == 16
      ? id.suffix(12) == dialect.sound.suffix(12)
      : id.allSatisfy { (0x20...0x7E).contains($0) }
  }

  private static let known: Set<String> = [
    "LIST", "id3 ", "ID3 ", "bext", "cue ", "iXML", "PEAK", "fact", "smpl", "JUNK", "PAD ",
  ]

  /// What may stand behind a file's last chunk: less than a chunk's header, zeros, or a tag of MP3's.
  private func isTail(_ at: Int) -> Bool {
    if file.count - at < dialect.headerWidth || (file.has("TAG", at: at) && file.count - at == 128) { return true }
    if file.has("ID3", at: at) || file.has("APETAGEX", at: at) { return true }
    var at = at
    while at < file.count {
      let bytes = file.bytes(at, 1 << 16)
      guard !bytes.isEmpty, bytes.allSatisfy({ $0 == 0 }) else { return false }
      at += bytes.count
    }
    return true
  }

  /// Less than a chunk's header, and not zeros.
  private func isStray(_ at: Int) -> Bool {
    file.count - at < dialect.headerWidth && file.bytes(at, dialect.headerWidth).contains { $0 != 0 }
  }

  /// Where another file begins within samples whose length is not known.
  private func nextForm(in range: Range<Int>) -> Int? {
    var from = range.lowerBound
    let mark: StaticString = dialect.isBigEndian ? "FORM" : "RIFF"
    guard dialect.idWidth == 4, dialect.sizeWidth == 4 else { return nil }
    while let found = file.find(mark, in: from..<range.upperBound) {
      if ChunkDialect.of(file, at: found) != nil, file.has(dialect.isBigEndian ? "COMM" : "fmt ", at: found + 12) {
        return found
      }
      from = found + 1
    }
    return nil
  }

  private func trailing(_ sound: Chunk, _ end: Int) -> [Chunk] {
    guard sound.body.upperBound <= end else { return [] }
    var chunks: [Chunk] = []
    var at = aligned(sound.body.upperBound, 0)
    while at < end, chunks.count < Self.mostChunks, let chunk = chunk(at), isName(chunk.id),
      chunk.body.upperBound <= end
    {
      chunks.append(chunk)
      at = aligned(chunk.body.upperBound, 0)
    }
    return chunks
  }

  /// A whole file of the chunks that say what the samples are, and of the samples.
  private func repaired(_ start: Int, _ sound: Chunk, _ before: [Chunk], _ end: Int) -> [Segment] {
    // libsndfile wants whole samples of all channels; what is left of one at the end is none.
    let most = dialect.sizeWidth == 4 ? Int(UInt32.max) : .max
    let long = before.first { $0.name == "ds64" }
    var bodySize = end - sound.body.lowerBound
    if bodySize > most, long == nil || !file.has("RF64", at: start) {
      if !dialect.isBigEndian, let format = before.first(where: { $0.name == "fmt " }) {
        return [.memory(longHeader(format, bodySize: bodySize)), .file(sound.body.lowerBound..<end)]
      }
      // AIFF has no way to say more.
      bodySize = most
    }
    let bodyEnd = sound.body.lowerBound + bodySize
    var header = file.bytes(start, sound.body.lowerBound + dialect.soundOffset - start)
    func put(_ value: Int, _ at: Int, _ width: Int) {
      guard at + width <= header.count else { return }
      for n in 0..<width {
        let shift = 8 * (dialect.isBigEndian ? width - 1 - n : n)
        header[at + n] = shift >= 64 ? 0 : UInt8(truncatingIfNeeded: value >> shift)
      }
    }
    let headerSize = dialect.countsHeader ? dialect.headerWidth : 0
    if let long {
      put(bodyEnd - start - 8, long.body.lowerBound - start, 8)
      put(bodySize, long.body.lowerBound - start + 8, 8)
      put(Int(UInt32.max), sound.header - start + 4, 4)
    } else {
      put(min(most, bodySize + headerSize), sound.header - start + dialect.idWidth, dialect.sizeWidth)
      switch dialect.formWidth {
      case 12: put(min(most, bodyEnd - start - 8), 4, 4)
      case 40: put(bodyEnd - start, 16, 8)
      default: break
      }
    }
    // AIFF counts its samples besides.
    if dialect.soundOffset == 8, let common = before.first(where: { $0.name == "COMM" }), let block = aiffBlock(common)
    {
      put((bodySize - 8) / block, common.body.lowerBound - start + 2, 4)
    }
    return [.memory(header), .file((sound.body.lowerBound + dialect.soundOffset)..<bodyEnd)]
  }

  /// What WAV cannot count, libsndfile reads as RF64: its header, up to the samples.
  private func longHeader(_ format: Chunk, bodySize: Int) -> [UInt8] {
    func number(_ value: Int, _ width: Int) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let unknown = [UInt8](repeating: 0xFF, count: 4)
    let description = file.bytes(format.header, format.body.upperBound - format.header)
    var header = Array("RF64".utf8) + unknown + Array("WAVE".utf8)
    // The size of what follows the first 8 bytes, of the samples, their number (not known), and a table without entries.
    header += Array("ds64".utf8) + number(28, 4)
    header += number(4 + 36 + description.count + 8 + bodySize, 8) + number(bodySize, 8) + number(0, 12)
    header += description
    header += Array("data".utf8) + unknown
    return header
  }

  /// The size of all is of no use to a reader, but shows that the recorder did not get to its end.
  private mutating func checkFormSize(_ start: Int, _ longSize: Int?) {
    guard dialect.formWidth == 12, longSize == nil,
      let size = file.number(start + 4, 4, bigEndian: dialect.isBigEndian),
      size == 0 || start + 8 + size > file.count + 1
    else { return }
    remarks.append(
      AudioRemark(
        description:
          "its header promises \(size) bytes in all and \(file.count - start - 8) are there, all of which were taken",
        isDamage: true))
  }

  /// Whether the description of WAV's samples agrees with itself.
  private mutating func checkFormat(_ chunks: [Chunk]) {
    guard dialect.formWidth == 12, !dialect.isBigEndian, let format = chunks.first(where: { $0.name == "fmt " }),
      let tag = file.number(format.body.lowerBound, 2, bigEndian: false), [1, 3, 0xFFFE].contains(tag),
      let channels = file.number(format.body.lowerBound + 2, 2, bigEndian: false),
      let block = file.number(format.body.lowerBound + 12, 2, bigEndian: false),
      let bits = file.number(format.body.lowerBound + 14, 2, bigEndian: false),
      block != channels * ((bits + 7) / 8)
    else { return }
    remarks.append(
      AudioRemark(
        description: "its header contradicts itself: \(channels) channels of \(bits) bits in blocks of \(block) bytes",
        isDamage: true))
  }
}
