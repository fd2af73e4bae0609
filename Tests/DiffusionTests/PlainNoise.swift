import Ground

@testable import Diffusion

/// The noise of `CounterNoise` one bin at a time, as its definition reads: what the kernel is held to, bit by bit.
enum PlainNoise {
  static func fill(seed: UInt64, frameIndex: Int, step: Int, binCount: Int) -> [Float] {
    let key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    let frame = (UInt32(truncatingIfNeeded: frameIndex), UInt32(truncatingIfNeeded: frameIndex >> 32))
    return (0..<binCount).flatMap { bin -> [Float] in
      let words = Philox.block(counter: (frame.0, frame.1, UInt32(step), UInt32(bin / 2)), key: key)
      let (radius, phase) = bin % 2 == 0 ? (words.0, words.1) : (words.2, words.3)
      // u is in the middle of its 2^−32, so never 0.
      let u = (Double(radius) + 0.5) * 0x1p-32
      let r = squareRoot(-DeterministicMath.logarithm(u))
      let (cosine, sine) = cosineAndSine(phase: phase)
      return [Float(r * cosine), Float(r * sine)]
    }
  }

  /// cos and sin of 2π · phase / 2^32; absolute error below 1e-12 (tested).
  ///
  /// The phase is reduced to an eighth of a turn in integers, exactly; Taylor to x^12 and x^13 leaves
  /// (π/4)^14 / 14! = 4e-13.
  static func cosineAndSine(phase: UInt32) -> (cosine: Double, sine: Double) {
    let quarter = (phase &+ 0x2000_0000) >> 30
    // 2π / 2^32: one unit of the phase in radians.
    let x = Double(Int32(bitPattern: phase &- (quarter << 30))) * (0x1.921fb54442d18p2 * 0x1p-32)
    let q = x * x
    let c = polynomial(q, [1, -1 / 2.0, 1 / 24.0, -1 / 720.0, 1 / 40320.0, -1 / 3628800.0, 1 / 479001600.0])
    let s = x * polynomial(q, [1, -1 / 6.0, 1 / 120.0, -1 / 5040.0, 1 / 362880.0, -1 / 39916800.0, 1 / 6227020800.0])
    switch quarter {
    case 0: return (c, s)
    case 1: return (-s, c)
    case 2: return (-c, -s)
    default: return (s, -c)
    }
  }

  /// a + q (b + q (c + …)), from the inside out.
  private static func polynomial(_ q: Double, _ terms: [Double]) -> Double {
    terms.dropLast().reversed().reduce(terms.last!) { $1 + q * $0 }
  }
}

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
