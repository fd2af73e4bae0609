import Glibc

@testable import AudioIO

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
    /// −errno to give instead of the n-th read or write, counted from 0.
    var faults: [Int: Int32] = [:]
    var resumeAttempts = 0
    var calls = 0
    /// Samples that have passed the converter.
    var position = 0.0
    var lastTime = 0.0
    var isRunning = false
    /// Output: samples waiting. Input: the position read up to.
    var queued = 0.0
    var readUpTo = 0.0
    var underruns = 0
    var drops = 0
    var primes = 0
    /// The newest output samples, first channel, if wanted.
    var played: [Float] = []
    var keeps = false
    /// The delay seen at every write.
    var delays: [Double] = []
    var signal: (Int) -> Float = { _ in 0 }
    init(_ clock: VirtualClock) { self.clock = clock }
  }

  let world: World
  let isInput: Bool
  let format: AlsaSampleFormat
  let channelCount: Int
  let bufferSize: Int
  let rate: Double
  let period: Int
  let hasClock: Bool

  init(
    _ world: World, isInput: Bool, format: AlsaSampleFormat = .float, channelCount: Int = 1, period: Int,
    bufferSize: Int, rate: Int, hasClock: Bool = true
  ) {
    self.world = world
    self.isInput = isInput
    self.format = format
    self.channelCount = channelCount
    self.period = period
    self.bufferSize = bufferSize
    self.rate = Double(rate)
    self.hasClock = hasClock
  }

  /// Moves the converter to the present.
  private func advance() {
    let time = world.clock.nanoseconds * 1e-9
    let passed = time - world.lastTime
    world.lastTime = time
    guard world.isRunning, passed > 0 else { return }
    let samples = passed * rate * (1 + world.drift(time) * 1e-6)
    world.position += samples
    if !isInput {
      world.queued -= samples
      if world.queued < 0 {
        world.queued = 0
        world.isRunning = false
        world.underruns += 1
      }
    }
  }

  private func waitFor(samples: Double) {
    world.clock.nanoseconds += max(1, samples / (rate * (1 + world.drift(world.clock.nanoseconds * 1e-9) * 1e-6)) * 1e9)
    advance()
  }

  private func fault() -> Int? {
    defer { world.calls += 1 }
    guard let code = world.faults[world.calls] else { return nil }
    world.isRunning = false
    return -Int(code)
  }

  mutating func read(_ memory: UnsafeMutableRawPointer, count: Int) -> Int {
    if let code = fault() { return code }
    advance()
    if hasClock {
      var rounds = 0
      while world.position - world.readUpTo < Double(count), rounds < 100 {
        waitFor(samples: Double(count) - (world.position - world.readUpTo))
        rounds += 1
      }
      if world.position - world.readUpTo > Double(bufferSize) { return -Int(EPIPE) }
    }
    let start = Int(world.readUpTo)
    var value: Float = 0
    for n in 0..<count {
      value = world.signal(start + n)
      for channel in 0..<channelCount {
        format.encode(
          &value, count: 1, into: memory + (n * channelCount + channel) * format.byteCount, stride: format.byteCount)
      }
    }
    world.readUpTo += Double(count)
    return count
  }

  mutating func write(_ memory: UnsafeRawPointer, count: Int) -> Int {
    if let code = fault() { return code }
    advance()
    if world.underruns > 0, !world.isRunning, world.primes > 0, world.queued == 0, !isPrepared { return -Int(EPIPE) }
    if hasClock {
      while world.isRunning, world.queued + Double(count) > Double(bufferSize) {
        waitFor(samples: world.queued + Double(count) - Double(bufferSize))
      }
    }
    if hasClock { world.queued += Double(count) }
    if world.keeps {
      var value: Float = 0
      for n in 0..<count {
        format.decode(memory + n * channelCount * format.byteCount, stride: format.byteCount, count: 1, into: &value)
        world.played.append(value)
      }
    }
    return count
  }

  private var isPrepared = true

  mutating func delay() -> Int {
    advance()
    world.delays.append(world.queued)
    return Int(world.queued.rounded())
  }

  mutating func prepare() -> Int {
    isPrepared = true
    world.queued = 0
    world.primes += 1
    world.isRunning = false
    return 0
  }

  mutating func start() -> Int {
    advance()
    world.isRunning = true
    isPrepared = false
    world.readUpTo = world.position
    return 0
  }

  mutating func resume() -> Int {
    world.resumeAttempts += 1
    return world.resumeAttempts < 3 ? -Int(EAGAIN) : -Int(ENOSYS)
  }

  mutating func drop() {
    world.drops += 1
    world.isRunning = false
  }
  func now() -> UInt64 { UInt64(world.clock.nanoseconds) }
  func pause(nanoseconds: UInt64) { world.clock.nanoseconds += Double(nanoseconds) }
}
