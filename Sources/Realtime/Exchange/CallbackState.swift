import CThreads
import Ground
import Synchronization

/// The device's side: what the callback owns, and what it does. Everything here runs on the device's real-time thread: it
/// copies, counts, wakes who sleeps, and neither allocates nor locks nor waits, except in freewheel.
struct CallbackState: ~Copyable {
  let shared: UnsafeMutablePointer<SharedState>
  let channelCount: Int
  /// Samples from input to output, all parts together.
  let latency: Int
  /// Gets a copy of input, output and dry spans; nil: nothing is recorded.
  let tap: UnsafeMutablePointer<SessionTap>?
  /// Gets a copy of input and output while somebody looks on; nil: nobody may.
  let onlookers: UnsafeMutablePointer<SoundTapRings>?

  // Made in CallbackState+Setup.swift.
  let history: PlanarBlock  // (channelCount, historySize), the newest input
  let historySize: Int  // a power of two
  var fill: DryFill
  /// Position of the next block.
  var position = 0
  /// Output before this position that the worker, which rests, has not made is silence.
  private var silentUpTo = 0
  /// Blocks until the next look at the thread's priority.
  private var untilLook = 0

  /// One block: takes its input, gives the output that is due.
  @_noLocks
  mutating func process(
    _ input: UnsafePointer<UnsafePointer<Float>>, _ output: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int,
    mayWait: Bool
  ) {
    let start = monotonicNanoseconds()
    // What a rest takes tells nothing, and asking the system for it would take longer.
    let isTimed = !mayWait && !shared.pointee.rests.load(ordering: .relaxed)
    let workBefore = isTimed ? threadNanoseconds() : 0
    lookAtPriority()
    if mayWait, let tap { waitForRoom(tap, count: count) }
    takeIn(input, count: count)
    if let tap { tap.pointee.recordInput(input, count: count) }
    if let onlookers { onlookers.pointee.leaveInput(input, channelCount: channelCount, count: count) }
    shared.pointee.mayWait.store(mayWait, ordering: .relaxed)
    shared.pointee.time.store(start, ordering: .releasing)
    shared.pointee.position.store(position, ordering: .releasing)
    wakeWorker(input, count: count, mayWait: mayWait)
    if mayWait { waitForOutput(count: count) }
    giveOut(output, count: count)
    if let tap { tap.pointee.recordOutput(output, count: count) }
    if let onlookers { onlookers.pointee.leaveOutput(output, channelCount: channelCount, count: count) }
    position += count
    if isTimed {
      shared.pointee.callbackTimes.add(
        nanoseconds: monotonicNanoseconds() - start, work: threadNanoseconds() - workBefore)
    }
  }

