/// Elementary functions in plain IEEE arithmetic: the same bits on every processor.
///
/// The C library's `expf`, `logf` and `sinf` choose a variant with or without fused multiply-add at run time, and
/// the variants differ in the last bit. A run must repeat to the bit wherever the same build runs, so the few
/// functions that coefficients need are written out here; the noise has its own (`NoiseBodies.h` in CKernels). Swift
/// contracts no multiply and add into one.
package enum DeterministicMath {
  private static let ln2 = 0x1.62e42fefa39efp-1

  /// e^x for |x| ≤ 700; relative error below 4e-16 (tested).
  ///
  /// e^x = 2^k e^r, |r| ≤ ln2 / 2: Taylor to r^13 leaves (ln2/2)^14 / 14! = 4e-18.
  @_noLocks
  package static func exponential(_ x: Double) -> Double {
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
  package static func logarithm(_ x: Double) -> Double {
    precondition(x >= 0x1p-1022, "logarithm takes a positive number")
    let bits = x.bitPattern
    var k = Double(Int(bits >> 52) - 1023)
    var m = Double(bitPattern: (bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000)
    if m >= 1.4142135623730951 { (k, m) = (k + 1, m * 0.5) }
    let s = (m - 1) / (m + 1)
    let q = s * s
    var sum = 1 / 11.0 + q * (1 / 13.0)
    sum = 1 / 9.0 + q * sum
    sum = 1 / 7.0 + q * sum
    sum = 1 / 5.0 + q * sum
    sum = 1 / 3.0 + q * sum
    return k * ln2 + 2 * (s + s * (q * sum))
  }
}
