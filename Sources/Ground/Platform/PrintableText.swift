/// With U+FFFD for control characters: the text of a file, or its name, must not steer the terminal that it is printed on.
///
/// - Parameter keepingLines: whether a line's end stays one.
package func printable(_ text: String, keepingLines: Bool = false) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    let isControl = scalar.value < 0x20 && !(keepingLines && scalar == "\n") || (0x7F...0x9F).contains(scalar.value)
    result.append(isControl ? "\u{FFFD}" : scalar)
  }
  return String(result)
}
