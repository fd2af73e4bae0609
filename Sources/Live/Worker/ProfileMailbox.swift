import CThreads
import Enhancement
import Synchronization

/// Gets the noise heard out of the worker: somebody asks, the worker copies between two blocks.
final class ProfileMailbox: @unchecked Sendable {
  /// The request that waits, counted from 1, times 64, plus the channel; 0: nobody asks.
  private let wanted = Atomic<Int>(0)
  /// The request whose answer is in `memory`. The worker writes there only while a request waits.
  private let answeredRequest = Atomic<Int>(0)
  private let answered = makeSemaphore()
  private let memory: UnsafeMutablePointer<Float>  // (200, 160)
  private var frameCount = 0
  private var requestCount = 0  // of those who ask

  init() {
    memory = .allocate(capacity: NoiseProfile.largestFrameCount * NoiseProfile.binCount)
    memory.initialize(repeating: 0, count: NoiseProfile.largestFrameCount * NoiseProfile.binCount)
  }

  deinit {
    memory.deallocate()
    ct_semaphore_destroy(answered)
  }

  /// The request that waits; 0: none.
  var request: Int { wanted.load(ordering: .acquiring) }

  /// Worker.
  func answer(_ enhancer: inout MultichannelEnhancer) {
    let request = request
    guard request != 0 else { return }
    answer(request) { enhancer.withChannel(request & 63) { $0.copyNoiseReference(into: memory) } }
  }

  /// - Parameter copy: fills the memory; gives the frames.
  func answer(_ request: Int, copy: () -> Int) {
    frameCount = copy()
    answeredRequest.store(request, ordering: .releasing)
    // Not where another has been asked meanwhile: that one is answered by the next call.
    _ = wanted.compareExchange(expected: request, desired: 0, ordering: .relaxed)
    ct_semaphore_post(answered)
  }

  /// Anybody else, one at a time. nil where nothing was heard, or the worker does not answer in time.
  ///
  /// - Parameter nanoseconds: the time.
  func ask(channel: Int, nanoseconds: UInt64 = 1_000_000_000, wake: () -> Void) -> NoiseProfile? {
    requestCount += 1
    let request = requestCount * 64 + channel
    wanted.store(request, ordering: .releasing)
    wake()
    let until = ct_now() + nanoseconds
    // What comes first may be the answer to a request that was given up.
    while answeredRequest.load(ordering: .acquiring) != request {
      let now = ct_now()
      guard now < until, ct_semaphore_wait(answered, until - now) else {
        _ = wanted.compareExchange(expected: request, desired: 0, ordering: .relaxed)
        return nil
      }
    }
    guard frameCount > 0 else { return nil }
    return try? NoiseProfile(
      magnitudes: Array(UnsafeBufferPointer(start: memory, count: frameCount * NoiseProfile.binCount)))
  }
}
