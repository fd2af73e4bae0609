import Glibc
import HeapCounter
import Realtime
import Synchronization
import Testing

@testable import AlsaDevice

/// Input and output with clocks of their own.
@Suite struct TwoClocksTests {
  @Test(arguments: [-200.0, -35, 0, 120, 200]) func `two clocks stay in step`(ppm: Double) {
    let bench = Bench(rate: 16000)
    bench.output.drift = { _ in ppm }
    var loop = bench.loop(hasOneClock: false)
    #expect(loop.latency == 3 * 256 + 24)
    _ = loop.start()
    var latencies: [Int] = []
    for _ in 0..<(40 * 16000 / 256) {
      #expect(loop.step() == nil)
      latencies.append(bench.report.latency.load(ordering: .relaxed))
    }
    #expect(bench.output.underruns == 0)
    #expect(latencies.allSatisfy { abs($0 - loop.latency) <= 8 }, "from the first block on")
    #expect(latencies.suffix(1000).allSatisfy { abs($0 - loop.latency) <= 1 })
    // Positions are whole samples, 62 µs: the loop swings within one.
    #expect(abs(loop.control.drift - ppm) < 6)
    #expect(bench.events.count == 1, "\(bench.events)")
    guard case .clockDrift(let told) = bench.events.first else { return #expect(Bool(false), "no drift was told") }
    #expect(abs(told - ppm) < 6)
  }

  /// Ten minutes, the output's clock from −200 to +200 ppm and back: no heap call, no interruption, the latency stays.
  @Test func `a ramp of the clocks over ten minutes`() {
    let bench = Bench(rate: 8000)
    bench.output.drift = { 200 * sin(2 * Double.pi * ($0 - 150) / 600) }
    // Wake-ups up to half a period late, positions in steps of 16 samples.
    bench.input.lateness = { Double($0 * 7919 % 97) / 97 * 0.016 }
    bench.input.granularity = 16
    bench.output.granularity = 16
    var loop = bench.loop(hasOneClock: false)
    let latency = Double(loop.latency)
    _ = loop.start()
    for _ in 0..<500 { _ = loop.step() }
    var worst = 0.0
    var sum = 0.0
    var count = 0.0
    let before = heap_call_count()
    for _ in 500..<(600 * 8000 / 256) {
      guard loop.step() == nil else { break }
      // The true delay, which the loop sees in steps only: right after a block was read and written.
      let there = bench.input.position - bench.input.readUpTo
      let inResampler = 24 - loop.resampler.fractionWaiting
      let error = there + inResampler + bench.output.queued - latency
      worst = max(worst, abs(error))
      sum += error
      count += 1
    }
    let after = heap_call_count()
    #expect(after == before)
    #expect(count > 18_000)
    #expect(bench.output.underruns == 0)
    #expect(bench.events.filter { $0 == .xrun }.isEmpty)
    #expect(worst < 256 / 8, "\(worst): within a fraction of a period")
    #expect(abs(sum / count) < 8, "\(sum / count): constant on average, up to half a step of the positions")
  }

  @Test func `an xrun starts both anew with the same latency`() {
    let bench = Bench(rate: 16000)
    bench.output.drift = { _ in 150 }
    bench.output.faults = [500: EPIPE]
    bench.input.faults = [900: EPIPE]
    bench.input.lateness = { $0 == 1200 ? 0.3 : 0 }
    var loop = bench.loop(hasOneClock: false)
    _ = loop.start()
    for n in 0..<2000 {
      #expect(loop.step() == nil)
      if n > 300 { #expect(abs(bench.report.latency.load(ordering: .relaxed) - loop.latency) <= 2, "\(n)") }
    }
    #expect(bench.report.xruns.load(ordering: .relaxed) == 3)
    #expect(bench.output.primes == 4)
    #expect(abs(loop.control.drift - 150) < 6, "what was learnt is kept")
  }

  /// A loudspeaker that swallowed a moment without saying so: one step, counted, instead of a bend of the pitch.
  @Test(arguments: [-700.0, 900]) func `a jump of a position is set right at once`(samples: Double) {
    let bench = Bench(rate: 16000)
    var loop = bench.loop(hasOneClock: false, periods: 6)
    _ = loop.start()
    for _ in 0..<500 { _ = loop.step() }
    bench.output.written += samples
    for _ in 0..<5 { #expect(loop.step() == nil) }
    #expect(abs(bench.report.latency.load(ordering: .relaxed) - loop.latency) <= 1)
    #expect(bench.report.xruns.load(ordering: .relaxed) == 1)
    #expect(bench.output.underruns == 0)
  }

  /// Its longer period was taken for lost samples, many times a second.
  @Test(arguments: [(128, 480, 48000), (256, 1024, 48000), (128, 480, 16000)], [-120.0, 0, 150])
  func `an output that moves by its own longer period loses nothing`(
    numbers: (period: Int, step: Int, outputRate: Int), ppm: Double
  ) {
    let bench = Bench(period: numbers.period)
    bench.output.granularity = Double(numbers.step)
    bench.output.drift = { _ in ppm }
    var loop = bench.loop(hasOneClock: false, outputPeriod: numbers.step, outputRate: numbers.outputRate)
    _ = loop.start()
    let step = Double(numbers.step) * 48000 / Double(numbers.outputRate)
    for _ in 0..<(4 * 48000 / numbers.period) {
      #expect(loop.step() == nil)
      #expect(abs(bench.trueDelay(loop) - Double(loop.latency)) <= step + 1)
    }
    #expect(bench.report.xruns.load(ordering: .relaxed) == 0)
    #expect(bench.output.underruns == 0)
  }

  /// A whole hour with a fault every ten seconds: nothing is allocated, so nothing can grow.
  @Test func `an hour makes no heap call`() {
    let bench = Bench(rate: 8000, period: 1024)
    for n in 1..<360 {
      bench.input.faults[n * 78] = n % 2 == 0 ? EPIPE : ESTRPIPE
      bench.output.faults[n * 101] = EPIPE
    }
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<200 { _ = loop.step() }
    let before = heap_call_count()
    for _ in 200..<(3600 * 8000 / 1024) { _ = loop.step() }
    let after = heap_call_count()
    #expect(after == before)
    #expect(bench.clock.nanoseconds > 3500e9)
    #expect(bench.report.xruns.load(ordering: .relaxed) > 500)
  }
}
