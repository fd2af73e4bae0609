/// The comments of Ogg and FLAC files: an encoder's name, and any number of texts "KEY=value".
struct VorbisComments: Sendable, Equatable {
  let vendor: [UInt8]
  let comments: [[UInt8]]

  init(vendor: [UInt8], comments: [[UInt8]]) {
    self.vendor = vendor
    self.comments = comments
  }

  /// nil for what does not hold together.
  init?(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    var at = 0
    func text() -> [UInt8]? {
      guard let count = number(), count <= bytes.count - at else { return nil }
      at += count
      return Array(bytes[(at - count)..<at])
    }
    func number() -> Int? {
      guard at + 4 <= bytes.count else { return nil }
      at += 4
      return (0..<4).reduce(0) { $0 | Int(bytes[at - 4 + $1]) << (8 * $1) }
    }
    guard let vendor = text(), let count = number() else { return nil }
    var comments: [[UInt8]] = []
    while comments.count < count {
      guard let comment = text() else { return nil }
      comments.append(comment)
    }
    self.vendor = vendor
    self.comments = comments
  }

  var bytes: [UInt8] {
    func counted(_ text: [UInt8]) -> [UInt8] { Self.number(text.count) + text }
    return counted(vendor) + Self.number(comments.count) + comments.flatMap(counted)
  }

  private static func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  /// The keys, in capitals.
  var keys: [String] {
    comments.map { String(decoding: $0.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self).uppercased() }
  }

  /// What libsndfile reads and writes; the encoder is the output's own.
  static let common: Set<String> = [
    "TITLE", "COPYRIGHT", "SOFTWARE", "ARTIST", "COMMENT", "DATE", "ALBUM", "LICENSE", "TRACKNUMBER", "GENRE",
    "ENCODER", "ENCODER_OPTIONS", "DESCRIPTION",
  ]
}
