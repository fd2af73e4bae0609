import CSndfile
import Ground

/// An MP3 file whose frames were counted, for libsndfile to read by.
///
/// libsndfile takes the length from the file's own frame count ("Xing"), or else guesses it from the first frame's bit
/// rate, and reads no further: a variable bit rate without a count, or two files in a row, lose half of their sound
/// without an error. So the frames are counted here (a walk from header to header), each of several files in a row is
/// read by itself, and where one is wrong about itself it is read with a right count in front.
struct MPEGStream {
  private(set) var parts: [SoundPart] = []
  private(set) var remarks: [AudioRemark] = []
  /// Of all frames.
  private(set) var soundBytes = 0
  /// Whether all frames have one bit rate.
  private(set) var isConstantBitRate = true

  private let file: FileWindow

  /// Counts the frames of a file.
  ///
  /// - Returns: nil for what is no MPEG audio, or of free bit rate.
  /// - Throws: `AudioFileError.cutShort`, `.unsupported` where rate or channels change.
  init?(_ file: FileWindow, path: String) throws(AudioFileError) {
    guard var (start, first) = Self.firstFrame(file) else { return nil }
    self.file = file
    var tags = 0..<start
    var junk = 0
    while true {
      let own = Self.frameCount(file, at: start, first)
      // The frame with the count may be all that is there, and not whole.
      let sound = own == nil ? start : min(file.count, start + first.byteCount)
      let run = Self.countFrames(file, from: sound, like: first)
      junk += run.junk
      soundBytes += run.end - sound
      if run.isVariable { isConstantBitRate = false }
      if let other = run.change {
        throw .unsupported(
          path: path,
          what: "it changes at byte \(run.end) from \(first.extent) to \(other.extent)",
          remedy: "split it there, or convert it")
      }
      let promised = own.map { $0 * first.samplesPerFrame }
      let counted = run.frames * first.samplesPerFrame
      if let promised, promised > counted + AudioFileReader.mpegTolerance {
        throw .cutShort(path: path, promised: promised, found: counted, unit: "samples")
      }
      var segments: [Segment] = [.file(tags.lowerBound..<run.end)]
      // Some encoders count the frame with the count, too.
      let isGapWrong = Self.gap(file, at: start, first).map { $0 > Self.largestGap } ?? false
      if isGapWrong {
        remarks.append(
          AudioRemark(
            description: "its header leaves out more samples at its ends than encoders add, all of which were taken",
            isDamage: true))
      }
      if isGapWrong || own.map({ abs($0 - run.frames) > 1 }) ?? true {
        let front = Self.front(file, tags: tags, first, frames: run.frames, soundBytes: run.end - sound)
        if !front.isEmpty { segments = [.memory(front), .file(sound..<run.end)] }
      }
      if run.frames > 0 { parts.append(SoundPart(segments: segments)) }
      guard let next = run.next else { break }
      (start, first) = next
      tags = start..<start
    }
    guard !parts.isEmpty else { return nil }
    if junk > 0 {
      remarks.append(
        AudioRemark(description: "\(junk) bytes among its frames are no MPEG audio and were left out", isDamage: true))
    }
  }
}

/// Walking over the bytes. Nothing in them is trusted.
extension MPEGStream {
  private static let xing: UInt32 = 0x5869_6E67
  /// Tags with pictures are copied in front of the count up to this size.
  private static let largestTag = 1 << 24

  private static func header(_ file: FileWindow, _ at: Int) -> MPEGFrameHeader? {
    file.word(at).flatMap(MPEGFrameHeader.init)
  }

  /// Whether a frame begins where the tags end.
  static func isLikely(_ file: FileWindow) -> Bool {
    var at = 0
    while case let tag = tagLength(file, at), tag > 0 { at += tag }
    return header(file, at).map { isFollowed(file, at, $0) } ?? false
  }

  /// Bytes of an ID3v2 tag at a place; 0 without.
  static func tagLength(_ file: FileWindow, _ at: Int) -> Int {
    guard let name = file.word(at), name >> 8 == 0x49_4433, let flags = file.word(at + 4),
      let size = file.word(at + 6)
    else { return 0 }
    let bytes = (0..<4).reduce(0) { $0 << 7 | Int(size >> UInt32(24 - 8 * $1) & 0x7F) }
    return 10 + bytes + (flags >> 16 & 0x10 != 0 ? 10 : 0)
  }

  /// Bytes of any tag at a place: of ID3v2, of ID3v1, of APE; 0 without.
  private static func anyTagLength(_ file: FileWindow, _ at: Int) -> Int {
    if let name = file.word(at), name >> 8 == 0x54_4147 { return 128 }  // "TAG"
    if file.has("APETAGEX", at: at), let size = file.number(at + 12, 4, bigEndian: false), size < 1 << 24 {
      return 32 + size
    }
    return tagLength(file, at)
  }

  /// The first header that another one follows, after the tags, within the first megabyte.
  private static func firstFrame(_ file: FileWindow) -> (Int, MPEGFrameHeader)? {
    var at = 0
    while case let tag = tagLength(file, at), tag > 0 { at += tag }
    let end = min(file.count, at + 1 << 20)
    while at < end {
      if let found = header(file, at), isFollowed(file, at, found) { return (at, found) }
      at += 1
    }
    return nil
  }

