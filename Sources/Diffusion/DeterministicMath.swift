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
  static func logarithm(_ x: Double) -> Double { logarithm(SIMD2(x, x))[0] }

  /// ln of two numbers at once: the noise comes in pairs. Each lane does what it would do alone.
  @_noLocks @inline(__always)
  static func logarithm(_ x: SIMD2<Double>) -> SIMD2<Double> {
    let (k0, m0) = exponentAndMantissa(x[0])
    let (k1, m1) = exponentAndMantissa(x[1])
    let m = SIMD2(m0, m1)
    let s = (m - 1) / (m + 1)
    let q = s * s
    let tail = q * polynomial(q, 1 / 3.0, 1 / 5.0, 1 / 7.0, 1 / 9.0, 1 / 11.0, 1 / 13.0)
    let whole = 2 * (s + s * tail)
    return SIMD2(k0, k1) * ln2 + whole
  }

  /// a + q (b + q (c + …)), from the inside out.
  @_noLocks @inline(__always)
  private static func polynomial(
    _ q: SIMD2<Double>, _ a: Double, _ b: Double, _ c: Double, _ d: Double, _ e: Double, _ f: Double
  ) -> SIMD2<Double> {
    var sum = SIMD2(repeating: e) + q * f
    sum = SIMD2(repeating: d) + q * sum
    sum = SIMD2(repeating: c) + q * sum
    sum = SIMD2(repeating: b) + q * sum
    return SIMD2(repeating: a) + q * sum
  }

  @_noLocks @inline(__always)
  private static func polynomial(
    _ q: SIMD2<Double>, _ a: Double, _ b: Double, _ c: Double, _ d: Double, _ e: Double, _ f: Double, _ g: Double
  ) -> SIMD2<Double> { SIMD2(repeating: a) + q * polynomial(q, b, c, d, e, f, g) }

  /// x = 2^k m with m in [√½, √2).
  @_noLocks @inline(__always)
  private static func exponentAndMantissa(_ x: Double) -> (k: Double, m: Double) {
    precondition(x >= 0x1p-1022, "logarithm takes a positive number")
    let bits = x.bitPattern
    let k = Double(Int(bits >> 52) - 1023)
    let m = Double(bitPattern: (bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000)
    return m >= 1.4142135623730951 ? (k + 1, m * 0.5) : (k, m)
  }

  /// cos and sin of 2π · phase / 2^32; absolute error below 1e-12 (tested).
  ///
  /// The phase is reduced to an eighth of a turn in integers, exactly; Taylor to x^12 and x^13 leaves
  /// (π/4)^14 / 14! = 4e-13.
  @_noLocks
  static func cosineAndSine(phase: UInt32) -> (cosine: Double, sine: Double) {
    let (cosine, sine) = cosineAndSine(phases: (phase, phase))
    return (cosine[0], sine[0])
  }

  /// cos and sin of two phases at once; each lane does what it would do alone.
  @_noLocks @inline(__always)
  static func cosineAndSine(phases: (UInt32, UInt32)) -> (cosine: SIMD2<Double>, sine: SIMD2<Double>) {
    let quarter0 = (phases.0 &+ 0x2000_0000) >> 30
    let quarter1 = (phases.1 &+ 0x2000_0000) >> 30
    let x =
      SIMD2(
        Double(Int32(bitPattern: phases.0 &- (quarter0 << 30))),
        Double(Int32(bitPattern: phases.1 &- (quarter1 << 30)))) * radiansPerPhaseUnit
    let q = x * x
    let c = polynomial(q, 1, -1 / 2.0, 1 / 24.0, -1 / 720.0, 1 / 40320.0, -1 / 3628800.0, 1 / 479001600.0)
    let s = x * polynomial(q, 1, -1 / 6.0, 1 / 120.0, -1 / 5040.0, 1 / 362880.0, -1 / 39916800.0, 1 / 6227020800.0)
    let (cosine0, sine0) = turned(c[0], s[0], by: quarter0)
    let (cosine1, sine1) = turned(c[1], s[1], by: quarter1)
    return (SIMD2(cosine0, cosine1), SIMD2(sine0, sine1))
  }

  /// (cos, sin) moved on by so many quarters of a turn; without a branch, which random phases would mispredict.
  @_noLocks @inline(__always)
  private static func turned(_ c: Double, _ s: Double, by quarter: UInt32) -> (Double, Double) {
    let swapped = UInt64(0) &- UInt64(quarter & 1)
    let difference = (c.bitPattern ^ s.bitPattern) & swapped
    // Quarters 1 and 2 have a negative cosine, 2 and 3 a negative sine.
    let cosineSign = UInt64((quarter &+ 1) >> 1 & 1) << 63
    let sineSign = UInt64(quarter >> 1) << 63
    return (
      Double(bitPattern: c.bitPattern ^ difference ^ cosineSign),
      Double(bitPattern: s.bitPattern ^ difference ^ sineSign)
    )
  }

  /// The square root, correctly rounded by IEEE 754, so the same everywhere; one instruction, no allocation, no lock.
  @_semantics("no_performance_analysis") @inline(__always)
  static func squareRoot(_ x: Double) -> Double { x.squareRoot() }

  /// The square roots of two numbers.
  @_semantics("no_performance_analysis") @inline(__always)
  static func squareRoot(_ x: SIMD2<Double>) -> SIMD2<Double> { x.squareRoot() }
}
