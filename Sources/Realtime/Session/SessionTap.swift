import SignalProcessing
import Synchronization

/// A span of delayed input in the output, as the callback played it.
package struct DrySpan: BitwiseCopyable {
  package var position: Int
  package var count: Int
  package var gain: Float
}

/// Where callback and worker leave what a recording keeps; the recorder's thread takes it away (`SessionRecorder`).
public struct SessionTap: ~Copyable, @unchecked Sendable {
  package let input: SampleRing
  package let output: SampleRing
  package let dry: ValueRing<DrySpan>
  package let events: ValueRing<WorkerEvent>
  /// Events that the worker may have between two callbacks: all that its input ring holds, every frame with two of them.
  let eventMargin: Int
  /// Whether something did not fit: the recording ends there.
  package let isBroken = Atomic<Bool>(false)
  /// Whether the block now under way has its input recorded. The callback's own.
  private let hasInput = Atomic<Bool>(false)

  /// - Parameters:
  ///   - frames: of the model.
  ///   - seconds: of sound that the rings hold.
  package init(format: StreamFormat, frames: FrameFormat, seconds: Int = 4) {
    let room = max(format.sampleRate * seconds, 16 * format.block)
    input = SampleRing(channelCount: format.channelCount, capacity: room)
    output = SampleRing(channelCount: format.channelCount, capacity: room)
    dry = ValueRing(capacity: 4096, filler: DrySpan(position: 0, count: 0, gain: 0))
    let most = 2 * max(1, 8 * format.block / format.sampleRate + 1) + 1  // seconds in the worker's input ring
    eventMargin = 64 + 2 * frames.frames(in: Double(most)) * format.channelCount
    events = ValueRing(capacity: max(4096, 2 * eventMargin), filler: WorkerEvent(position: 0, kind: .overrun))
  }

  /// Whether all rings take a block and what is decided meanwhile. Callback; for its own rings it stays true until that
  /// block is in.
  @_noLocks
  func hasRoom(_ count: Int) -> Bool {
    input.writePosition + count - input.readPosition <= input.capacity
      && output.writePosition + count - output.readPosition <= output.capacity
      && room(dry) >= Self.spansPerBlock && room(events) >= eventMargin
  }
  /// Before the enhanced samples and after them.
  private static var spansPerBlock: Int { @_noLocks get { 2 } }

  /// Ends the recording where there is no room for the block's output or decisions either: it is whole up to there.
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
  package func noteDry(position: Int, count: Int, gain: Float) {
    if !append(dry, DrySpan(position: position, count: count, gain: gain)) {
      isBroken.store(true, ordering: .relaxed)
    }
  }

  /// Worker.
  package func note(_ event: WorkerEvent) {
    if !events.write(event) { isBroken.store(true, ordering: .relaxed) }
  }
}

/// A generic cannot be checked; this one writes to memory made in `init` (RealTimeTests).
@_semantics("no_performance_analysis") @inline(__always)
private func append(_ ring: borrowing ValueRing<DrySpan>, _ span: DrySpan) -> Bool { ring.write(span) }
@_semantics("no_performance_analysis") @inline(__always)
private func room(_ ring: borrowing ValueRing<DrySpan>) -> Int { ring.room }
@_semantics("no_performance_analysis") @inline(__always)
private func room(_ ring: borrowing ValueRing<WorkerEvent>) -> Int { ring.room }
