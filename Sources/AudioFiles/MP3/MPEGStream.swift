import CSndfile
import Ground

/// An MP3 file whose frames were counted, for libsndfile to read by.
///
/// libsndfile takes the length from the file's own frame count ("Xing"), or else guesses it from the first frame's bit
/// rate, and reads no further: a variable bit rate without a count, or two files in a row, lose half of their sound
/// without an error. So the frames are counted here (a walk from header to header), and where the file is wrong about
/// itself, it is read with a right count in front.
final class MPEGStream {
  /// Samples per channel in all whole frames, the frame with the count left out.
  let sampleCount: Int
  /// What the file's own frame count promises, in the same unit; nil when it has none.
  let promisedCount: Int?

  private let file: FileWindow
  /// What is read in place of the file's first `replaced` bytes; empty: nothing is.
  private var front: [UInt8] = []
  private var replaced = 0
  private var position = 0

  /// Counts the frames of a file.
  ///
  /// - Returns: nil for what is no MPEG audio, or of free bit rate.
  init?(path: String) {
    guard let file = FileWindow(path: path), let (start, first) = Self.firstFrame(file) else { return nil }
    self.file = file
    let own = Self.frameCount(file, at: start, first)
    let sound = own == nil ? start : start + first.byteCount
    let frames = Self.countFrames(file, from: sound, like: first)
    sampleCount = frames * first.samplesPerFrame
    promisedCount = own.map { $0 * first.samplesPerFrame }
    // Some encoders count the frame with the count, too.
    if own.map({ abs($0 - frames) > 1 }) ?? true {
      front = Self.front(file, tags: start, first, frames: frames, soundBytes: file.count - sound)
      replaced = front.isEmpty ? 0 : sound
    }
  }

  /// Whether libsndfile, left alone, would read too little.
  var needsCount: Bool { !front.isEmpty }

  /// Opens the file with the right count in front. The result must be closed before this is gone.
  func openSound(_ info: inout SF_INFO) -> OpaquePointer? {
    var access = SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(MPEGStream.from($0).length) },
      seek: { sf_count_t(MPEGStream.from($2).seek(Int($0), $1)) },
      read: { sf_count_t(MPEGStream.from($2).read($0, Int($1))) },
      write: { _, _, _ in 0 },
      tell: { sf_count_t(MPEGStream.from($0).position) })
    return sf_open_virtual(&access, Int32(SFM_READ), &info, Unmanaged.passUnretained(self).toOpaque())
  }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> MPEGStream {
    Unmanaged<MPEGStream>.fromOpaque(pointer!).takeUnretainedValue()
  }

  private var length: Int { front.count + file.count - replaced }

  private func seek(_ offset: Int, _ whence: Int32) -> Int {
    let origin = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : length
    position = min(max(0, origin + offset), length)
    return position
  }

  private func read(_ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    guard count > 0, let target else { return 0 }
    if position < front.count {
      let part = min(count, front.count - position)
      front.withUnsafeBytes { target.copyMemory(from: $0.baseAddress! + position, byteCount: part) }
      position += part
      return part + read(target + part, count - part)
    }
    let got = file.read(into: target, count: count, at: position - front.count + replaced)
    position += got
    return got
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

  /// Bytes of an ID3v2 tag at a place; 0 without.
  private static func tagLength(_ file: FileWindow, _ at: Int) -> Int {
    guard let name = file.word(at), name >> 8 == 0x49_4433, let flags = file.word(at + 4),
      let size = file.word(at + 6)
    else { return 0 }
    let bytes = (0..<4).reduce(0) { $0 << 7 | Int(size >> UInt32(24 - 8 * $1) & 0x7F) }
    return 10 + bytes + (flags >> 16 & 0x10 != 0 ? 10 : 0)
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

  /// Whole frames to the end of the file; over what is no frame, to the next one.
  private static func countFrames(
    _ file: FileWindow, from start: Int, like first: MPEGFrameHeader
  ) -> Int {
    var at = start
    var count = 0
    while at + 4 <= file.count {
      if let frame = header(file, at), frame.continues(first) {
        guard at + frame.byteCount <= file.count else { break }
        count += 1
        at += frame.byteCount
      } else {
        at += max(1, tagLength(file, at))
        while at + 4 <= file.count {
          if let found = header(file, at), found.continues(first), isFollowed(file, at, found) { break }
          at += 1
        }
      }
    }
    return count
  }

  /// The tags, and a frame that holds nothing but the count. Empty for layers I and II, where none is known.
  private static func front(
    _ file: FileWindow, tags: Int, _ first: MPEGFrameHeader, frames: Int, soundBytes: Int
  ) -> [UInt8] {
    guard first.layer == 3, tags <= largestTag, let header = first.forFrameCount else { return [] }
    var front = [UInt8](repeating: 0, count: tags + header.byteCount)
    guard front.withUnsafeMutableBytes({ file.read(into: $0.baseAddress!, count: tags, at: 0) }) == tags
    else {
      return []
    }
    func put(_ value: UInt32, _ at: Int) {
      for n in 0..<4 { front[tags + at + n] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * n)) }
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
