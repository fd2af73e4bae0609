/// Repeatable numbers: xorshift.
package struct Random {
  private var state: UInt64

  package init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  package mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  /// −1…1.
  package mutating func sample() -> Float { Float(Int64(bitPattern: next()) >> 40) * 0x1p-23 }
  package mutating func below(_ limit: Int) -> Int { Int(next() >> 33) % limit }
}

/// Repeatable numbers: splitmix64.
package struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  package init(_ seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// −1..<1.
  package mutating func sample() -> Float { Float(Int(next() >> 40) - (1 << 23)) * 0x1p-23 }
  package mutating func samples(_ count: Int) -> [Float] { (0..<count).map { _ in sample() } }
  package mutating func index(below limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
