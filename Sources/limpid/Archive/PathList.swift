import AudioFiles
import Ground

/// `enhance --files-from`: names, one a line or each ended by a zero byte.
struct PathList {
  /// As `FileName` has them.
  let names: [String]

  /// - Parameter path: "-" for standard input.
  /// - Throws: `Failure`.
  init(path: String, endsInZero: Bool) throws {
    let called = path == "-" ? "standard input" : path
    let descriptor = path == "-" ? STDIN_FILENO : FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else {
      throw Failure(.noInput, "\(called): the list of files cannot be read (\(systemReason())); check its name")
    }
    defer { if descriptor != STDIN_FILENO { close(descriptor) } }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &room, room.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw Failure(.noInput, "\(called): the list of files cannot be read (\(systemReason())); give a text file")
      }
      if count == 0 { break }
      bytes += room[..<count]
    }
    try self.init(bytes: bytes, endsInZero: endsInZero, called: called)
  }

  /// - Parameter called: what errors call it.
  init(bytes: [UInt8], endsInZero: Bool, called: String) throws {
    if !endsInZero, bytes.contains(0) {
      throw Failure(.usage, "\(called): its names are ended by zero bytes; add --null")
    }
    // A mark of UTF-8, as Windows' editors put it in front.
    let text = !endsInZero && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    var parts = text.split(separator: endsInZero ? 0 : 10)
    // Written on Windows, all lines that are ended: else it is part of a name.
    let ended = text.last == 10 ? parts : parts.dropLast()
    if !endsInZero, !ended.isEmpty, ended.allSatisfy({ $0.last == 13 }) {
      parts = parts.map { $0.last == 13 ? $0.dropLast() : $0 }.filter { !$0.isEmpty }
    }
    guard !parts.isEmpty else {
      throw Failure(.noInput, "\(called): there are no names in the list; give one a line")
    }
    names = parts.map(FileName.text)
  }
}
