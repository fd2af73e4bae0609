import CJACK
import CThreads
import Ground
import Realtime
import Synchronization

/// What JACK's callbacks on its real-time thread read, and nothing else: the ports, room for their buffers' addresses, and
/// what to call.
///
/// One at a fixed address, for a client's whole life. Ordinary fields are written only while the gate is shut and no block
/// is under way (`shut()`), or before the client is active.
struct JackProcess: ~Copyable {
  let channelCount: Int
  /// More than one for a single channel: it is chosen among them.
  let inputCount: Int
  let inputPorts: FixedArray<OpaquePointer?>  // (inputs), jack_port_t
  let outputPorts: FixedArray<OpaquePointer?>  // (channels)
  private let inputs: FixedArray<UnsafePointer<Float>>  // (inputs), filled for every block
  private let outputs: FixedArray<UnsafeMutablePointer<Float>>  // (channels)
  /// Makes one channel of several inputs; nil: they are the channels.
  private var choice: UnsafeMutablePointer<InputChoice>?
  private var heard: UnsafeMutablePointer<Float>?  // (block): what `choice` makes
  /// The jack_client_t, for callbacks that ask for names.
  var client: OpaquePointer?
  /// Wakes the supervisor.
  let wake: OpaquePointer
  var callback: BlockCallback?
  /// Samples per channel that `callback` was prepared for. Blocks of another size become silence.
  var block = 0
  private let isOpen = Atomic(false)
  private let isInside = Atomic(false)
  /// The raw `BlockConditions` of the blocks now.
  let conditions = Atomic<UInt32>(0)
  /// Samples per channel from input to output, for the latency callback.
  let latency = Atomic<UInt32>(0)
  /// Whether the latency callback only notes what is asked, and the supervisor answers (`JackClient.answerLatencies`).
  let notesLatency = Atomic(false)
  /// The modes that were asked for and not answered: 1 << jack_latency_callback_mode_t.
  let askedLatency = Atomic<UInt32>(0)
  /// What the server says that it runs at now.
  let serverBlock = Atomic(0)
  let serverRate = Atomic(0)
  /// 0 while the server is there, else 1 + the status that it left with.
  let lost = Atomic<UInt32>(0)
  /// Whether a block was handed to `callback` in this stay at a server.
  let hasRun = Atomic(false)

  init(inputCount: Int, channelCount: Int, wake: OpaquePointer) {
    self.channelCount = channelCount
    self.inputCount = inputCount
    self.wake = wake
    inputPorts = FixedArray(repeating: nil, count: inputCount)
    outputPorts = FixedArray(repeating: nil, count: channelCount)
    inputs = FixedArray(unfilled: inputCount)
    outputs = FixedArray(unfilled: channelCount)
  }

  deinit {
    choice?.deinitialize(count: 1)
    choice?.deallocate()
    heard?.deallocate()
  }

  /// From here on blocks are silent, and none is under way. Ordinary threads; waits for the block that is under way.
  mutating func shut() {
    isOpen.store(false, ordering: .sequentiallyConsistent)
    while isInside.load(ordering: .sequentiallyConsistent) { sleep(nanoseconds: 1_000_000) }
  }

  /// Hands blocks to `callback`. The gate must be shut.
  mutating func open(_ stream: PreparedStream, _ format: StreamFormat) {
    callback = stream.callback
    block = format.block
    if inputCount > channelCount {
      choice?.deinitialize(count: 1)
      choice?.deallocate()
      heard?.deallocate()
      choice = .allocate(capacity: 1)
      choice!.initialize(to: InputChoice(inputCount: inputCount, sampleRate: format.sampleRate))
      heard = .allocate(capacity: format.block)
    }
    latency.store(UInt32(clamping: stream.latencyInSamples), ordering: .relaxed)
    isOpen.store(true, ordering: .sequentiallyConsistent)
  }

  /// One block of JACK's. The order of the two flags is the mirror image of `shut()`: at least one side sees the other.
  @_noLocks
  func process(_ count: Int) {
    isInside.store(true, ordering: .sequentiallyConsistent)
    for channel in 0..<inputCount {
      inputs.base[channel] = UnsafePointer(buffer(inputPorts.base[channel], count))
    }
    for channel in 0..<channelCount { outputs.base[channel] = buffer(outputPorts.base[channel], count) }
    if isOpen.load(ordering: .sequentiallyConsistent), count == block, let callback {
      if let choice, let heard {
        choice.pointee.process(inputs.base, count: count, into: heard)
        inputs.base[0] = UnsafePointer(heard)
      }
      call(callback, inputs.base, outputs.base, count, conditions.load(ordering: .relaxed))
      hasRun.store(true, ordering: .releasing)
    } else {
      for channel in 0..<channelCount {
        let output = outputs.base[channel]
        for n in 0..<count { output[n] = 0 }
      }
    }
    isInside.store(false, ordering: .releasing)
  }
}

/// jack.h calls it safe in the process callback; measured by `JackTests`: no heap calls.
@_semantics("no_performance_analysis") @inline(__always)
private func buffer(_ port: OpaquePointer?, _ count: Int) -> UnsafeMutablePointer<Float> {
  jack_port_get_buffer(port, jack_nframes_t(count)).assumingMemoryBound(to: Float.self)
}

/// The callback belongs to the processor, which promises the same as this file.
@_semantics("no_performance_analysis") @inline(__always)
private func call(
  _ callback: BlockCallback, _ inputs: UnsafeMutablePointer<UnsafePointer<Float>>,
  _ outputs: UnsafeMutablePointer<UnsafeMutablePointer<Float>>, _ count: Int, _ conditions: UInt32
) {
  callback.function(callback.context, inputs, outputs, count, conditions)
}

/// JACK's process callback; `context` is a `JackProcess`. JACK's real-time thread.
@_noLocks
func jackProcess(_ count: jack_nframes_t, _ context: UnsafeMutableRawPointer?) -> Int32 {
  context!.assumingMemoryBound(to: JackProcess.self).pointee.process(Int(count))
  return 0
}

/// JACK's thread-init callback: first on its real-time thread.
func jackThreadInit(_ context: UnsafeMutableRawPointer?) { flushDenormals() }

/// JACK's shutdown callback, from a signal handler perhaps: stores and posts, nothing else.
func jackShutdown(_ code: jack_status_t, _ reason: UnsafePointer<CChar>?, _ context: UnsafeMutableRawPointer?) {
  let process = context!.assumingMemoryBound(to: JackProcess.self)
  process.pointee.lost.store(1 + (code.rawValue & 0xffff), ordering: .releasing)
  ct_semaphore_post(process.pointee.wake)
}

/// The same from servers that give no reason.
func jackShutdownWithoutReason(_ context: UnsafeMutableRawPointer?) {
  let process = context!.assumingMemoryBound(to: JackProcess.self)
  _ = process.pointee.lost.compareExchange(expected: 0, desired: 1, ordering: .releasing)
  ct_semaphore_post(process.pointee.wake)
}
