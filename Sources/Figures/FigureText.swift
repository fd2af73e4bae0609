/// Text that a picture can show, whatever a file is called.
package enum FigureText {
  /// Controls, line ends and what turns the direction of text become U+FFFD; so do code points of private use.
  package static func shown(_ text: String) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
        shown.append("\u{FFFD}")
      default: shown.append(scalar)
      }
    }
    return String(shown)
  }

  /// `text` as it fits, its middle left out where it must be.
  ///
  /// - Parameter fits: whether a text has room.
  package static func shortened(_ text: String, fits: (String) -> Bool) -> String {
    if fits(text) { return text }
    let characters = Array(text)
    var (low, high) = (0, characters.count)  // characters kept that fit, and that do not
    func kept(_ count: Int) -> String {
      String(characters.prefix((count + 1) / 2)) + "…" + String(characters.suffix(count / 2))
    }
    while high - low > 1 {
      let middle = (low + high) / 2
      if fits(kept(middle)) { low = middle } else { high = middle }
    }
    return kept(low)
  }
}
