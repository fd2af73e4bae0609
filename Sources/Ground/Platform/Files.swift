/// What the system says of an error number, of the newest one by default: "No such file or directory".
package func systemReason(_ number: Int32 = errno) -> String { String(cString: strerror(number)) }

/// Why a file could not be read or written as a whole.
package enum FileFailure: Error, Equatable, Sendable {
  case missing
  /// A folder, a pipe, a device.
  case notRegular
  case tooLarge(bytes: Int)
  /// What the system said.
  case refused(reason: String)
}

/// Bytes of a regular file; nil for anything else and where there is none.
package func regularFileSize(_ path: String) -> Int? {
  var status = stat()
  guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
  return Int(status.st_size)
}

/// The whole of a regular file.
///
/// - Parameter limit: bytes of the largest file that is read.
/// - Throws: any `FileFailure`.
package func readFile(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)  // a pipe without a writer must not hang us
  guard descriptor >= 0 else {
    if errno == ENOENT || errno == ENOTDIR { throw .missing }
    throw .refused(reason: systemReason())
  }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw .refused(reason: systemReason()) }
  guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
  let size = Int(status.st_size)
  guard size <= limit else { throw .tooLarge(bytes: size) }
  var failure: Int32 = 0
  let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
    initialized = 0
    while initialized < size {
      let count = read(descriptor, buffer.baseAddress! + initialized, size - initialized)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { failure = errno }
      if count <= 0 { return }
      initialized += count
    }
  }
  if failure != 0 { throw .refused(reason: systemReason(failure)) }
  return bytes
}

/// Where a file lies until it is whole: beside its own name, also where that is as long as a name may be, 255 bytes.
private func temporaryPath(_ path: String) -> String {
  let suffix = ".\(getpid()).part"
  let start = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.utf8.startIndex
  let name = path.utf8[start...]
  guard name.count + suffix.utf8.count > 255 else { return path + suffix }
  // By chance, as long names may begin alike.
  let number = String(UInt64.random(in: .min ... .max), radix: 36)
  return String(path[..<start]) + String(decoding: name.prefix(180), as: UTF8.self) + "-\(number)\(suffix)"
}

/// Writes a file under a temporary name beside `path`, then renames it: it is whole or not there.
///
/// - Parameter isPrivate: whether only its owner may read it.
/// - Throws: `refused`; then no file is left behind and an older one is untouched.
package func replaceFile(
  _ path: String, with bytes: [UInt8], isPrivate: Bool = false
) throws(FileFailure) {
  let temporary = temporaryPath(path)
  unlink(temporary)  // left by a process of the same number that was killed
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isPrivate ? 0o600 : 0o644)
  guard descriptor >= 0 else { throw .refused(reason: systemReason()) }
  var failure: Int32 = 0
  bytes.withUnsafeBytes { raw in
    var written = 0
    while written < raw.count && failure == 0 {
      let count = write(descriptor, raw.baseAddress! + written, raw.count - written)
      if count < 0 && errno != EINTR { failure = errno }
      if count > 0 { written += count }
    }
  }
  if failure == 0 && fsync(descriptor) != 0 && errno != EINVAL { failure = errno }
  if close(descriptor) != 0 && failure == 0 { failure = errno }
  if failure == 0 && rename(temporary, path) != 0 { failure = errno }
  if failure != 0 {
    unlink(temporary)
    throw .refused(reason: systemReason(failure))
  }
}