  /// A system call only where blocks had ceased, where this callback waits, or where sound ends a rest.
  @_noLocks
  private mutating func wakeWorker(_ input: UnsafePointer<UnsafePointer<Float>>, count: Int, mayWait: Bool) {
    // The block before the question whether anybody sleeps: the worker says it sleeps, then looks for blocks.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if shared.pointee.isAsleep.load(ordering: .relaxed), shared.pointee.isAsleep.exchange(false, ordering: .relaxed) {
      post(shared.pointee.wake)
    }
    guard shared.pointee.rests.load(ordering: .relaxed) else { return }
    let isSilent = isSilent(input, count: count)
    silentUpTo = position + shared.pointee.lead + (isSilent ? count : 0)
    if !isSilent || mayWait, shared.pointee.rests.exchange(false, ordering: .relaxed) { post(shared.pointee.wake) }
  }

  @_noLocks
  private func isSilent(_ input: UnsafePointer<UnsafePointer<Float>>, count: Int) -> Bool {
    for channel in 0..<channelCount where !allZero(input[channel], count: count) { return false }
    return true
  }

  /// Into the history, and into the ring, unless that is full.
  @_noLocks
  private mutating func takeIn(_ input: UnsafePointer<UnsafePointer<Float>>, count: Int) {
    let first = position & (historySize - 1)
    let head = min(count, historySize - first)
    for channel in 0..<channelCount {
      let lane = history[channel]
      copyFinite(input[channel], to: lane + first, count: head)
      copyFinite(input[channel] + head, to: lane, count: count - head)
    }
    let intake = shared.pointee.intake.load(ordering: .acquiring)
    if intake == SharedState.Intake.overrun { return }
    if intake == SharedState.Intake.emptied {
      shared.pointee.resumedAt.store(position, ordering: .relaxed)
      // The worker sees where the input goes on before it sees the input.
      shared.pointee.intake.store(SharedState.Intake.flows, ordering: .releasing)
    }
    if !shared.pointee.input.write(input, count: count) {
      shared.pointee.intake.store(SharedState.Intake.overrun, ordering: .releasing)
      shared.pointee.overruns.add(1, ordering: .relaxed)
    }
  }

  /// The worker stays below this thread's priority, which JACK takes away in freewheel and gives back a moment after it.
  @_noLocks
  private mutating func lookAtPriority() {
    if untilLook == 0 || shared.pointee.callbackPriority.load(ordering: .relaxed) < 0 {
      shared.pointee.callbackPriority.store(priority(), ordering: .relaxed)
      untilLook = 256
    }
    untilLook -= 1
  }

  /// The output at this position: enhanced where it is there, else the delayed input.
  @_noLocks
  private mutating func giveOut(_ output: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int) {
    let there = shared.pointee.output.readable(count)
    let before = there.first - position
    let enhanced = there.last - there.first
    let after = count - before - enhanced
    for channel in 0..<channelCount {
      shared.pointee.output.copy(
        channel: channel, from: there.first, count: enhanced, into: output[channel] + before)
    }
    shared.pointee.output.advance(count)
    if before > 0 { playDry(output, from: 0, count: before) }
    if enhanced > 0 { fill.render(output, from: before, count: enhanced, dry: false, gain: 1) }
    let silent = min(after, max(0, silentUpTo - (position + before + enhanced)))
    if silent > 0 { playSilence(output, from: before + enhanced, count: silent) }
    if after > silent { playDry(output, from: before + enhanced + silent, count: after - silent) }
  }

  /// What the worker would have made of silence.
  @_noLocks
  private mutating func playSilence(_ output: UnsafePointer<UnsafeMutablePointer<Float>>, from start: Int, count: Int) {
    for channel in 0..<channelCount { clearFloats(output[channel] + start, count: count) }
    fill.render(output, from: start, count: count, dry: false, gain: 1)
  }

  @_noLocks
  private mutating func playDry(_ output: UnsafePointer<UnsafeMutablePointer<Float>>, from start: Int, count: Int) {
    for channel in 0..<channelCount {
      let lane = history[channel]
      for n in 0..<count {
        let wanted = position + start + n - latency
        output[channel][start + n] = wanted >= 0 ? lane[wanted & (historySize - 1)] : 0
      }
    }
    let gain = Float(bitPattern: shared.pointee.gain.load(ordering: .relaxed))
    if !fill.isDry { shared.pointee.drySpans.add(1, ordering: .relaxed) }
    shared.pointee.drySamples.add(count, ordering: .relaxed)
    if let tap { tap.pointee.noteDry(position: position + start, count: count, gain: gain) }
    fill.render(output, from: start, count: count, dry: true, gain: gain)
  }

  /// Freewheel: waits until the worker has made what this block plays, or for ten seconds.
  @_noLocks
  private func waitForOutput(count: Int) {
    shared.pointee.isWaiting.store(true, ordering: .sequentiallyConsistent)
    var patience = 100
    while shared.pointee.output.writePosition < position + count && patience > 0 {
      if !wait(shared.pointee.done, nanoseconds: 100_000_000) { patience -= 1 }
    }
    shared.pointee.isWaiting.store(false, ordering: .relaxed)
  }

  /// Freewheel: waits until the recorder has taken enough away, or for ten seconds. Blocks may come a hundred times as fast
  /// as the device's rate.
  @_noLocks
  private func waitForRoom(_ tap: UnsafeMutablePointer<SessionTap>, count: Int) {
    var patience = 10_000
    while patience > 0 && !tap.pointee.isBroken.load(ordering: .relaxed) && !tap.pointee.hasRoom(count) {
      sleep(nanoseconds: 1_000_000)
      patience -= 1
    }
  }
}

/// The function that devices call.
@_noLocks
func liveCallback(
  _ context: UnsafeMutableRawPointer, _ input: UnsafePointer<UnsafePointer<Float>>,
  _ output: UnsafePointer<UnsafeMutablePointer<Float>>, _ count: Int, _ conditions: UInt32
) {
  context.assumingMemoryBound(to: CallbackState.self).pointee.process(
    input, output, count: count, mayWait: conditions & 1 != 0)
}

// A futex at most; no lock, no heap (RealTimeTests).
@_semantics("no_performance_analysis") @inline(__always)
func post(_ semaphore: OpaquePointer) { ct_semaphore_post(semaphore) }

@_semantics("no_performance_analysis") @inline(__always)
func wait(_ semaphore: OpaquePointer, nanoseconds: UInt64) -> Bool { ct_semaphore_wait(semaphore, nanoseconds) }

/// Two system calls of a tenth of a microsecond.
@_semantics("no_performance_analysis") @inline(__always)
private func priority() -> Int { Int(ct_realtime_priority()) }

/// Copies, with zeros for what is not finite or beyond ±10^10: it would be played.
@_noLocks @inline(__always)
func copyFinite(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
  for n in 0..<count {
    let sample = source[n]
    target[n] = sample.magnitude <= 1e10 ? sample : 0
  }
}
