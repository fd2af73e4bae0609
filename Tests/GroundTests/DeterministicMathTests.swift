import Glibc
import Ground
import Testing

@Suite struct DeterministicMathTests {
  @Test func `The exponential agrees with the C library`() {
    var worst = (error: 0.0, at: 0.0)
    for i in -4000...4000 {
      let x = Double(i) * 0.00731
      let error = abs(DeterministicMath.exponential(x) / exp(x) - 1)
      if error > worst.error { worst = (error, x) }
    }
    #expect(worst.error < 4e-16, "\(worst)")
    #expect(DeterministicMath.exponential(0) == 1)
    #expect(abs(DeterministicMath.exponential(-690) / exp(-690) - 1) < 4e-16)
  }

  @Test func `The logarithm agrees with the C library, near 1 too`() {
    var worst = (error: 0.0, at: 0.0)
    for i in 1...20000 {
      for x in [Double(i) * 0.0007, 1 - Double(i) * 0x1p-34, Double(i) * 0x1p-33] {
        let exact = log(x)
        let error = abs(DeterministicMath.logarithm(x) - exact) / max(abs(exact), 1e-300)
        if error > worst.error { worst = (error, x) }
      }
    }
    #expect(worst.error < 2e-12, "\(worst)")
    #expect(DeterministicMath.logarithm(1) == 0)
  }
}
