import Glibc
import Realtime
import Synchronization
import Testing

@testable import AlsaDevice

/// One device, and devices without a clock.
@Suite struct AlsaLoopTests {
  /// On the grid of 16 bits.
  private func ramp(_ n: Int) -> Float { Float(n % 1000 - 500) / 1024 }

  @Test(arguments: AlsaSampleFormat.allCases, [true, false])
  func `one device is exact to the bit`(format: AlsaSampleFormat, isInterleaved: Bool) {
    let bench = Bench()
    bench.input.signal = { n, channel in channel == 0 ? Float(n % 1000 - 500) / 1024 : Float(n % 77) / 128 }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: true, format: format, channels: (2, 2, 2), isInterleaved: isInterleaved)
    #expect(loop.start() == nil)
    for _ in 0..<50 { #expect(loop.step() == nil) }
    // The input's sample n is played at the time n + latency: the output begins with so much silence.
    let latency = loop.latency
    #expect(latency == 3 * 256)
    let left = stride(from: 0, to: bench.output.played.count, by: 2).map { bench.output.played[$0] }
    let right = stride(from: 1, to: bench.output.played.count, by: 2).map { bench.output.played[$0] }
    #expect(left.count == latency + 50 * 256)
    #expect(left.prefix(latency).allSatisfy { $0 == 0 })
    #expect(left.dropFirst(latency).enumerated().allSatisfy { $1 == ramp($0) })
    #expect(right.dropFirst(latency).enumerated().allSatisfy { $1 == Float($0 % 77) / 128 })
    #expect(bench.output.underruns == 0)
    #expect(bench.events.isEmpty)
  }

  @Test(arguments: [(64, 2), (256, 3), (1024, 2)])
  func `the measured latency is the stated one`(period: Int, periods: Int) {
    let bench = Bench(period: period)
    // Late by up to 0.9 of a period: the sum of what waits does not change by it.
    bench.input.lateness = { Double($0 * 7919 % 100) / 100 * 0.9 * Double(period) / 48000 }
    var loop = bench.loop(hasOneClock: true, periods: periods)
    _ = loop.start()
    var measured: Set<Int> = []
    for _ in 0..<500 {
      #expect(loop.step() == nil)
      measured.insert(bench.report.latency.load(ordering: .relaxed))
    }
    #expect(measured.allSatisfy { abs($0 - loop.latency) <= 1 }, "\(measured)")
    #expect(bench.output.underruns == 0)
    #expect(bench.events.isEmpty)
  }

  @Test func `an output with longer periods is primed for them`() {
    let bench = Bench(period: 128)
    var loop = bench.loop(hasOneClock: true, outputPeriod: 480)
    bench.output.granularity = 480
    #expect(loop.latency == 3 * 480)
    _ = loop.start()
    for _ in 0..<2000 {
      #expect(loop.step() == nil)
      // Its position in steps of 480 is no reason to change what was right from the start.
      #expect(abs(bench.trueDelay(loop) - Double(loop.latency)) <= 1)
    }
    #expect(bench.output.underruns == 0)
    #expect(bench.events.isEmpty)
  }

