import AudioIO
import Synchronization

/// A span of delayed input in the output, as the callback played it.
struct DrySpan: BitwiseCopyable {
  var position: Int
  var count: Int
  var gain: Float
}

/// Where callback and worker leave what a recording keeps; the recorder's thread takes it away.
struct RecordingTap: ~Copyable, @unchecked Sendable {
  let input: SampleRing
  let output: SampleRing
  let dry: ValueRing<DrySpan>
  let events: ValueRing<WorkerEvent>
  /// Whether something did not fit: the recording ends there.
  let isBroken = Atomic<Bool>(false)
  /// Whether the block now under way has its input recorded. The callback's own.
  private let hasInput = Atomic<Bool>(false)

  /// - Parameter seconds: of sound that the rings hold.
  init(format: StreamFormat, seconds: Int = 4) {
    let room = max(format.sampleRate * seconds, 16 * format.block)
    input = SampleRing(channelCount: format.channelCount, capacity: room)
    output = SampleRing(channelCount: format.channelCount, capacity: room)
    dry = ValueRing(capacity: 4096, filler: DrySpan(position: 0, count: 0, gain: 0))
    events = ValueRing(capacity: 4096, filler: WorkerEvent(position: 0, kind: .overrun))
  }

  /// Whether both rings take a block. Callback; it stays true until that block is in.
  @_noLocks
  func hasRoom(_ count: Int) -> Bool {
    input.writePosition + count - input.readPosition <= input.capacity
      && output.writePosition + count - output.readPosition <= output.capacity
  }

  /// Ends the recording where there is no room for the block's output either: both files have the same length.
  @_noLocks
  func recordInput(_ channels: UnsafePointer<UnsafePointer<Float>>, count: Int) {
    let goesOn = !isBroken.load(ordering: .relaxed) && hasRoom(count) && input.write(channels, count: count)
    hasInput.store(goesOn, ordering: .relaxed)
    if !goesOn { isBroken.store(true, ordering: .relaxed) }
  }

  /// Also where the recording was ended since the block's input: both files have the same length.
  @_noLocks
  func recordOutput(_ channels: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int) {
    guard hasInput.load(ordering: .relaxed) else { return }
    let lanes = UnsafeRawPointer(channels).assumingMemoryBound(to: UnsafePointer<Float>.self)
    if !output.write(lanes, count: count) { isBroken.store(true, ordering: .relaxed) }
  }

  @_noLocks
  func noteDry(position: Int, count: Int, gain: Float) {
    if !append(dry, DrySpan(position: position, count: count, gain: gain)) {
      isBroken.store(true, ordering: .relaxed)
    }
  }

  /// Worker.
  func note(_ event: WorkerEvent) {
    if !events.write(event) { isBroken.store(true, ordering: .relaxed) }
  }
}

/// A generic cannot be checked; this one writes to memory made in `init` (RealTimeTests).
@_semantics("no_performance_analysis") @inline(__always)
private func append(_ ring: borrowing ValueRing<DrySpan>, _ span: DrySpan) -> Bool { ring.write(span) }
