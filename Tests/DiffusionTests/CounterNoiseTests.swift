import Ground
import KernelLevels
import Testing

@testable import Diffusion

@Suite struct CounterNoiseTests {
  func draw(_ noise: CounterNoise, _ frame: Int, _ step: Int, _ bins: Int = 160) -> [Float] {
    [Float](unsafeUninitializedCapacity: 2 * bins) { buffer, count in
      noise.fill(frameIndex: frame, step: step, binCount: bins, into: buffer.baseAddress!)
      count = 2 * bins
    }
  }

  /// Random123 1.14, tests/kat_vectors, the lines `philox4x32 10`.
  @Test func `Philox gives the known answers of Random123`() {
    let all = UInt32.max
    #expect(
      Philox.block(counter: (0, 0, 0, 0), key: (0, 0)) == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    )
    #expect(
      Philox.block(counter: (all, all, all, all), key: (all, all))
        == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox.block(
        counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: (0xa409_3822, 0x299f_31d0))
        == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func `Noise agrees with an independent implementation`() {
    atEveryKernelLevel {
      let golden = Golden.shared.manifest
      for entry in golden.counterNoise {
        let values = draw(CounterNoise(seed: UInt64(entry.seed)!), entry.frame, entry.step)
        let worst = zip(values, Golden.array(entry.name)).map { abs($0 - $1) }.max()!
        #expect(worst <= golden.tolerance.counterNoise, "\(entry.name): \(worst)")
      }
    }
  }

  /// The hash pins the bits across processors, optimisation levels and releases: change it only knowingly, because
  /// it changes every output that has noise in it.
  @Test func `The bits never change`() {
    atEveryKernelLevel {
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for frame in 0..<20 {
        for value in draw(CounterNoise(seed: 20_240_611), frame, frame % 8) {
          hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3
        }
      }
      #expect(hash == 0xb116_a5c5_21be_c587, "\(String(hash, radix: 16))")
    }
  }

  @Test(arguments: [1, 2, 3, 15, 16, 17, 160, 161])
  func `The kernel is the plain definition to the bit and writes no more than it is asked for`(bins: Int) {
    atEveryKernelLevel {
      for (seed, frame, step) in [(0, 0, 0), (UInt64.max, 1 << 40, 7), (20_240_611, 12345, 3)] {
        var values = [Float](repeating: -9, count: 2 * bins + 64)
        CounterNoise(seed: seed).fill(frameIndex: frame, step: step, binCount: bins, into: &values)
        let plain = PlainNoise.fill(seed: seed, frameIndex: frame, step: step, binCount: bins)
        #expect(values[..<(2 * bins)].map(\.bitPattern) == plain.map(\.bitPattern))
        #expect(values[(2 * bins)...].allSatisfy { $0 == -9 })
      }
    }
  }

  @Test func `Any order of frames and steps gives the same noise`() {
    let noise = CounterNoise(seed: 5)
    let forward = (0..<30).map { draw(noise, $0 / 3, $0 % 3) }
    let backward = (0..<30).reversed().map { draw(CounterNoise(seed: 5), $0 / 3, $0 % 3) }
    #expect(forward == backward.reversed())
  }

  @Test func `Frames, steps and seeds have noise of their own`() {
    var seen = Set<[Float]>()
    for seed: UInt64 in [0, 1, 1 << 32] {
      for frame in [0, 1, 1 << 32] {
        for step in 0..<4 { seen.insert(draw(CounterNoise(seed: seed), frame, step)) }
      }
    }
    #expect(seen.count == 36)
  }

  @Test func `An odd number of bins is the beginning of an even one`() {
    let noise = CounterNoise(seed: 9)
    #expect(draw(noise, 3, 1, 7) == Array(draw(noise, 3, 1, 8).prefix(14)))
    #expect(draw(noise, 3, 1, 1) == Array(draw(noise, 3, 1, 160).prefix(2)))
    #expect(draw(noise, 3, 1, 0).isEmpty)
  }

  /// 96 000 numbers; the bounds are about five standard errors.
  @Test func `Noise is circular complex normal with unit power`() {
    let noise = CounterNoise(seed: 1)
    var (count, power, real, imaginary) = (0.0, 0.0, 0.0, 0.0)
    var (squareReal, squareImaginary, fourth, lag) = (0.0, 0.0, 0.0, 0.0)
    var powers: [Double] = []
    for frame in 0..<300 {
      for step in 0..<2 {
        let values = draw(noise, frame, step).map(Double.init)
        var previous = (0.0, 0.0)
        for bin in 0..<160 {
          let (a, b) = (values[2 * bin], values[2 * bin + 1])
          count += 1
          power += a * a + b * b
          (real, imaginary) = (real + a, imaginary + b)
          squareReal += a * a - b * b  // Re z²
          squareImaginary += 2 * a * b  // Im z²
          fourth += a * a * a * a
          lag += a * previous.0 + b * previous.1
          previous = (a, b)
          powers.append(a * a + b * b)
        }
      }
    }
    #expect(abs(power / count - 1) < 0.016)
    #expect(abs(real / count) < 0.0115 && abs(imaginary / count) < 0.0115)
    #expect(abs(squareReal / count) < 0.016 && abs(squareImaginary / count) < 0.016)
    #expect(abs(fourth / count - 0.75) < 0.04)  // 3 (½)²
    #expect(abs(lag / count) < 0.0115)
    // |z|² is exponential: Kolmogorov and Smirnov, 1.95 / √n at the 0.1 % level.
    powers.sort()
    var distance = 0.0
    for (i, value) in powers.enumerated() {
      let cumulative = 1 - DeterministicMath.exponential(-value)
      distance = max(distance, abs(cumulative - (Double(i) + 0.5) / count))
    }
    #expect(distance < 1.95 / count.squareRoot())
  }

  @Test func `Negative indices are a caller's mistake`() async {
    await #expect(processExitsWith: .failure) {
      var value: Float = 0
      CounterNoise(seed: 0).fill(frameIndex: -1, step: 0, binCount: 0, into: &value)
    }
    await #expect(processExitsWith: .failure) {
      var value: Float = 0
      CounterNoise(seed: 0).fill(frameIndex: 0, step: -1, binCount: 0, into: &value)
    }
  }
}