  @Test func `an xrun of either direction starts both anew with the same delay`() {
    let bench = Bench()
    bench.input.faults = [20: EPIPE]
    bench.output.faults = [41: EPIPE]
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<100 { #expect(loop.step() == nil) }
    #expect(bench.events == [.xrun, .xrun])
    #expect(bench.input.primes == 3)
    #expect(bench.output.primes == 3)
    #expect(bench.output.underruns == 0)
    // What waits in the output right after a block was written: the primed silence, always.
    #expect(abs(bench.output.queued - 3 * 256) <= 1)
    #expect(abs(bench.report.latency.load(ordering: .relaxed) - loop.latency) <= 1)
  }

  /// Where the driver cannot start both directions in the same moment, one ran ahead of the other for good, differently after
  /// every start.
  @Test(arguments: [(0.0, 0.0021), (0.0011, 0.0004), (0.003, 0.0), (0.0, 0.008)], [true, false])
  func `what starts one after the other has the stated latency also after recoveries`(
    delays: (Double, Double), hasOneClock: Bool
  ) {
    let bench = Bench()
    bench.input.faults = [20: EPIPE, 40: ESTRPIPE]
    bench.output.faults = [70: EPIPE]
    bench.input.startDelay = delays.0
    bench.output.startDelay = delays.1
    // No thread wakes at the very sample.
    bench.input.lateness = { Double($0 * 7919 % 41) * 1.7e-5 }
    for opening in 0..<2 {
      var loop = bench.loop(hasOneClock: hasOneClock)
      #expect(loop.start() == nil)
      // It had recorded more than a period when the output had started, and counted as a file.
      let hasClock = loop.inputHasClock
      #expect(hasClock)
      var starts = bench.input.primes
      var since = 0
      for n in 0..<100 {
        since += 1
        // The delays of this start and the next.
        bench.output.startDelay = delays.1 + Double(n % 7) * 0.0003
        #expect(loop.step() == nil)
        if bench.input.primes > starts {
          starts = bench.input.primes
          since = 0
        } else if since > 2 {
          #expect(abs(bench.trueDelay(loop) - Double(loop.latency)) <= 1, "opening \(opening), block \(n)")
        }
      }
      // As one that was unplugged and is back: another loop with the same devices.
      bench.input.faults = [bench.input.waits + 30: EPIPE]
    }
    #expect(bench.input.primes == 6)
    #expect(bench.events.filter { $0 == .xrun }.count == 4)
  }

  /// A write that fails is an xrun; that of the silence which sets the delay counted as the device's loss.
  @Test(arguments: [EPIPE, ESTRPIPE, EAGAIN], [true, false])
  func `an xrun while the delay is set is an xrun and no more`(number: Int32, hasOneClock: Bool) {
    let bench = Bench()
    var loop = bench.loop(hasOneClock: hasOneClock, periods: 6)
    #expect(loop.start() == nil)
    for _ in 0..<50 { #expect(loop.step() == nil) }
    // Of what was lost so much has to be made up for.
    bench.output.written -= 700
    bench.output.faults = [bench.output.writes: number]
    for _ in 0..<10 { #expect(loop.step() == nil) }
    #expect(bench.events.filter { $0 == .xrun }.count == 2)
    #expect(bench.output.primes == 2)
    #expect(abs(bench.trueDelay(loop) - Double(loop.latency)) <= 1)
  }

  @Test(arguments: [EPIPE, ESTRPIPE, EAGAIN], [true, false])
  func `an xrun right after the start is an xrun and no more`(number: Int32, hasOneClock: Bool) {
    let bench = Bench()
    // It shows less than it has, which silence makes up for: the first write after the priming.
    bench.input.granularity = 100
    bench.input.lateness = { _ in 0.001 }
    bench.output.faults = [1: number]
    var loop = bench.loop(hasOneClock: hasOneClock)
    #expect(loop.start() == nil)
    for _ in 0..<50 { #expect(loop.step() == nil) }
    #expect(bench.events.filter { $0 == .xrun }.count == 1)
    #expect(bench.output.primes == 2)
  }

  @Test func `what the driver starts together is played as it is`() {
    let bench = Bench()
    bench.output.granularity = 7
    bench.input.signal = { n, _ in Float(n % 1000 - 500) / 1024 }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: true, startsTogether: true)
    let latency = loop.latency
    _ = loop.start()
    for _ in 0..<50 { #expect(loop.step() == nil) }
    #expect(bench.output.played.dropFirst(latency).enumerated().allSatisfy { $1 == ramp($0) })
  }

  /// Samples that were read and then given up made the latency shorter for good.
  @Test func `a read that gives up halfway changes no latency`() {
    let bench = Bench(period: 4096)
    bench.input.halfReads = [10, 20]
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<40 { #expect(loop.step() == nil) }
    #expect(abs(bench.trueDelay(loop) - Double(loop.latency)) <= 1)
    #expect(bench.events == [.xrun, .xrun])
  }

  /// As ALSA's dsnoop and dmix lose samples: without a word.
  @Test(arguments: [-700.0, 900]) func `samples lost in silence are made up for at once`(samples: Double) {
    let bench = Bench()
    var loop = bench.loop(hasOneClock: true, periods: 6)
    _ = loop.start()
    for _ in 0..<50 { #expect(loop.step() == nil) }
    bench.output.written += samples
    for _ in 0..<6 { #expect(loop.step() == nil) }
    #expect(abs(bench.trueDelay(loop) - Double(loop.latency)) <= 1)
    #expect(bench.events == [.xrun])
    #expect(bench.output.underruns == 0)
  }

  @Test func `a thread that sleeps too long is an xrun and no more`() {
    let bench = Bench()
    bench.input.lateness = { $0 == 30 ? 0.2 : 0 }
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<100 { #expect(loop.step() == nil) }
    #expect(bench.output.underruns + bench.input.overruns >= 1)
    #expect(bench.events == [.xrun])
    #expect(abs(bench.report.latency.load(ordering: .relaxed) - loop.latency) <= 1)
  }

  @Test func `a suspend is waited for and then it goes on`() {
    let bench = Bench()
    bench.input.faults = [20: ESTRPIPE]
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<50 { #expect(loop.step() == nil) }
    #expect(bench.input.resumeAttempts == 3)
    #expect(bench.report.suspends.load(ordering: .relaxed) == 1)
    #expect(bench.processor.blocks == 49)
    #expect(bench.events == [.xrun])
    #expect(abs(bench.report.latency.load(ordering: .relaxed) - loop.latency) <= 1)
  }

  @Test func `a stop ends the wait for a suspended device`() {
    let bench = Bench()
    bench.input.faults = [20: ESTRPIPE]
    bench.input.resumesNeeded = .max
    let report = bench.report
    bench.input.whenPausing = { seconds in if seconds > 10 { report.isStopping.store(true, ordering: .relaxed) } }
    var loop = bench.loop(hasOneClock: true)
    #expect(loop.run() == .stopped)
    #expect(bench.input.resumeAttempts > 100)
    #expect(bench.clock.nanoseconds < 10.5e9)
  }

  @Test(arguments: [ENODEV, ENXIO, EIO, EBADFD]) func `a device that is gone ends the loop`(number: Int32) {
    let bench = Bench()
    bench.output.faults = [30: number]
    var loop = bench.loop(hasOneClock: true)
    #expect(loop.run() == .lost(Int(number)))
    #expect(bench.processor.blocks == 30)
  }

  @Test func `a device that gives nothing for two seconds is gone`() {
    let bench = Bench()
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<20 { _ = loop.step() }
    bench.input.isStuck = true
    let before = bench.clock.nanoseconds
    var end: Bench.Loop.End?
    for _ in 0..<20 where end == nil { end = loop.step() }
    // The output underran meanwhile, which is recovered from first.
    #expect(end == .lost(Int(ETIMEDOUT)))
    #expect(bench.clock.nanoseconds - before < 3e9)
  }

  @Test func `a stop is obeyed`() {
    let bench = Bench()
    bench.report.isStopping.store(true, ordering: .relaxed)
    var loop = bench.loop(hasOneClock: true)
    #expect(loop.run() == .stopped)
  }

  // MARK: - Without a clock

  @Test func `without a clock blocks may wait and it is said once`() {
    let bench = Bench()
    bench.input.signal = { n, _ in Float(n) / 65536 }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: false, clocks: (false, false))
    let primed = loop.primed
    _ = loop.start()
    for _ in 0..<60 { #expect(loop.step() == nil) }
    #expect(bench.processor.waiting == 60)
    #expect(bench.events.first == .freewheel(true))
    #expect(bench.events.count == 2)
    #expect(bench.output.played.dropFirst(primed).enumerated().allSatisfy { $1 == Float($0) / 65536 }, "not resampled")
    #expect(bench.report.latency.load(ordering: .relaxed) == -1, "there is none to measure")
  }

  @Test func `with a clock no block may ever wait`() {
    let bench = Bench()
    bench.input.faults = [20: EPIPE, 40: EPIPE]
    // A stall after which blocks come as fast as they are read.
    bench.input.lateness = { $0 == 100 ? 0.035 : 0 }
    var loop = bench.loop(hasOneClock: true, periods: 8)
    _ = loop.start()
    for _ in 0..<300 { _ = loop.step() }
    #expect(bench.processor.waiting == 0)
    #expect(bench.events == [.xrun, .xrun])
  }

  /// Samples trickle in, but three times as fast as they should.
  @Test func `a device much faster than its rate has no clock`() {
    let bench = Bench()
    bench.input.drift = { _ in 2e6 }
    bench.output.drift = { _ in 2e6 }
    var loop = bench.loop(hasOneClock: true)
    _ = loop.start()
    for _ in 0..<200 { #expect(loop.step() == nil) }
    #expect(bench.processor.waiting > 100)
    #expect(bench.events.first == .freewheel(true))
  }

  @Test func `a file into a loudspeaker goes at the loudspeaker's pace`() {
    let bench = Bench()
    bench.input.signal = { n, _ in Float(n % 1000) / 1024 }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: false, clocks: (false, true))
    let primed = loop.primed
    _ = loop.start()
    for _ in 0..<600 { #expect(loop.step() == nil) }
    #expect(bench.processor.waiting == 0, "somebody hears it")
    #expect(bench.clock.nanoseconds > 590 * 256 / 48000.0 * 1e9)
    #expect(bench.output.played.dropFirst(primed).enumerated().allSatisfy { $1 == Float($0 % 1000) / 1024 })
    #expect(bench.events.isEmpty)
  }

  /// However long it takes, what is all there at once was not recorded meanwhile.
  @Test(arguments: [0.008, 0.05]) func `a file into a loudspeaker that starts slowly has no clock`(delay: Double) {
    let bench = Bench()
    bench.output.startDelay = delay
    var loop = bench.loop(hasOneClock: false, clocks: (false, true))
    #expect(loop.start() == nil)
    let (inputHasClock, outputHasClock) = (loop.inputHasClock, loop.outputHasClock)
    #expect(!inputHasClock && outputHasClock)
  }

  /// The devices were taken for two with clocks, because blocks had run before.
  @Test func `a file into a loudspeaker that comes back still goes at its pace`() {
    let bench = Bench()
    bench.output.faults = [30: ENODEV]
    var first = bench.loop(hasOneClock: false, clocks: (false, true))
    #expect(first.run() == .lost(Int(ENODEV)))
    bench.output.isGone = false
    bench.output.faults = [:]
    bench.input.signal = { n, _ in Float(n % 1000) / 1024 }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: false, clocks: (false, true))
    let primed = loop.primed
    _ = loop.start()
    for _ in 0..<100 { #expect(loop.step() == nil) }
    #expect(bench.output.played.dropFirst(primed).enumerated().allSatisfy { $1 == Float($0 % 1000) / 1024 })
  }

  @Test func `a microphone into a file goes at the microphone's pace`() {
    let bench = Bench()
    bench.input.signal = { n, _ in Float(n % 1000) / 1024 }
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: false, clocks: (true, false))
    let primed = loop.primed
    _ = loop.start()
    for _ in 0..<600 { #expect(loop.step() == nil) }
    #expect(bench.processor.waiting == 0)
    #expect(bench.output.played.dropFirst(primed).enumerated().allSatisfy { $1 == Float($0 % 1000) / 1024 })
    #expect(bench.events.isEmpty)
  }

  @Test(arguments: AlsaSampleFormat.allCases, [1, 100, 255, 256, 10_000])
  func `a file's end is found also where ALSA hides it`(format: AlsaSampleFormat, length: Int) {
    let bench = Bench()
    bench.input.signal = { n, _ in Float(n % 300) / 1024 }
    bench.input.fileLength = length
    bench.input.leavesTheRest = true
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: false, format: format, clocks: (false, false))
    let primed = loop.primed
    #expect(loop.run() == .inputEnded)
    let sound = bench.output.played.dropFirst(primed)
    #expect(sound.count < length + 2 * 256)
    #expect(sound.prefix(length).enumerated().allSatisfy { $1 == Float($0 % 300) / 1024 })
    // Less than 16 bytes may be taken for sound.
    #expect(sound.dropFirst(length).allSatisfy { abs($0) < 0.01 })
    #expect(sound.dropFirst(length + 8).allSatisfy { $0 == 0 })
  }

  /// ALSA's null plugin says that it has read, and has written nothing: that is silence, not a file's end.
  @Test func `a device that never writes is silent and endless`() {
    let bench = Bench()
    bench.input.fileLength = 0
    bench.input.leavesTheRest = true
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: true, clocks: (false, false))
    #expect(loop.start() == nil)
    for _ in 0..<1000 { #expect(loop.step() == nil) }
    #expect(bench.output.played.count >= 1000 * 256)
    #expect(bench.output.played.allSatisfy { $0 == 0 })
  }

  @Test(arguments: [0, 1000, 5000], [true, false])
  func `a file's end is played out with what the processor holds`(processorLatency: Int, outputHasClock: Bool) {
    let bench = Bench()
    bench.input.signal = { n, _ in Float(n + 1) / 65536 }
    bench.input.fileLength = 10_000
    bench.output.keeps = true
    var loop = bench.loop(hasOneClock: false, clocks: (false, outputHasClock), processorLatency: processorLatency)
    let primed = loop.primed
    #expect(loop.run() == .inputEnded)
    let sound = bench.output.played.dropFirst(primed)
    #expect(sound.count >= 10_000 + processorLatency)
    #expect(sound.count < 10_000 + processorLatency + 2 * 256)
    #expect(sound.enumerated().allSatisfy { $1 == ($0 < 10_000 ? Float($0 + 1) / 65536 : 0) })
    if outputHasClock { #expect(bench.output.queued < 256, "it was heard to its end") }
  }
}
