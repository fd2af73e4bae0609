import CSndfile
import Glibc

/// The file under a temporary name that libsndfile writes to, and the first thing that went wrong with it.
///
/// libsndfile forgets a failed write where an encoder holds samples back (FLAC, Ogg, MP3): a full disk would go
/// unnoticed. So the writes are ours.
final class TemporaryFile {
  let path: String
  private let descriptor: Int32
  private let mark: UnfinishedFiles.Mark
  private var isOpen = true
  /// errno of the first write that failed, 0 without.
  private(set) var failure: Int32 = 0

  /// - Throws: `AudioFileError.unwritable`, with the final path.
  init(beside finalPath: String) throws(AudioFileError) {
    let cut = finalPath.lastIndex(of: "/").map { finalPath.index(after: $0) } ?? finalPath.startIndex
    let name = String(decoding: finalPath[cut...].utf8.prefix(180), as: UTF8.self)
    path = finalPath[..<cut] + ".\(name).limpid-\(getpid())-\(UnfinishedFiles.nextNumber()).tmp"
    // Known to the signal handler before it is there: it is never there unknown.
    mark = UnfinishedFiles.add(path)
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let reason = systemReason()
      UnfinishedFiles.remove(mark)
      throw .unwritable(path: finalPath, reason: reason)
    }
  }

  /// Opens it for libsndfile; nil where libsndfile refuses the format. The result must be closed before this is gone.
  func openSound(_ info: inout SF_INFO) -> OpaquePointer? {
    var access = SF_VIRTUAL_IO(
      get_filelen: { TemporaryFile.from($0).length },
      seek: { sf_count_t(lseek(TemporaryFile.from($2).descriptor, off_t($0), $1)) },
      read: { sf_count_t(Glibc.read(TemporaryFile.from($2).descriptor, $0, Int($1))) },
      write: { TemporaryFile.from($2).write($0, Int($1)) },
      tell: { sf_count_t(lseek(TemporaryFile.from($0).descriptor, 0, SEEK_CUR)) })
    return sf_open_virtual(&access, Int32(SFM_WRITE), &info, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Gives the file its final name once all of it is on the disk.
  ///
  /// - Parameter overwrite: whether a file of that name, also one that appeared meanwhile, may go.
  /// - Throws: `.writingFailed`, `.exists`, `.unwritable`; the file is then gone.
  func rename(to finalPath: String, overwrite: Bool) throws(AudioFileError) {
    guard isOpen else { return }
    if failure == 0, fsync(descriptor) != 0 { failure = errno }
    isOpen = false
    if close(descriptor) != 0, failure == 0 { failure = errno }
    guard failure == 0 else {
      unlink(path)
      UnfinishedFiles.remove(mark)
      throw .writingFailed(path: finalPath, reason: systemReason(failure))
    }
    var result: Int32
    if overwrite {
      result = Glibc.rename(path, finalPath)
    } else {
      // A second name, unlike a rename, never takes the place of a file.
      result = link(path, finalPath)
      if result == 0 {
        unlink(path)
      } else if errno != EEXIST {
        // A file system without links. The name was free when the writer began.
        result = Glibc.rename(path, finalPath)
      }
    }
    let number = errno
    if result != 0 { unlink(path) }
    UnfinishedFiles.remove(mark)
    guard result == 0 else {
      throw number == EEXIST
        ? .exists(path: finalPath) : .unwritable(path: finalPath, reason: systemReason(number))
    }
  }

  /// Takes the file away.
  func remove() {
    guard isOpen else { return }
    isOpen = false
    close(descriptor)
    unlink(path)
    UnfinishedFiles.remove(mark)
  }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> TemporaryFile {
    Unmanaged<TemporaryFile>.fromOpaque(pointer!).takeUnretainedValue()
  }

  private var length: sf_count_t {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? sf_count_t(status.st_size) : 0
  }

  private func write(_ bytes: UnsafeRawPointer?, _ count: Int) -> sf_count_t {
    var done = 0
    while done < count {
      let put = Glibc.write(descriptor, bytes! + done, count - done)
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
