import CSndfile
import Ground

/// Writes a sound file under a temporary name beside its own, and gives it its name when it is whole. One thread.
package final class AudioFileWriter: AudioSink {
  package let path: String
  package let format: AudioFormat
  package private(set) var clippedSampleCount = 0
  package let notKept: [String]
  /// Called by `finish` with where the file lies, whole and on the disk, before it has its name; what it throws takes the file away.
  package var beforeNaming: ((_ temporaryPath: String) throws(AudioFileError) -> Void)?
  /// Where it lies in the end: `path`, or what a symbolic link of that name leads to.
  private let target: String
  private let overwrite: Bool
  private let temporary: TemporaryFile
  /// What goes in front of what libsndfile writes, or in place of its beginning.
  private let front: FileFront
  private let file: OpaquePointer
  private var isOpen = true
  private var integers: [Int32] = []
  private var floats: [Float] = []
  /// Samples of all channels that may still be written before the container's sizes run over.
  private var room: Int

  /// - Parameters:
  ///   - path: final name; its folder exists.
  ///   - format: as `AudioFileWriter.format(forPath:like:)` gives it.
  ///   - overwrite: whether an existing file may be replaced; only regular files ever are. The new one has its
  ///     permissions, and a symbolic link still leads to it.
  ///   - expectedSampleCount: samples per channel to come, nil when not known. A WAV that may grow beyond 4 GiB is
  ///     written as RF64, and is plain WAV in the end if it did not.
  /// - Throws: `AudioFileError.exists`, `.notReplaceable`, `.unwritable`, `.cannotHold`.
  package init(
    path: String, format: AudioFormat, tags: AudioTags, overwrite: Bool, expectedSampleCount: Int? = nil
  ) throws(AudioFileError) {
    let place = try OutputTarget(path, overwrite: overwrite)
    let front = FileFront(tags, format)
    let layout = try format.layout(path: path, expectedSampleCount: expectedSampleCount, reserved: front.reserved)
    let temporary = try TemporaryFile(
      beside: place.path, named: path, mode: place.mode, reserving: front.reserved)
    var info = SF_INFO()
    info.samplerate = Int32(clamping: format.sampleRate)
    info.channels = Int32(clamping: format.channelCount)
    info.format = layout.code
    guard let file = temporary.openSound(&info) else {
      temporary.remove()
      if temporary.failure != 0 { throw .writingFailed(path: path, reason: systemReason(temporary.failure)) }
      throw .cannotHold(
        path: path, container: format.containerName, what: format.extent, remedy: format.remedyWhereNotWritable)
    }
    if layout.code != format.code {
      _ = sf_command(file, Int32(SFC_RF64_AUTO_DOWNGRADE), nil, Int32(SF_TRUE))
    }
    self.path = path
    target = place.path
    self.format = format
    self.overwrite = overwrite
    self.temporary = temporary
    self.file = file
    self.front = front
    room = layout.largestSampleCount
    // It holds the time of day, so that the same sound would never be the same file.
    _ = sf_command(file, Int32(SFC_SET_ADD_PEAK_CHUNK), nil, Int32(SF_FALSE))
    notKept = front.isNeeded ? [] : tags.extraNames
    if !front.isNeeded { tags.write(to: file) }
    format.setBitRate(of: file, like: tags)
  }

  deinit { abandon() }

  package func write(_ interleaved: UnsafeBufferPointer<Float>) throws(AudioFileError) {
    precondition(isOpen, "nothing is written after finish or abandon")
    let count = sf_count_t(interleaved.count / format.channelCount)
    guard count > 0 else { return }
    room -= interleaved.count
    guard room >= 0 else { throw format.tooLong(path: path) }
    let written: sf_count_t
    if let bits = format.integerBits {
      clippedSampleCount += quantise(interleaved, bits)
      written = integers.withUnsafeBufferPointer { sf_writef_int(file, $0.baseAddress, count) }
    } else if format.isFloat {
      written = sf_writef_float(file, interleaved.baseAddress, count)
    } else {
      clippedSampleCount += clip(interleaved)
      written = floats.withUnsafeBufferPointer { sf_writef_float(file, $0.baseAddress, count) }
    }
    guard written == count, temporary.failure == 0 else {
      throw .writingFailed(
        path: path,
        reason: temporary.failure == 0 ? String(cString: sf_strerror(file)) : systemReason(temporary.failure))
    }
  }

  package func finish() throws(AudioFileError) {
    guard isOpen else { return }
    isOpen = false
    let code = sf_close(file)
    // What went wrong with a write of ours is the temporary file's to say.
    guard code == 0 || temporary.failure != 0 else {
      temporary.remove()
      throw .writingFailed(path: path, reason: String(cString: sf_error_number(code)))
    }
    if format.isFloat { clearPeakTime() }
    front.write(to: temporary)
    try temporary.rename(to: target, named: path, overwrite: overwrite, before: beforeNaming)
  }

  /// Of RF64, also where it has become a WAV, libsndfile writes the chunk with peaks and their time whatever it is told.
  private func clearPeakTime() {
    let start = front.reserved
    var place = start + 12
    while true {
      let head = temporary.bytes(at: place, 8)
      guard head.count == 8, !head.starts(with: Array("data".utf8)) else { return }
      if head.starts(with: Array("PEAK".utf8)) { return temporary.put([0, 0, 0, 0], at: place + 12) }
      let size = (4..<8).reversed().reduce(0) { $0 << 8 | Int(head[$1]) }
      place += 8 + size + size % 2
    }
  }

  package func abandon() {
    guard isOpen else { return }
    isOpen = false
    sf_close(file)
    temporary.remove()
  }

  /// Removes the temporary files of all writers that have not finished. Only unlink(2): for signal handlers.
  package static func removeUnfinishedFiles() { UnfinishedFiles.unlinkAll() }

  /// Removes the temporary files that killed processes have left in a folder; those of living ones stay.
  package static func removeLeftovers(in folder: String) { UnfinishedFiles.removeLeftovers(in: folder) }

  /// Rounds to `bits` and clips; libsndfile would scale by 32767 where it reads by 32768, or truncate.
  ///
  /// - Returns: how many samples were clipped.
  private func quantise(_ samples: UnsafeBufferPointer<Float>, _ bits: Int) -> Int {
    if integers.count < samples.count { integers = Array(repeating: 0, count: samples.count) }
    let scale = Double(Int64(1) << (bits - 1))
    let shift = Int32(32 - bits)
    // For the smallest integer libsndfile reads in front of its table of logarithms.
    let bottom = format.isLogarithmic ? 1 - scale : -scale
    var clipped = 0
    for (n, x) in samples.enumerated() {
      let value = (Double(x) * scale).rounded(.toNearestOrEven)
      if value >= scale {
        if x > 1 { clipped += 1 }
        integers[n] = Int32(scale - 1) << shift
      } else if value <= bottom {
        if x < -1 { clipped += 1 }
        integers[n] = Int32(bottom) << shift
      } else {
        integers[n] = value.isNaN ? 0 : Int32(value) << shift
      }
    }
    return clipped
  }

  /// Clips for encoders of compressed sound: some of them (ADPCM) wrap what is beyond full scale.
  ///
  /// - Returns: how many samples were clipped.
  private func clip(_ samples: UnsafeBufferPointer<Float>) -> Int {
    if floats.count < samples.count { floats = Array(repeating: 0, count: samples.count) }
    var clipped = 0
    for (n, x) in samples.enumerated() {
      if abs(x) > 1 { clipped += 1 }
      floats[n] = x.isNaN ? 0 : min(1, max(-1, x))
    }
    return clipped
  }
}
