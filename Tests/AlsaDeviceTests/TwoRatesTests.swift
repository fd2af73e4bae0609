import Glibc
import Synchronization
import Testing

@testable import AlsaDevice

/// A microphone and a loudspeaker that have no rate in common, with clocks of their own besides.
@Suite struct TwoRatesTests {
  static let rates = [(16_000, 48_000), (44_100, 48_000), (48_000, 44_100), (48_000, 16_000)]

  /// A sine comes out as that sine at the other rate, later by what is stated, with nothing missing.
  @Test(arguments: rates, [-120.0, 0, 150]) func `two rates are bridged`(rates: (Int, Int), ppm: Double) {
    let (rate, outputRate) = rates
    let bench = Bench(rate: rate)
    let frequency = 1000.0
    bench.input.signal = { n, _ in Float(0.5 * sin(2 * Double.pi * frequency * Double(n) / Double(rate))) }
    bench.output.drift = { _ in ppm }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: false, outputRate: outputRate)
    _ = loop.start()
    var latencies: [Int] = []
    for _ in 0..<(30 * rate / 256) {
      #expect(loop.step() == nil)
      latencies.append(bench.report.latency.load(ordering: .relaxed))
    }
    #expect(bench.output.underruns == 0 && bench.report.xruns.load(ordering: .relaxed) == 0)
    #expect(latencies.suffix(500).allSatisfy { abs($0 - loop.latency) <= 2 })
    #expect(abs(bench.trueDelay(loop) - loop.control.target) < 2)
    #expect(abs(loop.control.drift - ppm) < 10, "\(loop.control.drift)")
    // The last second: at the loudspeaker's rate and clock it is the sine of the microphone's.
    let second = bench.output.played.suffix(outputRate)
    let step = 2 * Double.pi * frequency / (Double(outputRate) * (1 + ppm * 1e-6))
    var (sine, cosine, energy) = (0.0, 0.0, 0.0)
    for (n, sample) in second.enumerated() {
      sine += Double(sample) * sin(step * Double(n))
      cosine += Double(sample) * cos(step * Double(n))
      energy += Double(sample) * Double(sample)
    }
    let part = 2 * (sine * sine + cosine * cosine) / Double(outputRate)
    #expect(abs(energy / Double(outputRate) - 0.125) < 0.001)
    // Positions are whole samples, so the loop swings by microseconds within the second.
    #expect(10 * log10(max(1e-12, 1 - part / energy)) < -34, "\(10 * log10(max(1e-12, 1 - part / energy))) dB")
  }

  /// What the lower rate has no room for does not fold back.
  @Test func `what is above the lower rate's band is left out`() {
    let bench = Bench(rate: 48_000)
    bench.input.signal = { n, _ in Float(0.5 * sin(2 * Double.pi * 11_000 * Double(n) / 48_000)) }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: false, outputRate: 16_000)
    _ = loop.start()
    for _ in 0..<1000 { _ = loop.step() }
    let rest = bench.output.played.suffix(8000).reduce(0) { max($0, abs($1)) }
    #expect(rest < 0.5e-4, "\(20 * log10(rest / 0.5)) dB")
  }

  /// Without a clock, as with a file for a microphone: as many samples as the rates say.
  @Test func `a file of one rate is played at another one`() {
    let bench = Bench(rate: 16_000)
    bench.input.signal = { _, _ in 0.25 }
    bench.input.fileLength = 16_000
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: false, clocks: (false, false), outputRate: 48_000)
    #expect(loop.run() == .inputEnded)
    let sound = bench.output.played.filter { $0 > 0.2 }.count
    #expect(abs(sound - 48_000) < 24 * 3, "\(sound)")
  }

  @Test func `two rates of one device are two clocks to the loop`() {
    let bench = Bench(rate: 16_000)
    var loop = bench.loop(hasOneClock: true, outputRate: 48_000)
    #expect(!loop.hasOneClock && loop.primed == 3 * 768 && loop.latency == 3 * 256 + 24)
    _ = loop.start()
    for _ in 0..<1000 { #expect(loop.step() == nil) }
    #expect(abs(loop.control.drift) < 6 && bench.output.underruns == 0)
  }
}
