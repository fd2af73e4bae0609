import Glibc

@testable import AlsaDevice

/// Time as the simulated devices have it: it passes only while somebody waits.
final class VirtualClock {
  var nanoseconds = 0.0
}

/// One direction of a device with a clock of its own, a buffer, and faults at chosen moments.
struct SimulatedPCM: PCMStream, ~Copyable {
  /// What the test sees and sets.
  final class World {
    let clock: VirtualClock
    /// Difference of the device's clock, ppm, as a function of seconds.
    var drift: (Double) -> Double = { _ in 0 }
    /// errno to give instead of the n-th wait (input) or write (output), counted from 0; priming is a write too.
    var faults: [Int: Int32] = [:]
    /// Samples that the position moves at once, as hardware reports it.
    var granularity = 1.0
    /// Seconds that a start takes before the converter runs.
    var startDelay = 0.0
    /// Input: the reads, counted from 0, that give half of what was said to be there and then give up.
    var halfReads: Set<Int> = []
    var reads = 0
    /// Seconds by which the thread wakes late after the n-th wait.
    var lateness: (Int) -> Double = { _ in 0 }
    /// Input: samples that its file has; the rest is silence of no length.
    var fileLength = Int.max
    /// Whether it says then that it has read, and leaves the memory as it is, as ALSA 1.2.8 does.
    var leavesTheRest = false
    /// Whether it gives and takes nothing any more.
    var isStuck = false
    /// The attempt to resume that ends a suspend.
    var resumesNeeded = 3
    /// Called with the time in seconds when the loop pauses.
    var whenPausing: (Double) -> Void = { _ in }
    var resumeAttempts = 0
    var waits = 0
    var writes = 0
    /// Samples that have passed the converter.
    var position = 0.0
    var lastTime = 0.0
    var isRunning = false
    var isGone = false
    var hasUnderrun = false
    /// Output: samples written. Input: the position read up to.
    var written = 0.0
    var readUpTo = 0.0
    var underruns = 0
    var overruns = 0
    var primes = 0
    /// The output samples, if wanted, interleaved.
    var played: [Float] = []
    var keeps = false
    /// The sample at a time and a channel of the input; nil: silence, quickly.
    var signal: ((Int, Int) -> Float)?
    init(_ clock: VirtualClock) { self.clock = clock }

    /// Samples in the output's buffer, exactly.
    var queued: Double { written - position }
  }

  let world: World
  let isInput: Bool
  let format: AlsaSampleFormat
  let channelCount: Int
  let bufferSize: Int
  let rate: Double
  let period: Int
  let isInterleaved: Bool
  let hasClock: Bool

  init(
    _ world: World, isInput: Bool, format: AlsaSampleFormat = .float, channelCount: Int = 1, period: Int,
    bufferSize: Int, rate: Int, isInterleaved: Bool = true, hasClock: Bool = true
  ) {
    self.world = world
    self.isInput = isInput
    self.format = format
    self.channelCount = channelCount
    self.period = period
    self.bufferSize = bufferSize
    self.rate = Double(rate)
    self.isInterleaved = isInterleaved
    self.hasClock = hasClock
  }

  /// Moves the converter to the present.
  private func advance() {
    let time = world.clock.nanoseconds * 1e-9
    let passed = time - world.lastTime
    world.lastTime = time
    guard world.isRunning, passed > 0, hasClock, !world.isStuck else { return }
    world.position += passed * rate * (1 + world.drift(time) * 1e-6)
    if !isInput, world.queued < 0 {
      world.isRunning = false
      world.hasUnderrun = true
      world.underruns += 1
    } else if isInput, world.position - world.readUpTo > Double(bufferSize) {
      world.isRunning = false
      world.hasUnderrun = true
      world.overruns += 1
    }
  }

  private func waitFor(samples: Double) {
    let speed = rate * (1 + world.drift(world.clock.nanoseconds * 1e-9) * 1e-6)
    world.clock.nanoseconds += max(1, (samples + 0.001) / speed * 1e9)
    advance()
  }

  /// The position as hardware shows it.
  private var shown: Double { (world.position / world.granularity).rounded(.down) * world.granularity }

