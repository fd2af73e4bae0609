import CThreads
import Enhancement
import Ground
import SignalProcessing
import Synchronization

/// Gets the noise heard out of the worker: somebody asks, the worker copies between two blocks.
final class ProfileMailbox: @unchecked Sendable {
  /// The request that waits, counted from 1; 0: nobody asks.
  private let wanted = Atomic<Int>(0)
  /// The request whose answer is in `memory`. The worker writes there only while a request waits.
  private let answeredRequest = Atomic<Int>(0)
  private let answered = makeSemaphore()
  private let format: FrameFormat
  private let memory: FloatMemory  // the longest profile's (frames, bins)
  private var frameCount = 0
  private var requestCount = 0  // of those who ask
  /// Posted while nobody asks: those who ask take turns.
  private let turn = Semaphore()
  /// Whether the worker has ended: nobody will answer.
  private let isClosed = Atomic<Bool>(false)

  /// - Parameter format: of the model.
  init(_ format: FrameFormat) {
    self.format = format
    memory = FloatMemory(NoiseProfile.largestSize(for: format))
    turn.post()
  }

  deinit { ct_semaphore_destroy(answered) }

  /// The request that waits; 0: none.
  var request: Int { wanted.load(ordering: .acquiring) }

  /// Worker.
  func answer(_ enhancer: inout MultichannelEnhancer) {
    let request = request
    guard request != 0 else { return }
    answer(request) { enhancer.copyNoiseReference(into: memory.base) }
  }

  /// - Parameter copy: fills the memory; gives the frames.
  func answer(_ request: Int, copy: () -> Int) {
    frameCount = copy()
    answeredRequest.store(request, ordering: .releasing)
    // Not where another has been asked meanwhile: that one is answered by the next call.
    _ = wanted.compareExchange(expected: request, desired: 0, ordering: .relaxed)
    ct_semaphore_post(answered)
  }

  /// Any ordinary thread. nil where nothing was heard, the worker does not answer in time, or it has ended.
  ///
  /// - Parameter nanoseconds: the time, that of others' turns included.
  func ask(nanoseconds: UInt64 = 1_000_000_000, wake: () -> Void) -> NoiseProfile? {
    let until = monotonicNanoseconds() + nanoseconds
    guard turn.wait(nanoseconds: nanoseconds) else { return nil }
    defer { turn.post() }
    requestCount += 1
    let request = requestCount
    wanted.store(request, ordering: .sequentiallyConsistent)
    // The mirror image of `close`: at least one side sees the other.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    guard !isClosed.load(ordering: .sequentiallyConsistent) else { return nil }
    wake()
    // What comes first may be the answer to a request that was given up.
    while answeredRequest.load(ordering: .acquiring) != request {
      let now = monotonicNanoseconds()
      guard now < until, ct_semaphore_wait(answered, until - now) else {
        _ = wanted.compareExchange(expected: request, desired: 0, ordering: .relaxed)
        return nil
      }
    }
    return profile
  }

  /// Answers who still asks, and lets nobody ask any more. Once the worker has ended, on the thread that ended it.
  func close(_ enhancer: inout MultichannelEnhancer) {
    isClosed.store(true, ordering: .sequentiallyConsistent)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    answer(&enhancer)
  }

  /// The noise heard, without a worker. After `close`, on the same thread; nobody who asked may be left.
  func take(_ enhancer: inout MultichannelEnhancer) -> NoiseProfile? {
    guard turn.wait(nanoseconds: 1_000_000_000) else { return nil }
    defer { turn.post() }
    frameCount = enhancer.copyNoiseReference(into: memory.base)
    return profile
  }

  /// What is in `memory`; nil where nothing was heard.
  private var profile: NoiseProfile? {
    guard frameCount > 0 else { return nil }
    return try? NoiseProfile(
      magnitudes: Array(UnsafeBufferPointer(start: memory.base, count: frameCount * format.modelBinCount)),
      format: format)
  }
}
