import Glibc
import HeapCounter
import Synchronization
import Testing

@testable import AudioIO

/// Stands behind the loop: plays its input back, and counts.
private final class PassThrough: BlockProcessor, @unchecked Sendable {
  var blocks = 0
  var waiting = 0
  let notes = Mutex<[DeviceEvent]>([])
  var events: [DeviceEvent] { notes.withLock { $0 } }
  /// Set: nothing is kept of events, so that nothing is allocated.
  var isQuiet = false

  func prepare(_ format: StreamFormat) throws -> PreparedStream {
    PreparedStream(callback: callback, latencyInSamples: 0)
  }
  func note(_ event: DeviceEvent) { if !isQuiet { notes.withLock { $0.append(event) } } }

  var callback: BlockCallback {
    BlockCallback(context: Unmanaged.passUnretained(self).toOpaque()) { context, _, _, _, conditions in
      // In place: input and output are the same memory.
      let own = Unmanaged<PassThrough>.fromOpaque(context).takeUnretainedValue()
      own.blocks += 1
      if conditions & BlockConditions.mayWait.rawValue != 0 { own.waiting += 1 }
    }
  }
}

private typealias Loop = AlsaLoop<SimulatedPCM, SimulatedPCM>

private struct Bench {
  let clock = VirtualClock()
  let input: SimulatedPCM.World
  let output: SimulatedPCM.World
  let processor = PassThrough()
  let report = AlsaReport()
  let rate: Int
  let period: Int

  init(rate: Int = 48000, period: Int = 256) {
    self.rate = rate
    self.period = period
    input = SimulatedPCM.World(clock)
    output = SimulatedPCM.World(clock)
  }

  func loop(
    hasOneClock: Bool, format: AlsaSampleFormat = .float, channels: (input: Int, stream: Int, output: Int) = (1, 1, 1),
    periods: Int = 3, hasClock: Bool = true
  ) -> Loop {
    Loop(
      input: SimulatedPCM(
        input, isInput: true, format: format, channelCount: channels.input, period: period, bufferSize: 8 * period,
        rate: rate, hasClock: hasClock),
      output: SimulatedPCM(
        output, isInput: false, format: format, channelCount: channels.output, period: period, bufferSize: 4 * period,
        rate: rate, hasClock: hasClock),
      format: StreamFormat(sampleRate: rate, block: period, channelCount: channels.stream), periods: periods,
      hasOneClock: hasOneClock, callback: processor.callback, processor: processor, report: report)
  }
}

@Suite struct AlsaLoopTests {
  @Test(arguments: AlsaSampleFormat.allCases) func oneDeviceIsExactToTheBit(format: AlsaSampleFormat) {
    let bench = Bench()
    bench.input.signal = { Float($0 % 1000 - 500) / 1024 }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: true, format: format)
    #expect(loop.start() == nil)
    for _ in 0..<50 { #expect(loop.step() == nil) }
    let primed = 3 * 256
    #expect(bench.output.played.prefix(primed).allSatisfy { $0 == 0 })
    #expect(bench.output.played.dropFirst(primed).enumerated().allSatisfy { $1 == Float($0 % 1000 - 500) / 1024 })
    #expect(loop.deviceLatency == primed)
    #expect(bench.output.underruns == 0)
    #expect(bench.processor.events.isEmpty)
  }

