import CSndfile
import Ground

/// A stretch of what libsndfile is given to read as one file.
enum Segment: Equatable {
  /// Bytes of the file.
  case file(Range<Int>)
  /// Bytes in place of what is wrong, or missing, in the file.
  case memory([UInt8])

  var count: Int {
    switch self {
    case .file(let range): range.count
    case .memory(let bytes): bytes.count
    }
  }
}

/// Stretches of a file and of memory, one after the other, that libsndfile reads as one file. One thread.
final class SegmentedBytes {
  let count: Int
  private let file: FileWindow
  private let segments: [Segment]
  /// Where each segment begins.
  private let starts: [Int]
  private var position = 0

  init(_ file: FileWindow, _ segments: [Segment]) {
    self.file = file
    self.segments = segments
    var starts: [Int] = []
    var end = 0
    for segment in segments {
      starts.append(end)
      end += segment.count
    }
    self.starts = starts
    count = end
  }

  /// Opens them for libsndfile; nil for what it cannot read. The result must be closed before this is gone.
  func openSound(_ info: inout SF_INFO) -> OpaquePointer? {
    var access = SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(SegmentedBytes.from($0).count) },
      seek: { sf_count_t(SegmentedBytes.from($2).seek(Int($0), $1)) },
      read: { sf_count_t(SegmentedBytes.from($2).read($0, Int($1))) },
      write: { _, _, _ in 0 },
      tell: { sf_count_t(SegmentedBytes.from($0).position) })
    return sf_open_virtual(&access, Int32(SFM_READ), &info, Unmanaged.passUnretained(self).toOpaque())
  }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> SegmentedBytes {
    Unmanaged<SegmentedBytes>.fromOpaque(pointer!).takeUnretainedValue()
  }

  private func seek(_ offset: Int, _ whence: Int32) -> Int {
    let origin = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : count
    // What a damaged header makes of an offset need not fit.
    position = min(max(0, origin.addingReportingOverflow(offset).partialValue), count)
    return position
  }

  private func read(_ target: UnsafeMutableRawPointer?, _ wanted: Int) -> Int {
    guard wanted > 0, let target, position < count else { return 0 }
    // The last segment that begins here or before.
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= position { low = middle } else { high = middle }
    }
    var done = 0
    while done < wanted, low < segments.count {
      let offset = position - starts[low]
      let most = min(wanted - done, segments[low].count - offset)
      if most > 0 {
        switch segments[low] {
        case .memory(let bytes):
          bytes.withUnsafeBytes { (target + done).copyMemory(from: $0.baseAddress! + offset, byteCount: most) }
        case .file(let range):
          let got = file.read(into: target + done, count: most, at: range.lowerBound + offset)
          guard got == most else {
            position += got
            return done + got
          }
        }
        position += most
        done += most
      }
      low += 1
    }
    return done
  }
}
