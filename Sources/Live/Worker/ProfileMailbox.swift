import CThreads
import Enhancement
import Synchronization

/// Gets the noise heard out of the worker: somebody asks, the worker copies between two blocks.
final class ProfileMailbox: @unchecked Sendable {
  private let wanted = Atomic<Int>(-1)  // the channel asked for; −1: nobody asks
  private let answered = makeSemaphore()
  private let memory: UnsafeMutablePointer<Float>  // (200, 160)
  private var frameCount = 0

  init() {
    memory = .allocate(capacity: NoiseProfile.largestFrameCount * NoiseProfile.binCount)
    memory.initialize(repeating: 0, count: NoiseProfile.largestFrameCount * NoiseProfile.binCount)
  }

  deinit {
    memory.deallocate()
    ct_semaphore_destroy(answered)
  }

  /// Worker.
  func answer(_ enhancer: inout MultichannelEnhancer) {
    let channel = wanted.load(ordering: .acquiring)
    guard channel >= 0 else { return }
    frameCount = enhancer.withChannel(channel) { $0.copyNoiseReference(into: memory) }
    wanted.store(-1, ordering: .releasing)
    ct_semaphore_post(answered)
  }

  /// Anybody else, one at a time. nil where nothing was heard, or the worker does not answer within a second.
  func ask(channel: Int, wake: () -> Void) -> NoiseProfile? {
    while ct_semaphore_wait(answered, 0) {}  // an answer that came after its time
    wanted.store(channel, ordering: .releasing)
    wake()
    guard ct_semaphore_wait(answered, 1_000_000_000) else {
      wanted.store(-1, ordering: .releasing)
      return nil
    }
    guard frameCount > 0 else { return nil }
    return try? NoiseProfile(
      magnitudes: Array(UnsafeBufferPointer(start: memory, count: frameCount * NoiseProfile.binCount)))
  }
}
