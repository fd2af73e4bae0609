import Glibc
import Testing

@testable import Diffusion

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

  @Test func `Cosine and sine agree with the C library over the whole turn`() {
    var worst = (error: 0.0, at: UInt32(0))
    var phase: UInt32 = 0
    for _ in 0..<20000 {
      let (cosine, sine) = PlainNoise.cosineAndSine(phase: phase)
      let angle = 2 * Double.pi * Double(phase) / 4294967296
      let error = max(abs(cosine - cos(angle)), abs(sine - sin(angle)))
      if error > worst.error { worst = (error, phase) }
      phase = phase &+ 2_654_435
    }
    #expect(worst.error < 1e-12, "\(worst)")
  }

  @Test func `Quarter turns are exact`() {
    let turns: [(UInt32, Double, Double)] = [(0, 1, 0), (1 << 30, 0, 1), (2 << 30, -1, 0), (3 << 30, 0, -1)]
    for (phase, cosine, sine) in turns {
      let value = PlainNoise.cosineAndSine(phase: phase)
      #expect(value.cosine == cosine && value.sine == sine)
    }
  }
}