  private func fault(_ call: Int) -> Int? {
    if world.isGone { return -Int(ENODEV) }
    if world.hasUnderrun { return -Int(EPIPE) }
    guard let code = world.faults[call] else { return nil }
    world.isRunning = false
    if code == ENODEV { world.isGone = true }
    if code == EPIPE { world.hasUnderrun = true }
    return -Int(code)
  }

  mutating func available() -> Int {
    advance()
    if world.isGone { return -Int(ENODEV) }
    if world.hasUnderrun { return -Int(EPIPE) }
    return hasClock ? max(0, Int(shown - world.readUpTo)) : bufferSize
  }

  mutating func waitForInput(_ count: Int) -> Int {
    defer { world.waits += 1 }
    if let code = fault(world.waits) { return code }
    while true {
      let there = available()
      if there < 0 || there >= count {
        if there >= count {
          world.clock.nanoseconds += world.lateness(world.waits) * 1e9
          return available()
        }
        return there
      }
      if world.isStuck || !world.isRunning {
        world.clock.nanoseconds += 2e8
        return -Int(EAGAIN)
      }
      waitFor(samples: max(0.5, Double(count) - (shown - world.readUpTo)))
    }
  }

  mutating func read(_ memory: UnsafeMutableRawPointer, count: Int) -> Int {
    defer { world.reads += 1 }
    if world.halfReads.contains(world.reads) {
      world.readUpTo += Double(count / 2)
      return -Int(EAGAIN)
    }
    let start = Int(world.readUpTo)
    world.readUpTo += Double(count)
    let got = max(0, min(count, world.fileLength - start))
    guard let signal = world.signal else {
      memset(memory, 0, got * channelCount * format.byteCount)
      return world.leavesTheRest ? count : got
    }
    var value: Float = 0
    for n in 0..<got {
      for channel in 0..<channelCount {
        value = signal(start + n, channel)
        format.encode(&value, count: 1, into: memory + place(n, channel, count), stride: format.byteCount)
      }
    }
    return world.leavesTheRest ? count : got
  }

  private func place(_ n: Int, _ channel: Int, _ count: Int) -> Int {
    (isInterleaved ? n * channelCount + channel : channel * count + n) * format.byteCount
  }

  mutating func write(_ memory: UnsafeRawPointer, count: Int) -> Int {
    defer { world.writes += 1 }
    advance()
    if let code = fault(world.writes) { return code }
    if hasClock {
      while world.queued + Double(count) > Double(bufferSize) {
        if world.isStuck || !world.isRunning {
          world.clock.nanoseconds += 2e8
          return -Int(EAGAIN)
        }
        waitFor(samples: world.queued + Double(count) - Double(bufferSize))
      }
      world.written += Double(count)
    }
    if world.keeps {
      var value: Float = 0
      for n in 0..<count {
        for channel in 0..<channelCount {
          format.decode(memory + place(n, channel, count), stride: format.byteCount, count: 1, into: &value)
          world.played.append(value)
        }
      }
    }
    return count
  }

  mutating func delay() -> Int {
    advance()
    if world.isGone { return -Int(ENODEV) }
    if world.hasUnderrun { return -Int(EPIPE) }
    return hasClock ? Int((world.written - shown).rounded()) : 0
  }

  mutating func prepare() -> Int {
    if world.isGone { return -Int(ENODEV) }
    // Positions begin anew, with a whole sample.
    world.position = world.position.rounded()
    world.written = world.position
    world.hasUnderrun = false
    world.primes += 1
    world.isRunning = false
    return 0
  }

  mutating func start() -> Int {
    world.clock.nanoseconds += world.startDelay * 1e9
    advance()
    world.isRunning = true
    world.readUpTo = world.position
    return 0
  }

  mutating func resume() -> Int {
    world.resumeAttempts += 1
    return world.resumeAttempts < world.resumesNeeded ? -Int(EAGAIN) : -Int(ENOSYS)
  }

  mutating func drop() {
    advance()
    world.isRunning = false
  }
  func now() -> UInt64 { UInt64(world.clock.nanoseconds) }
  func pause(nanoseconds: UInt64) {
    world.clock.nanoseconds += Double(nanoseconds)
    world.whenPausing(world.clock.nanoseconds * 1e-9)
  }
}