  @Test func fewerInputsAreCopiedAndMoreOutputsPlayTheLast() {
    let bench = Bench()
    bench.input.signal = { _ in 0.5 }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: true, channels: (1, 2, 4))
    _ = loop.start()
    for _ in 0..<5 { _ = loop.step() }
    #expect(bench.output.played.last == 0.5)
  }

  @Test func anXrunOfEitherDirectionStartsBothAnewWithTheSameDelay() {
    let bench = Bench()
    bench.input.faults = [20: EPIPE]
    bench.output.faults = [41: EPIPE]
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<100 { #expect(loop.step() == nil) }
    #expect(bench.processor.events == [.xrun, .xrun])
    #expect(bench.input.primes == 3)
    #expect(bench.output.primes == 3)
    #expect(bench.output.underruns == 0)
    // What waits in the output right after a block was written: the primed silence, always.
    #expect(abs(bench.output.queued - 3 * 256) <= 1)
  }

  @Test func aSuspendIsWaitedForAndThenItGoesOn() {
    let bench = Bench()
    bench.input.faults = [20: ESTRPIPE]
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<50 { #expect(loop.step() == nil) }
    #expect(bench.input.resumeAttempts == 3)
    #expect(bench.report.suspends.load(ordering: .relaxed) == 1)
    #expect(bench.processor.blocks == 49)
    #expect(bench.processor.events.isEmpty)
  }

  @Test(arguments: [ENODEV, ENXIO, EIO, EBADFD]) func aDeviceThatIsGoneEndsTheLoop(number: Int32) {
    let bench = Bench()
    bench.output.faults = [30: number]
    var loop = bench.loop(hasOneClock: true)
    #expect(loop.run() == .lost(Int(number)))
  }

  @Test func aStopIsObeyed() {
    let bench = Bench()
    bench.report.isStopping.store(true, ordering: .relaxed)
    var loop = bench.loop(hasOneClock: true)
    #expect(loop.run() == .stopped)
  }

  @Test func withoutAClockBlocksMayWaitAndItIsSaidOnce() {
    let bench = Bench()
    var loop = bench.loop(hasOneClock: false, hasClock: false)
    bench.input.signal = { Float($0) / 65536 }
    bench.output.keeps = true
    _ = loop.start()
    for _ in 0..<60 { #expect(loop.step() == nil) }
    #expect(bench.processor.waiting == 60)
    #expect(bench.processor.events.count == 1)
    let primed = 256 + 128 + 96
    #expect(bench.output.played.dropFirst(primed).enumerated().allSatisfy { $1 == Float($0) / 65536 }, "not resampled")
  }

  @Test func withAClockBlocksDoNotWaitOnceThatIsKnown() {
    let bench = Bench()
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<60 { _ = loop.step() }
    #expect(bench.processor.waiting <= 4)
  }

  @Test(arguments: [-200.0, -35, 0, 120, 200]) func twoClocksStayInStep(ppm: Double) {
    let bench = Bench()
    bench.output.drift = { _ in ppm }
    var loop = bench.loop(hasOneClock: false)
    _ = loop.start()
    for _ in 0..<(60 * 48000 / 256) { #expect(loop.step() == nil) }
    let target = 128.0 + 96
    let late = bench.output.delays.suffix(20 * 48000 / 256)
    #expect(bench.output.underruns == 0)
    #expect(late.allSatisfy { abs($0 - target) < 16 }, "within a sixteenth of a period")
    let drifts = bench.processor.events.compactMap { if case .clockDrift(let ppm) = $0 { ppm } else { nil } }
    #expect(abs(drifts.last! - ppm) < 3)
  }

  /// Ten minutes, the output's clock from −200 to +200 ppm and back: no heap call, no underrun, the delay stays.
  @Test func aRampOfTheClocksOverTenMinutes() {
    let bench = Bench(rate: 16000)
    bench.output.drift = { 200 * sin(2 * Double.pi * ($0 - 150) / 600) }
    bench.output.delays.reserveCapacity(200_000)
    bench.processor.isQuiet = true
    var loop = bench.loop(hasOneClock: false)
    _ = loop.start()
    for _ in 0..<2000 { _ = loop.step() }
    let before = heap_call_count()
    for _ in 2000..<(600 * 16000 / 256) { _ = loop.step() }
    let after = heap_call_count()
    #expect(after == before)
    #expect(bench.output.underruns == 0)
    let late = bench.output.delays.dropFirst(2000)
    #expect(late.allSatisfy { abs($0 - 160) < 64 }, "within a quarter of a period")
  }

  @Test func anXrunOfTheOutputWithTwoClocksPrimesItAnew() {
    let bench = Bench()
    bench.output.faults = [500: EPIPE]
    var loop = bench.loop(hasOneClock: false)
    _ = loop.start()
    for _ in 0..<20000 { #expect(loop.step() == nil) }
    #expect(bench.processor.events.filter { $0 == .xrun }.count == 1)
    #expect(bench.input.primes == 1)
    #expect(bench.output.primes == 2)
    #expect(bench.output.delays.suffix(1000).allSatisfy { abs($0 - 224) < 16 })
  }
}

@Suite struct AlsaFormatTests {
  @Test(arguments: AlsaSampleFormat.allCases) func fullScaleClipsAndNeverWraps(format: AlsaSampleFormat) {
    let values: [Float] = [1, 1.5, 1e9, .infinity, -1, -1.5, -1e9, -.infinity, .nan, 0.999_999, -0.0, 0.25]
    var bytes = [UInt8](repeating: 0xAA, count: values.count * 4)
    var back = [Float](repeating: .nan, count: values.count)
    bytes.withUnsafeMutableBytes { memory in
      format.encode(values, count: values.count, into: memory.baseAddress!, stride: format.byteCount)
      format.decode(memory.baseAddress!, stride: format.byteCount, count: values.count, into: &back)
    }
    guard format != .float else { return }
    let step: Float = format == .s16 ? 0x1p-15 : 0x1p-23
    for (value, result) in zip(values, back) {
      let expected = value.isNaN ? 0 : min(1, max(-1, value))
      #expect(abs(result - expected) <= step)
    }
  }

  @Test(arguments: [AlsaSampleFormat.s16, .s24, .s24in3]) func everyIntegerComesBack(format: AlsaSampleFormat) {
    let scale: Float = format == .s16 ? 0x1p-15 : 0x1p-23
    let top = format == .s16 ? 32768 : 8_388_608
    let values = stride(from: -top, to: top, by: format == .s16 ? 1 : 511).map { Float($0) * scale }
    var bytes = [UInt8](repeating: 0, count: values.count * 4)
    var back = [Float](repeating: .nan, count: values.count)
    bytes.withUnsafeMutableBytes { memory in
      format.encode(values, count: values.count, into: memory.baseAddress!, stride: format.byteCount)
      format.decode(memory.baseAddress!, stride: format.byteCount, count: values.count, into: &back)
    }
    #expect(back == values)
  }

  @Test func theUpperByteOfS24IsIgnored() {
    var value: Float = 0
    let word: UInt32 = 0xAB40_0000
    withUnsafeBytes(of: word.littleEndian) {
      AlsaSampleFormat.s24.decode($0.baseAddress!, stride: 4, count: 1, into: &value)
    }
    #expect(value == 0.5)
  }
}

@Suite struct AdaptiveResamplerTests {
  /// A sine in, the sine of the other clock out: against sin() itself.
  @Test(arguments: [0.9995, 1, 1.0002, 1.005], [200.0, 1000, 10000, 18000])
  func aSineStaysASine(ratio: Double, frequency: Double) {
    var resampler = AdaptiveResampler(channelCount: 1, maximumBlock: 256)
    var input = [Float](repeating: 0, count: 256)
    var output = [Float](repeating: 0, count: resampler.maximumOutput(forInput: 256))
    var phase = 0
    var time = 0.0
    var error = 0.0
    var energy = 0.0
    for block in 0..<200 {
      for n in 0..<256 { input[n] = Float(sin(2 * Double.pi * frequency / 48000 * Double(phase + n))) }
      phase += 256
      let count = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
          var sources = [source.baseAddress!]
          var targets = [target.baseAddress!]
          return resampler.process(&sources, count: 256, ratio: ratio, into: &targets)
        }
      }
      // The first block still moves to the ratio.
      if block == 0 {
        time = Double(256) + resampler.fractionWaiting
      } else {
        for n in 0..<count {
          let expected = sin(2 * Double.pi * frequency / 48000 * (time - Double(AdaptiveResampler.delayInSamples)))
          if block > 1 {
            error += (Double(output[n]) - expected) * (Double(output[n]) - expected)
            energy += expected * expected
          }
          time += 1 / ratio
        }
      }
    }
    let decibels = 10 * log10(error / energy)
    #expect(decibels < (frequency < 15000 ? -85 : -75), "\(decibels) dB")
  }

  @Test func channelsAreResampledAlike() {
    var resampler = AdaptiveResampler(channelCount: 2, maximumBlock: 64)
    var left = (0..<64).map { Float($0) }
    var right = left.map { -$0 }
    var a = [Float](repeating: 0, count: 80)
    var b = a
    for _ in 0..<20 {
      left.withUnsafeMutableBufferPointer { l in
        right.withUnsafeMutableBufferPointer { r in
          a.withUnsafeMutableBufferPointer { x in
            b.withUnsafeMutableBufferPointer { y in
              var sources = [l.baseAddress!, r.baseAddress!]
              var targets = [x.baseAddress!, y.baseAddress!]
              _ = resampler.process(&sources, count: 64, ratio: 1.003, into: &targets)
            }
          }
        }
      }
      #expect(zip(a, b).allSatisfy { $0 == -$1 })
    }
  }
}
