/// Elementary functions in plain IEEE arithmetic: the same bits on every processor.
///
/// The C library's `expf`, `logf` and `sinf` choose a variant with or without fused multiply-add at run time, and
/// the variants differ in the last bit. A run must repeat to the bit wherever the same build runs, so the few
/// functions that noise and coefficients need are written out here. Swift contracts no multiply and add into one.
enum DeterministicMath {
  static let ln2 = 0x1.62e42fefa39efp-1
  /// 2π / 2^32: one unit of a 32-bit phase in radians.
  static let radiansPerPhaseUnit = 0x1.921fb54442d18p2 * 0x1p-32

  /// e^x for |x| ≤ 700; relative error below 4e-16 (tested).
  ///
  /// e^x = 2^k e^r, |r| ≤ ln2 / 2: Taylor to r^13 leaves (ln2/2)^14 / 14! = 4e-18.
  @_noLocks
  static func exponential(_ x: Double) -> Double {
    precondition(x >= -700 && x <= 700, "exponential takes a number from -700 to 700")
    let k = Int(x / ln2 + (x < 0 ? -0.5 : 0.5))
    // ln2 in two parts, the first with enough trailing zeros for k * ln2High to be exact (fdlibm's constants).
    let r = (x - Double(k) * 0x1.62e42feep-1) - Double(k) * 0x1.a39ef35793c76p-33
    var sum = 1.0
    var n = 13.0
    while n >= 1 {
      sum = 1 + sum * r / n
      n -= 1
    }
    return sum * Double(bitPattern: UInt64(k + 1023) << 52)
  }

  /// ln x for a positive, normal x; relative error below 2e-12 (tested).
  ///
  /// x = 2^k m, m in [√½, √2): ln m = 2 artanh s, s = (m-1)/(m+1), |s| ≤ 0.172; seven terms leave 2 s^15 / 15 = 4e-13.
  @_noLocks
  static func logarithm(_ x: Double) -> Double {
    precondition(x >= 0x1p-1022, "logarithm takes a positive number")
    let bits = x.bitPattern
    var k = Int(bits >> 52) - 1023
    var m = Double(bitPattern: (bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000)
    if m >= 1.4142135623730951 {
      m *= 0.5
      k += 1
    }
    let s = (m - 1) / (m + 1)
    let q = s * s
    let tail = q * (1 / 3.0 + q * (1 / 5.0 + q * (1 / 7.0 + q * (1 / 9.0 + q * (1 / 11.0 + q * (1 / 13.0))))))
    return Double(k) * ln2 + 2 * (s + s * tail)
  }

  /// cos and sin of 2π · phase / 2^32; absolute error below 1e-12 (tested).
  ///
  /// The phase is reduced to an eighth of a turn in integers, exactly; Taylor to x^12 and x^13 leaves
  /// (π/4)^14 / 14! = 4e-13.
  @_noLocks
  static func cosineAndSine(phase: UInt32) -> (cosine: Double, sine: Double) {
    let quarter = (phase &+ 0x2000_0000) >> 30
    let x = Double(Int32(bitPattern: phase &- (quarter << 30))) * radiansPerPhaseUnit
    let q = x * x
    let c4 = 1 / 40320.0 + q * (-1 / 3628800.0 + q * (1 / 479001600.0))
    let c = 1 + q * (-1 / 2.0 + q * (1 / 24.0 + q * (-1 / 720.0 + q * c4)))
    let s4 = 1 / 362880.0 + q * (-1 / 39916800.0 + q * (1 / 6227020800.0))
    let s = x * (1 + q * (-1 / 6.0 + q * (1 / 120.0 + q * (-1 / 5040.0 + q * s4))))
    switch quarter {
    case 0: return (c, s)
    case 1: return (-s, c)
    case 2: return (-c, -s)
    default: return (s, -c)
    }
  }

  /// The square root, correctly rounded by IEEE 754, so the same everywhere; one instruction, no allocation, no lock.
  @_semantics("no_performance_analysis") @inline(__always)
  static func squareRoot(_ x: Double) -> Double { x.squareRoot() }
}
