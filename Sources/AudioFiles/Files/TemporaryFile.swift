import CSndfile
import Ground

/// The file under a temporary name that libsndfile writes to, and the first thing that went wrong with it.
///
/// libsndfile forgets a failed write where an encoder holds samples back (FLAC, Ogg, MP3): a full disk would go
/// unnoticed. So the writes are ours.
final class TemporaryFile {
  let path: String
  private let descriptor: Int32
  private let mark: UnfinishedFiles.Mark
  /// Bytes in front that libsndfile does not see: for what it cannot write.
  private let reserved: Int
  private var isOpen = true
  /// errno of the first write that failed, 0 without.
  private(set) var failure: Int32 = 0

  /// - Parameters:
  ///   - finalPath: where it will lie in the end: its folder is that of the file.
  ///   - name: what errors call it.
  ///   - mode: its permissions; nil: as the process makes files.
  ///   - reserved: bytes to leave free in front.
  /// - Throws: `AudioFileError.unwritable`.
  init(beside finalPath: String, named name: String, mode: mode_t?, reserving reserved: Int = 0) throws(AudioFileError)
  {
    self.reserved = reserved
    let last = FileName.bytes(FileName.last(finalPath)).prefix(180)
    let stem = String(finalPath.utf8.dropLast(FileName.last(finalPath).utf8.count))! + ".\(FileName.text(last)).limpid-"
    while true {
      // By chance, not by number: a process of the same number (in another container, or one that was killed) may have
      // left a file in this folder.
      let path = stem + "\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
      // Known to the signal handler before it is there: it is never there unknown. Nobody else has a file of that name.
      let mark = UnfinishedFiles.add(path)
      let descriptor = FileName.withCString(path) {
        open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode == nil ? 0o666 : 0o600)
      }
      if descriptor >= 0 {
        self.path = path
        self.mark = mark
        self.descriptor = descriptor
        if let mode { _ = fchmod(descriptor, mode) }
        // Who is alive holds it: what a killed process left is known by that (`UnfinishedFiles.removeLeftovers`).
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
        _ = lseek(descriptor, off_t(reserved), SEEK_SET)
        return
      }
      let number = errno
      UnfinishedFiles.remove(mark)
      if number != EEXIST { throw .unwritable(path: name, reason: systemReason(number)) }
    }
  }

  /// Opens it for libsndfile; nil where libsndfile refuses the format. The result must be closed before this is gone.
  func openSound(_ info: inout SF_INFO) -> OpaquePointer? {
    var access = SF_VIRTUAL_IO(
      get_filelen: { TemporaryFile.from($0).length },
      seek: { sf_count_t(TemporaryFile.from($2).seek(Int($0), $1)) },
      read: { sf_count_t(Ground.read(TemporaryFile.from($2).descriptor, $0, Int($1))) },
      write: { TemporaryFile.from($2).write($0, Int($1)) },
      tell: { sf_count_t(TemporaryFile.from($0).seek(0, SEEK_CUR)) })
    return sf_open_virtual(&access, Int32(SFM_WRITE), &info, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Gives the file its final name once all of it is on the disk.
  ///
  /// - Parameters:
  ///   - name: what errors call it.
  ///   - overwrite: whether a file of that name, also one that appeared meanwhile, may go.
  ///   - before: called with where it lies, whole and on the disk, before it has its name.
  /// - Throws: `.writingFailed`, `.exists`, `.unwritable`, or what `before` throws; the file is then gone.
  func rename(
    to finalPath: String, named name: String, overwrite: Bool, before: ((String) throws(AudioFileError) -> Void)? = nil
  ) throws(AudioFileError) {
    guard isOpen else { return }
    if failure == 0, fsync(descriptor) != 0 { failure = errno }
    isOpen = false
    // A second descriptor holds the lock until the file has its name.
    let held = dup(descriptor)
    defer { if held >= 0 { close(held) } }
    if close(descriptor) != 0, failure == 0 { failure = errno }
    guard failure == 0 else {
      unlinkIt()
      UnfinishedFiles.remove(mark)
      throw .writingFailed(path: name, reason: systemReason(failure))
    }
    do throws(AudioFileError) { try before?(path) } catch {
      unlinkIt()
      UnfinishedFiles.remove(mark)
      throw error
    }
    let (result, number) = FileName.withCString(path) { path in
      FileName.withCString(finalPath) { finalPath in
        var result: Int32
        if overwrite {
          result = Ground.rename(path, finalPath)
        } else {
          // A second name, unlike a rename, never takes the place of a file.
          result = link(path, finalPath)
          if result == 0 {
            unlink(path)
          } else if errno != EEXIST {
            // A file system without links. The name was free when the writer began.
            result = Ground.rename(path, finalPath)
          }
        }
        return (result, errno)
      }
    }
    if result != 0 { unlinkIt() }
    UnfinishedFiles.remove(mark)
    guard result == 0 else {
      throw number == EEXIST
        ? .exists(path: name) : .unwritable(path: name, reason: systemReason(number))
    }
  }

  /// Takes the file away.
  func remove() {
    guard isOpen else { return }
    isOpen = false
    close(descriptor)
    unlinkIt()
    UnfinishedFiles.remove(mark)
  }

  private func unlinkIt() { _ = FileName.withCString(path) { unlink($0) } }

  /// In libsndfile's places.
  private func seek(_ offset: Int, _ whence: Int32) -> Int {
    Int(lseek(descriptor, off_t(whence == SEEK_SET ? offset + reserved : offset), whence)) - reserved
  }

  /// Bytes of the file as it lies on the disk, fewer at its end.
  func bytes(at offset: Int, _ count: Int) -> [UInt8] {
    Array(unsafeUninitializedCapacity: count) { buffer, done in
      done = 0
      while done < count {
        let got = pread(descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { break }
        done += got
      }
    }
  }

  /// Writes bytes to a place of the file as it lies on the disk; nil: behind its end. `failure` says whether it went well.
  func put(_ bytes: [UInt8], at offset: Int?) {
    guard lseek(descriptor, off_t(offset ?? 0), offset == nil ? SEEK_END : SEEK_SET) >= 0 else { return }
    _ = bytes.withUnsafeBytes { write($0.baseAddress, $0.count) }
  }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> TemporaryFile {
    Unmanaged<TemporaryFile>.fromOpaque(pointer!).takeUnretainedValue()
  }

  private var length: sf_count_t {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? sf_count_t(max(0, Int(status.st_size) - reserved)) : 0
  }

  private func write(_ bytes: UnsafeRawPointer?, _ count: Int) -> sf_count_t {
    var done = 0
    while done < count {
      let put = Ground.write(descriptor, bytes! + done, count - done)
      if put < 0, errno == EINTR { continue }
      guard put > 0 else {
        if failure == 0 { failure = put < 0 ? errno : ENOSPC }
        break
      }
      done += put
    }
    return sf_count_t(done)
  }
}
