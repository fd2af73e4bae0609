import Ground

/// File names are bytes, and need not be UTF-8; Swift's strings are UTF-8, and would repair them.
///
/// Here a byte that is part of no UTF-8 stands in a string as one code point of U+10FE00…U+10FEFF (private use), and goes
/// to the system as the byte that it was. A name with such a code point of its own is written byte by byte, so that
/// every name has one text, and the other way round.
package enum FileName {
  private static let first: UInt32 = 0x10FE00

  /// The text of a name's bytes.
  package static func text(_ bytes: some Collection<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    var decoder = UTF8()
    var rest = Array(bytes)[...]
    while let byte = rest.first {
      var ahead = rest.makeIterator()
      decoder = UTF8()
      if case .scalarValue(let scalar) = decoder.decode(&ahead), !(first...first + 255).contains(scalar.value) {
        text.append(scalar)
        rest = rest.dropFirst(UTF8.width(scalar))
      } else {
        text.append(Unicode.Scalar(first + UInt32(byte))!)
        rest = rest.dropFirst()
      }
    }
    return String(text)
  }

  /// The bytes of a name's text.
  package static func bytes(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if (first...first + 255).contains(scalar.value) {
        bytes.append(UInt8(scalar.value - first))
      } else {
        bytes += Array(UTF8.encode(scalar)!)
      }
    }
    return bytes
  }

  /// For JSON, which has to be UTF-8: bytes that are none become U+FFFD.
  package static func repaired(_ text: String) -> String { String(decoding: bytes(text), as: UTF8.self) }

  /// A name as the system takes it.
  package static func withCString<Result>(_ text: String, _ body: (UnsafePointer<CChar>) throws -> Result) rethrows
    -> Result
  {
    let bytes = (bytes(text) + [0]).map(CChar.init(bitPattern:))
    return try bytes.withUnsafeBufferPointer { try body($0.baseAddress!) }
  }

  /// A program's arguments, each as the text of its bytes.
  package static var arguments: [String] {
    (0..<Int(CommandLine.argc)).map { n in
      guard let argument = CommandLine.unsafeArgv[n] else { return "" }
      return text(UnsafeBufferPointer(start: argument, count: strlen(argument)).map(UInt8.init(bitPattern:)))
    }
  }

  /// What two texts have to have in common to be one name: their bytes. Swift takes a composed and a decomposed é for
  /// equal, the system does not.
  package static func isSame(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  // MARK: Parts of a path. By bytes: a combining accent that follows a slash or a dot makes one character with it.

  /// What stands behind the last slash.
  package static func last(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// What stands before the last slash; "." where there is none.
  package static func folder(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }

  /// What stands behind the last dot of the last part, in small letters; empty without one, and for ".name".
  package static func suffix(_ path: String) -> String {
    let name = last(path)
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex else { return "" }
    return String(name[name.utf8.index(after: dot)...]).lowercased()
  }

  /// The path without its suffix and the dot.
  package static func withoutSuffix(_ path: String) -> String {
    let name = last(path)
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex else { return path }
    return String(path.utf8.dropLast(name.utf8.count - name.utf8.distance(from: name.utf8.startIndex, to: dot)))!
  }
}
