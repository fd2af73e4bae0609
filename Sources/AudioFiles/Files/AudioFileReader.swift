import CSndfile
import Ground

/// Reads a sound file from its beginning to its end, a block at a time; of joined files and chains all parts. One thread.
package final class AudioFileReader: AudioSource {
  /// Most channels that are read.
  package static let largestChannelCount = 32

  package let format: AudioFormat
  package let tags: AudioTags
  /// Samples per channel; nil for a stream whose header does not say.
  package let sampleCount: Int?
  package private(set) var remarks: [AudioRemark]
  private let path: String
  private let isStrict: Bool
  private let file: FileWindow
  private let parts: [SoundPart]
  /// The one that is read now, and its number.
  private var open: OpenSound
  private var index = 0
  /// In this part.
  private var position = 0
  /// Samples per channel of all parts.
  private var heard = 0

  /// - Parameter strict: refuses what is read otherwise with a remark of damage.
  /// - Throws: `AudioFileError` for what is missing, no sound, empty, cut short, or has a rate or a number of channels
  ///   that is not supported.
  package convenience init(path: String, strict: Bool = false) throws(AudioFileError) {
    var status = stat()
    guard FileName.withCString(path, { stat($0, &status) }) == 0 else {
      throw errno == ENOENT || errno == ENOTDIR
        ? .missing(path: path) : .unreadable(path: path, reason: systemReason())
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    guard status.st_size > 0 else { throw .empty(path: path) }
    guard let file = FileWindow(path: path) else { throw .unreadable(path: path, reason: systemReason()) }
    try self.init(file, path: path, strict: strict)
  }

  /// - Parameter path: what errors call it.
  init(_ file: FileWindow, path: String, strict: Bool) throws(AudioFileError) {
    let whole = SoundPart(segments: [.file(0..<file.count)])
    var layout = SoundLayout(parts: [whole])
    var extras = AudioTags.Extras.none
    var loudspeakers: AudioTags.Loudspeakers?
    var kilobits: (bytes: Int, isConstant: Bool)?
    var nominal: Double?
    if let chunked = ChunkedFile(file) {
      if chunked.isEmpty, chunked.parts.count == 1 { throw .empty(path: path) }
      layout = SoundLayout(parts: chunked.parts, remarks: chunked.remarks)
      extras = AudioTags.extras(of: chunked, file)
      loudspeakers = AudioTags.loudspeakers(of: chunked, file)
    } else if let au = AUFile(file) {
      layout = au.layout
    } else if let ogg = try OggFile(file, path: path) {
      layout.parts = ogg.parts
      if let comments = ogg.comments { extras = .flac([], comments: comments) }
      kilobits = (ogg.soundBytes, false)
      nominal = ogg.nominalKilobits
    } else if let flac = FLACFile(file) {
      layout.parts = flac.parts
      let comments = flac.blocks.first { $0.type == FLACBlock.comments }.flatMap { VorbisComments($0.content) }
      let others = flac.blocks.filter { $0.type != FLACBlock.comments }
      if comments?.comments.isEmpty == false || !others.isEmpty { extras = .flac(others, comments: comments) }
    }
    // libmpg123 complains on the terminal of joined files that it sees as one.
    var first: OpenSound?
    if !MPEGStream.isLikely(file) { first = try OpenSound(file, layout.parts[0], path) }
    if first == nil || first?.format.container == Int32(SF_FORMAT_MPEG), let counted = try MPEGStream(file, path: path)
    {
      first = nil
      layout = SoundLayout(parts: counted.parts, remarks: counted.remarks)
      kilobits = (counted.soundBytes, counted.isConstantBitRate)
      extras = AudioTags.extras(ofMP3: file)
    }
    let begun: OpenSound
    if let first { begun = first } else { begun = try OpenSound(file, layout.parts[0], path) }
    let format = begun.format
    guard (8000...192_000).contains(format.sampleRate) else {
      throw .unsupported(
        path: path, what: "its sample rate of \(format.sampleRate) Hz is not supported",
        remedy: "convert it to a rate from 8000 to 192000 Hz")
    }
    guard (1...Self.largestChannelCount).contains(format.channelCount) else {
      throw .unsupported(
        path: path, what: "its \(format.channelCount) channels are not supported",
        remedy: "split it into files of at most \(Self.largestChannelCount)")
    }
    // What libsndfile noticed, where the layout did not.
    if layout.remarks.isEmpty, let (promised, found, unit) = begun.shortage {
      layout.remarks.append(
        AudioRemark(
          description: "its header promises \(promised) \(unit) and \(found) are there, all of which were taken",
          isDamage: true))
    }
    var counts: [Int?] = []
    for (number, part) in layout.parts.enumerated() {
      let sound = try number == 0 ? begun : OpenSound(file, part, path)
      guard sound.format.sampleRate == format.sampleRate, sound.format.channelCount == format.channelCount else {
        throw .unsupported(
          path: path,
          what:
            "it is \(layout.parts.count) files in a row, of which the first has \(format.extent) and number \(number + 1) "
            + sound.format.extent, remedy: "split it, or convert it to one rate and number of channels")
      }
      counts.append(try sound.count(part, path))
    }
    let known = counts.compactMap(\.self)
    let total = known.count == counts.count ? known.reduce(0, +) : nil
    if total == 0 { throw .empty(path: path) }
    if layout.parts.count > 1 {
      layout.remarks.append(
        AudioRemark(
          description: "\(layout.parts.count) sounds in a row were read one after the other", isDamage: false))
    }
    if strict, let remark = layout.remarks.first(where: \.isDamage) {
      throw .notStrict(path: path, remark: remark.description)
    }
    var tags = AudioTags(reading: begun.handle)
    tags.extras = extras
    tags.loudspeakers = loudspeakers
    if let kilobits, let total, format.isLossy {
      tags.kilobits = nominal ?? Double(kilobits.bytes) * 8 / 1000 * Double(format.sampleRate) / Double(total)
      tags.lossyEncoding = format.encoding
      tags.isConstantBitRate = kilobits.isConstant
    }
    self.tags = tags
    self.path = path
    self.format = format
    self.file = file
    isStrict = strict
    parts = layout.parts
    open = begun
    sampleCount = total
    remarks = layout.remarks
  }

  package func read(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    while true {
      let count = try readPart(into: buffer)
      heard += count
      guard count == 0, index + 1 < parts.count else {
        // A FLAC of unknown length without a frame, or with no frame that is one.
        if heard == 0, buffer.count >= format.channelCount { throw .empty(path: path) }
        return count
      }
      index += 1
      position = 0
      open = try OpenSound(file, parts[index], path)
    }
  }

  private func readPart(into buffer: UnsafeMutableBufferPointer<Float>) throws(AudioFileError) -> Int {
    let room = buffer.count / format.channelCount
    let count = Int(sf_readf_float(open.handle, buffer.baseAddress, sf_count_t(room)))
    position += count
    let part = parts[index]
    let promised = try open.count(part, path)
    if sf_error(open.handle) != 0 {
      // FLAC gives silence for a damaged block and goes on, and calls the end of a cut file damage too. Behind the samples
      // that it promises a tag may stand.
      let isFLAC = open.format.isFLAC
      if isFLAC, let promised, count < room, position < promised {
        throw .cutShort(path: path, promised: promised, found: position, unit: "samples")
      }
      if isFLAC ? position != promised : count < room {
        throw .damaged(path: path, reason: OpenSound.reason(open.handle))
      }
    }
    if count == 0, let promised {
      let tolerance = format.isMPEG ? Self.mpegTolerance : 0
      if position < promised - tolerance || (position == 0 && promised > 0) {
        throw .cutShort(path: path, promised: promised, found: position, unit: "samples")
      }
      if part.readsToEnd, position > promised {
        let remark = AudioRemark(
          description: "its header promises \(promised) samples and \(position) are there, all of which were taken",
          isDamage: true)
        if isStrict { throw .notStrict(path: path, remark: remark.description) }
        if !remarks.contains(remark) { remarks.append(remark) }
      }
    }
    return count
  }

  /// Decoders may leave out the first and the last frame of 1152 samples.
  static let mpegTolerance = 2 * 1152
}
