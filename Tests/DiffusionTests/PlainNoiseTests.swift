import Glibc
import Testing

@Suite struct PlainNoiseTests {
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
