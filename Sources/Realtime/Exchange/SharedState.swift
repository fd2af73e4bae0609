import CThreads
import Synchronization

/// What the device's callback and the worker share: two rings and a handful of atomics. Made for one format.
///
///     callback → input ring → worker → output ring → callback
///
/// The worker's output for the input at position q is written at position q + `lead`; the callback that brings the input at
/// p plays the output at p. So the output ring begins with `lead` zeros, and the worker has the time of `lead` samples less
/// one block for every block.
struct SharedState: ~Copyable, @unchecked Sendable {
  let input: SampleRing
  let output: SampleRing
  /// Samples from a block's input to its output: whole blocks.
  let lead: Int

  /// The newest callback: its position and when it was.
  let position = Atomic<Int>(0)
  let time = Atomic<UInt64>(0)
  /// Priority of the callback's thread, 0: ordinary; −1: to be found by the next callback: a device's first, or that of one
  /// that has come back (another thread, and maybe another priority).
  let callbackPriority = Atomic<Int>(-1)
  /// Whether the newest callback may wait (freewheel).
  let mayWait = Atomic<Bool>(false)
  /// Whether the callback waits just now.
  let isWaiting = Atomic<Bool>(false)
  /// Bits of the gain at which the delayed input is played where the output is missing.
  let gain = Atomic<UInt32>(Float(1).bitPattern)

  /// What to do when the input ring is full.
  enum Intake {
    /// Input flows.
    static var flows: Int { @_noLocks get { 0 } }
    /// The ring was full: the callback keeps its input out until the worker has emptied the ring.
    static var overrun: Int { @_noLocks get { 1 } }
    /// The ring is empty again: the callback may begin anew, and says where.
    static var emptied: Int { @_noLocks get { 2 } }
  }
  let intake = Atomic<Int>(Intake.flows)
  /// Position of the first sample after an overrun.
  let resumedAt = Atomic<Int>(0)

  // Counters of the callback.
  let drySamples = Atomic<Int>(0)
  let drySpans = Atomic<Int>(0)
  let overruns = Atomic<Int>(0)
  /// How long callbacks took; those that may wait are left out.
  let callbackTimes = CallbackTimes()

  /// Whether the worker is to be woken for the next block; else it comes by itself (`WorkerPace`).
  let isAsleep = Atomic<Bool>(false)
  /// Whether the worker sleeps because nothing sounds: the output of a silent block is silence, made or not. Set by the worker while no
  /// input waits; the callback that brings sound clears it and wakes the worker.
  let rests = Atomic<Bool>(false)
  /// Posted by the callback where the worker sleeps.
  let wake: OpaquePointer
  /// Posted by the worker after every block while the callback waits.
  let done: OpaquePointer

  init(format: StreamFormat, lead: Int) {
    self.lead = lead
    // A second of sound, or eight blocks, whichever is more: longer stalls lose input.
    let room = max(format.sampleRate, 8 * format.block) + lead
    input = SampleRing(channelCount: format.channelCount, capacity: room)
    output = SampleRing(channelCount: format.channelCount, capacity: room + lead, zeros: lead)
    wake = makeSemaphore()
    done = makeSemaphore()
  }

  deinit {
    ct_semaphore_destroy(wake)
    ct_semaphore_destroy(done)
  }
}
