import CSndfile
import Glibc

/// Writes a sound file under a temporary name beside its own, and gives it its name when it is whole. One thread.
public final class AudioFileWriter: AudioSink {
  public let path: String
  public let format: AudioFormat
  public private(set) var clippedSampleCount = 0
  private let temporaryPath: String
  private let descriptor: Int32
  private let file: OpaquePointer
  private let mark: UnfinishedFiles.Mark
  private var isOpen = true
  private var integers: [Int32] = []

  /// - Parameters:
  ///   - path: final name; its folder exists.
  ///   - format: as `AudioFileWriter.format(forPath:like:)` gives it.
  ///   - overwrite: whether an existing file may be replaced.
  /// - Throws: `AudioFileError.exists`, `.unwritable`, `.cannotHold`.
  public init(path: String, format: AudioFormat, tags: AudioTags, overwrite: Bool) throws(AudioFileError) {
    if !overwrite, access(path, F_OK) == 0 { throw .exists(path: path) }
    let cut = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let name = path[cut...].utf8.prefix(180)
    let temporary =
      path[..<cut] + ".\(String(decoding: name, as: UTF8.self)).limpid-\(getpid())-\(UnfinishedFiles.nextNumber()).tmp"
    let descriptor = open(String(temporary), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: systemReason()) }
    let mark = UnfinishedFiles.add(String(temporary))
    var info = SF_INFO()
    info.samplerate = Int32(clamping: format.sampleRate)
    info.channels = Int32(clamping: format.channelCount)
    info.format = format.code
    guard let file = sf_open_fd(descriptor, Int32(SFM_WRITE), &info, 0) else {
      close(descriptor)
      unlink(String(temporary))
      UnfinishedFiles.remove(mark)
      throw .cannotHold(
        path: path, container: format.containerName,
        what: "\(format.channelCount) channels at \(format.sampleRate) Hz", remedy: "write .wav or .flac instead")
    }
    self.path = path
    self.format = format
    temporaryPath = String(temporary)
    self.descriptor = descriptor
    self.file = file
    self.mark = mark
    tags.write(to: file)
  }

  deinit { abandon() }

  public func write(_ interleaved: UnsafeBufferPointer<Float>) throws(AudioFileError) {
    precondition(isOpen, "nothing is written after finish or abandon")
    let count = sf_count_t(interleaved.count / format.channelCount)
    guard count > 0 else { return }
    let written: sf_count_t
    if let bits = format.integerBits {
      clippedSampleCount += quantise(interleaved, bits)
      written = integers.withUnsafeBufferPointer { sf_writef_int(file, $0.baseAddress, count) }
    } else {
      if !format.isFloat { for x in interleaved where abs(x) > 1 { clippedSampleCount += 1 } }
      written = sf_writef_float(file, interleaved.baseAddress, count)
    }
    guard written == count else {
      throw .unwritable(path: path, reason: errno == 0 ? "the disk may be full" : systemReason())
    }
  }

  public func finish() throws(AudioFileError) {
    guard isOpen else { return }
    sf_write_sync(file)
    let closed = sf_close(file)
    isOpen = false
    let synced = fsync(descriptor)
    let reason = systemReason()
    let shut = close(descriptor)
    guard closed == 0, synced == 0, shut == 0 else {
      removeTemporary()
      throw .unwritable(path: path, reason: reason)
    }
    guard rename(temporaryPath, path) == 0 else {
      let reason = systemReason()
      removeTemporary()
      throw .unwritable(path: path, reason: reason)
    }
    UnfinishedFiles.remove(mark)
  }

  public func abandon() {
    guard isOpen else { return }
    isOpen = false
    sf_close(file)
    close(descriptor)
    removeTemporary()
  }

  /// Removes the temporary files of all writers that have not finished. Only unlink(2): for signal handlers.
  public static func removeUnfinishedFiles() { UnfinishedFiles.unlinkAll() }

  private func removeTemporary() {
    unlink(temporaryPath)
    UnfinishedFiles.remove(mark)
  }

  /// Rounds to `bits` and clips; libsndfile would scale by 32767 where it reads by 32768, or truncate.
  ///
  /// - Returns: how many samples were clipped.
  private func quantise(_ samples: UnsafeBufferPointer<Float>, _ bits: Int) -> Int {
    if integers.count < samples.count { integers = Array(repeating: 0, count: samples.count) }
    let scale = Double(Int64(1) << (bits - 1))
    let shift = Int32(32 - bits)
    var clipped = 0
    for (n, x) in samples.enumerated() {
      let value = (Double(x) * scale).rounded(.toNearestOrEven)
      if value >= scale {
        if Double(x) > 1 { clipped += 1 }
        integers[n] = Int32(scale - 1) << shift
      } else if value < -scale {
        clipped += 1
        integers[n] = Int32(-scale) << shift
      } else {
        integers[n] = value.isNaN ? 0 : Int32(value) << shift
      }
    }
    return clipped
  }
}
