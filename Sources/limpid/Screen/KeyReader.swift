/// Takes keys out of the bytes that a terminal sends. Arrows, function keys and the like come as several bytes, some of
/// them digits and letters: those are no keys.
struct KeyReader {
  private enum Place { case ground, escape, sequence, oneMore }
  private var place = Place.ground

  /// The key that a byte is; nil for a part of something longer.
  mutating func key(_ byte: UInt8) -> Character? {
    switch place {
    case .ground:
      if byte == 0x1B { place = .escape }
      return byte == 0x1B || byte >= 0x80 ? nil : Character(UnicodeScalar(byte))
    case .escape:
      // ESC [ … up to a letter or ~; ESC O and one more; anything else is a key held together with Alt.
      place = byte == UInt8(ascii: "[") ? .sequence : byte == UInt8(ascii: "O") ? .oneMore : .ground
    case .sequence:
      if (0x40...0x7E).contains(byte) { place = .ground }
    case .oneMore:
      place = .ground
    }
    return nil
  }

  /// Nothing came for a while: what has begun was the key Esc alone.
  mutating func pause() { place = .ground }
}
