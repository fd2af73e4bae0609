import Ground
import Synchronization

/// What a running session lends to onlookers of its sound: input and output, all channels in one, lined up in time.
///
/// The callback leaves copies in two rings while somebody wants them, and leaves them out where the rings are full: it never
/// waits, and with nobody there it costs one look at an atomic. One ordinary thread at a time reads.
public final class SoundTap: @unchecked Sendable {
  /// What the session runs at.
  public let format: StreamFormat
  /// Samples from an input sample to the output sample that holds it.
  public let latencyInSamples: Int
  let rings: FixedValue<SoundTapRings>

  /// - Parameter latency: of the whole chain, samples.
  init(format: StreamFormat, latency: Int) {
    self.format = format
    latencyInSamples = latency
    rings = FixedValue(SoundTapRings(format: format, latency: latency))
  }

  /// Begins to collect, at what comes next. Ordinary threads.
  public func open() {
    // What lies there from before is passed over; the output is read `latency` samples ahead of the input, so that the
    // samples of a pair belong to the same sound.
    let next = rings.pointee.output.writePosition
    rings.pointee.input.advance(next - rings.pointee.input.readPosition)
    rings.pointee.output.advance(next + latencyInSamples - rings.pointee.output.readPosition)
    _ = takeOutputPeak()
    rings.pointee.isWanted.store(true, ordering: .releasing)
  }

  /// Ends it. Ordinary threads.
  public func close() { rings.pointee.isWanted.store(false, ordering: .releasing) }

  /// Takes what is there, oldest first. Ordinary threads.
  ///
  /// - Parameters:
  ///   - input, output: room for `most` samples each; what is not finite is 0.
  ///   - most: samples that are wanted.
  /// - Returns: samples that were taken of either.
  public func read(_ most: Int, input: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>) -> Int {
    let count = max(0, min(most, min(rings.pointee.input.available, rings.pointee.output.available)))
    guard count > 0 else { return 0 }
    rings.pointee.input.copy(channel: 0, from: rings.pointee.input.readPosition, count: count, into: input)
    rings.pointee.output.copy(channel: 0, from: rings.pointee.output.readPosition, count: count, into: output)
    rings.pointee.input.advance(count)
    rings.pointee.output.advance(count)
    return count
  }

  /// The highest sample of any channel that was left since the last call. Ordinary threads.
  public func takeOutputPeak() -> Float {
    Float(bitPattern: rings.pointee.outputPeak.exchange(0, ordering: .relaxed))
  }
}

/// The callback's side of a `SoundTap`. What it calls neither allocates nor locks nor waits.
struct SoundTapRings: ~Copyable, @unchecked Sendable {
  let input: SampleRing
  let output: SampleRing
  let isWanted = Atomic<Bool>(false)
  /// Bits of a Float: of all channels, where `output` has their mean.
  let outputPeak = Atomic<UInt32>(0)
  /// Whether the block now under way has its input in the ring: both sides are left, or neither. The callback's own.
  private let hasInput = Atomic<Bool>(false)
  private let mixed: PlanarBlock  // (1, the format's block); the callback's own

  init(format: StreamFormat, latency: Int) {
    // Half a second that the reader may be away, and what the output is ahead.
    let room = max(format.sampleRate / 2, 8 * format.block) + latency
    input = SampleRing(channelCount: 1, capacity: room)
    output = SampleRing(channelCount: 1, capacity: room)
    mixed = PlanarBlock(channelCount: 1, capacity: format.block)
  }

  /// Before the output is given: its memory may be the input's.
  @_noLocks
  func leaveInput(_ channels: UnsafePointer<UnsafePointer<Float>>, channelCount: Int, count: Int) {
    guard isWanted.load(ordering: .acquiring), hasRoom(input, count), hasRoom(output, count) else {
      hasInput.store(false, ordering: .relaxed)
      return
    }
    mix(channels, channelCount, count)
    hasInput.store(input.write(mixed.constantLanes, count: count), ordering: .relaxed)
  }

  @_noLocks
  func leaveOutput(_ channels: UnsafePointer<UnsafeMutablePointer<Float>>, channelCount: Int, count: Int) {
    guard hasInput.load(ordering: .relaxed) else { return }
    mix(UnsafeRawPointer(channels).assumingMemoryBound(to: UnsafePointer<Float>.self), channelCount, count)
    _ = output.write(mixed.constantLanes, count: count)
    notePeak(channels, channelCount, count)
  }

  @_noLocks
  private func notePeak(_ channels: UnsafePointer<UnsafeMutablePointer<Float>>, _ channelCount: Int, _ count: Int) {
    var highest = Float(bitPattern: outputPeak.load(ordering: .relaxed))
    for channel in 0..<channelCount {
      let lane = channels[channel]
      for n in 0..<count where lane[n].magnitude > highest && lane[n].magnitude <= 1e10 { highest = lane[n].magnitude }
    }
    // Where it is taken at this very moment, the next one to take it gets it once more.
    outputPeak.store(highest.bitPattern, ordering: .relaxed)
  }

  @_noLocks
  private func hasRoom(_ ring: borrowing SampleRing, _ count: Int) -> Bool {
    count <= mixed.capacity && ring.writePosition + count - ring.readPosition <= ring.capacity
  }

  /// The mean of all channels.
  @_noLocks
  private func mix(_ channels: UnsafePointer<UnsafePointer<Float>>, _ channelCount: Int, _ count: Int) {
    let target = mixed[0]
    copyFinite(channels[0], to: target, count: count)
    guard channelCount > 1 else { return }
    for channel in 1..<channelCount {
      let lane = channels[channel]
      for n in 0..<count where lane[n].magnitude <= 1e10 { target[n] += lane[n] }
    }
    let share = 1 / Float(channelCount)
    for n in 0..<count { target[n] *= share }
  }
}
