import Ground

/// What lies beside sound, such as pictures: written as sound files are.
package enum WholeFile {
  /// Writes a file under a temporary name beside its own, and gives it its name when it is whole. An existing one is replaced
  /// where it may be; only regular files ever are. The new one has its permissions, and a symbolic link still leads to it.
  ///
  /// - Parameters:
  ///   - path: its folder exists.
  ///   - overwrite: whether an existing file may be replaced.
  /// - Throws: `AudioFileError.exists`, `.notReplaceable`, `.unwritable`, `.writingFailed`; no file is left behind then, and an
  ///   older one is untouched.
  package static func write(_ bytes: [UInt8], to path: String, overwrite: Bool) throws(AudioFileError) {
    let target = try OutputTarget(path, overwrite: overwrite)
    let temporary = try TemporaryFile(beside: target.path, named: path, mode: target.mode)
    temporary.put(bytes, at: 0)
    try temporary.rename(to: target.path, named: path, overwrite: overwrite)
  }
}

/// Where an output lies in the end, and what it has to keep.
struct OutputTarget {
  /// The path, or what a symbolic link of that name leads to.
  let path: String
  /// The permissions of the file that is replaced; nil: there is none.
  let mode: mode_t?

  /// - Throws: `exists`, `notReplaceable`.
  init(_ path: String, overwrite: Bool) throws(AudioFileError) {
    var status = stat()
    guard FileName.withCString(path, { stat($0, &status) }) == 0 else {
      self.path = path
      mode = nil
      return
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notReplaceable(path: path) }
    guard overwrite else { throw .exists(path: path) }
    mode = status.st_mode & 0o777
    self.path = Files.resolved(path) ?? path
  }
}
