import Ground

/// What makes two paths one file, also through links: device and inode.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt
  private let inode: UInt

  /// nil when there is no such file.
  package init?(path: String) {
    var status = stat()
    guard FileName.withCString(path, { stat($0, &status) }) == 0 else { return nil }
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
  }
}

/// Whether two paths are one file, also through links; false when either is not there.
package func isSameFile(_ a: String, _ b: String) -> Bool {
  guard let first = FileIdentity(path: a), let second = FileIdentity(path: b) else { return false }
  return first == second
}
