/// What a browser has to know before it may look or change anything: 128 random bits of the system's generator, as 32 digits.
struct AccessToken: Sendable {
  /// Lower-case hexadecimal.
  let text: String
  private let bytes: [UInt8]

  init() {
    var generator = SystemRandomNumberGenerator()
    let halves = [generator.next(), generator.next()] as [UInt64]
    text = halves.map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
    bytes = Array(text.utf8)
  }

  /// Whether it is this one. How long that takes says nothing about where the two differ.
  func equals(_ other: some StringProtocol) -> Bool {
    let others = Array(other.utf8)
    var difference = UInt8(others.count == bytes.count ? 0 : 1)
    for n in bytes.indices { difference |= bytes[n] ^ (n < others.count ? others[n] : 0) }
    return difference == 0
  }
}