  private static func isFollowed(_ file: FileWindow, _ at: Int, _ found: MPEGFrameHeader) -> Bool {
    let next = at + found.byteCount
    return next >= file.count || header(file, next)?.continues(found) == true
  }

  /// Whether three frames of one kind stand in a row: that is no chance.
  private static func isRow(_ file: FileWindow, _ at: Int, _ found: MPEGFrameHeader) -> Bool {
    let second = at + found.byteCount
    guard let next = header(file, second), next.continues(found) else { return false }
    return header(file, second + next.byteCount)?.continues(found) == true
  }

  /// What the first frame says about the number of frames, if it holds a count rather than sound.
  private static func frameCount(_ file: FileWindow, at start: Int, _ first: MPEGFrameHeader) -> Int? {
    guard first.layer == 3 else { return nil }
    for gap in [0, 2] {
      let place = start + 4 + gap + first.sideInformation
      let name = file.word(place)
      if name == xing || name == 0x496E_666F {  // "Info"
        guard let flags = file.word(place + 4), flags & 1 != 0 else { return 0 }
        return file.word(place + 8).map { Int($0) } ?? 0
      }
    }
    if file.word(start + 36) == 0x5642_5249 {  // "VBRI"
      return file.word(start + 50).map { Int($0) } ?? 0
    }
    return nil
  }

  /// What encoders add at the beginning (at most 1105 samples, with the decoder's own) and at the end (two frames).
  private static let largestGap = 3 * 1152

  /// Samples at both ends that the encoder says it added (LAME's part of the "Info" frame); nil where it says nothing.
  private static func gap(_ file: FileWindow, at start: Int, _ first: MPEGFrameHeader) -> Int? {
    guard first.layer == 3 else { return nil }
    for extra in [0, 2] {
      let place = start + 4 + extra + first.sideInformation
      guard let name = file.word(place), name == xing || name == 0x496E_666F, let flags = file.word(place + 4) else {
        continue
      }
      // Counts of frames and bytes, a table, a quality, each where its bit is set.
      let sizes = [4, 4, 100, 4]
      let part = place + 8 + (0..<4).reduce(0) { $0 + (flags >> UInt32($1) & 1 == 1 ? sizes[$1] : 0) }
      return file.number(part + 21, 3, bigEndian: true).map { ($0 >> 12) + ($0 & 0xFFF) }
    }
    return nil
  }

  /// What stands between one frame and the end of its stream.
  private struct Run {
    var frames = 0
    /// Bytes that belong to no frame and no tag.
    var junk = 0
    var end = 0
    var isVariable = false
    /// Where the next of several files in a row begins.
    var next: (Int, MPEGFrameHeader)?
    /// A frame of another kind, with others behind it.
    var change: MPEGFrameHeader?
  }

  /// Whole frames to the end of the file, or to the beginning of another in it; over what is no frame, to the next one.
  private static func countFrames(_ file: FileWindow, from start: Int, like first: MPEGFrameHeader) -> Run {
    var run = Run()
    var at = start
    var bitRate: Int?
    while at + 4 <= file.count {
      if let frame = header(file, at), frame.continues(first) {
        guard at + frame.byteCount <= file.count else { break }
        if run.frames > 0, frameCount(file, at: at, frame) != nil {
          run.end = at
          run.next = (at, frame)
          return run
        }
        run.frames += 1
        if let bitRate, frame.kilobits != bitRate { run.isVariable = true }
        bitRate = frame.kilobits
        at += frame.byteCount
        continue
      }
      let tag = anyTagLength(file, at)
      if tag > 0 {
        at += tag
        continue
      }
      let before = at
      at += 1
      while at + 4 <= file.count {
        if anyTagLength(file, at) > 0 { break }
        if let found = header(file, at) {
          if found.continues(first), isFollowed(file, at, found) { break }
          if !found.continues(first), isRow(file, at, found) {
            run.end = at
            run.change = found
            return run
          }
        }
        at += 1
      }
      // What is left of a frame at the end of a file is usual.
      if at + 4 <= file.count { run.junk += at - before }
      if let frame = header(file, before), !frame.continues(first), isRow(file, before, frame) {
        run.end = before
        run.change = frame
        return run
      }
    }
    run.end = file.count
    return run
  }

  /// The tags, and a frame that holds nothing but the count. Empty for layers I and II, where none is known.
  private static func front(
    _ file: FileWindow, tags: Range<Int>, _ first: MPEGFrameHeader, frames: Int, soundBytes: Int
  ) -> [UInt8] {
    guard first.layer == 3, tags.count <= largestTag, let header = first.forFrameCount else { return [] }
    var front = file.bytes(tags.lowerBound, tags.count)
    guard front.count == tags.count else { return [] }
    front += [UInt8](repeating: 0, count: header.byteCount)
    func put(_ value: UInt32, _ at: Int) {
      for n in 0..<4 { front[tags.count + at + n] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * n)) }
    }
    put(header.bytes, 0)
    let place = 4 + header.sideInformation
    put(xing, place)
    put(3, place + 4)  // a count of frames and one of bytes follow
    put(UInt32(clamping: frames), place + 8)
    put(UInt32(clamping: header.byteCount + soundBytes), place + 12)
    return front
  }
}
