import AudioFiles

/// What makes two paths one file: what is there, or will be there, whatever links and spellings lead to it.
struct Place: Hashable {
  /// Of the path, or of the nearest folder above it that is there; nil: not even the current folder is there any more.
  private var nearest: FileIdentity?
  /// What is not there yet, below that.
  private var rest: [[UInt8]] = []

  /// - Parameter folder: gives a folder's place; one that remembers is of use where many files have one folder.
  init(_ path: String, folder: ((String) -> Place)? = nil) {
    nearest = FileIdentity(path: path)
    let above = FileName.folder(path)
    guard nearest == nil, !FileName.isSame(above, path) else { return }
    self = folder?(above) ?? Place(above)
    append(FileName.last(path))
  }

  /// nil: nothing is there.
  var identity: FileIdentity? { rest.isEmpty ? nearest : nil }

  private mutating func append(_ name: String) {
    let name = FileName.bytes(name)
    if name == [46, 46], let last = rest.last, last != [46, 46] {
      rest.removeLast()
    } else if !name.isEmpty, name != [46] {
      rest.append(name)
    }
  }
}
