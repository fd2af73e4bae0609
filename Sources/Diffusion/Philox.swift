/// Philox4x32-10: a counter-based generator (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as
/// 1, 2, 3"). A pure function of counter and key; tested against the known answers of Random123 (`kat_vectors`).
enum Philox {
  typealias Words = (UInt32, UInt32, UInt32, UInt32)

  /// 128 random bits for one counter under one key.
  @_noLocks
  static func block(counter: Words, key: (UInt32, UInt32)) -> Words {
    var (c0, c1, c2, c3) = counter
    var (k0, k1) = key
    var round = 0
    while round < 10 {
      let product0 = UInt64(0xD251_1F53) &* UInt64(c0)
      let product1 = UInt64(0xCD9E_8D57) &* UInt64(c2)
      let next0 = UInt32(truncatingIfNeeded: product1 >> 32) ^ c1 ^ k0
      let next2 = UInt32(truncatingIfNeeded: product0 >> 32) ^ c3 ^ k1
      c1 = UInt32(truncatingIfNeeded: product1)
      c3 = UInt32(truncatingIfNeeded: product0)
      c0 = next0
      c2 = next2
      k0 = k0 &+ 0x9E37_79B9  // the golden ratio
      k1 = k1 &+ 0xBB67_AE85  // √3 − 1
      round += 1
    }
    return (c0, c1, c2, c3)
  }
}
