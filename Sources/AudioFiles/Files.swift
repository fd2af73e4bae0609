import Ground

/// Files and folders by name, asked of the system.
package enum Files {
  package enum Kind: Sendable { case regular, folder, nullDevice, other }

  /// Links are followed; nil: there is nothing of that name.
  package static func kind(_ path: String) -> Kind? {
    var status = stat()
    guard FileName.withCString(path, { stat($0, &status) }) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .regular
    case S_IFDIR: return .folder
    case S_IFCHR:
      var null = stat()
      return stat("/dev/null", &null) == 0 && null.st_rdev == status.st_rdev ? .nullDevice : .other
    default: return .other
    }
  }

  /// The first bytes of a file; fewer, or none, where there are not so many or it cannot be read.
  package static func beginning(of path: String, _ count: Int) -> [UInt8] {
    kind(path) == .regular ? FileWindow(path: path)?.bytes(0, count) ?? [] : []
  }

  package static func isLink(_ path: String) -> Bool {
    var status = stat()
    return FileName.withCString(path) { lstat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  package static func isFolder(_ path: String) -> Bool { kind(path) == .folder }

  /// The path of what is there, no link in it; nil: there is nothing.
  package static func resolved(_ path: String) -> String? {
    guard let resolved = FileName.withCString(path, { realpath($0, nil) }) else { return nil }
    defer { free(resolved) }
    return FileName.text(
      UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map(UInt8.init(bitPattern:)))
  }

  /// Names in a folder, sorted by their bytes; nil where it cannot be read.
  package static func names(in folder: String) -> [String]? {
    guard let stream = FileName.withCString(folder, { opendir($0) }) else { return nil }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      let length = Int(entry.pointee.d_reclen) - MemoryLayout<dirent>.offset(of: \dirent.d_name)!
      let name = withUnsafePointer(to: &entry.pointee.d_name) { start in
        start.withMemoryRebound(to: UInt8.self, capacity: length) { bytes in
          Array(
            UnsafeBufferPointer(
              start: bytes, count: strnlen(UnsafeRawPointer(bytes).assumingMemoryBound(to: CChar.self), length)))
        }
      }
      if name != [46], name != [46, 46] { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map(FileName.text)
  }

  /// Makes a folder and those above it.
  ///
  /// - Returns: 0, or errno.
  package static func makeFolder(_ path: String) -> Int32 {
    if isFolder(path) { return 0 }
    let above = FileName.folder(path)
    if above != path, !isFolder(above) {
      let code = makeFolder(above)
      if code != 0 { return code }
    }
    let code = FileName.withCString(path) { mkdir($0, 0o777) == 0 ? 0 : errno }
    return code == EEXIST && isFolder(path) ? 0 : code
  }
}
