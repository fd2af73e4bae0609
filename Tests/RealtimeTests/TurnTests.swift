import Enhancement
import Foundation
import Realtime
import Synchronization
import SignalProcessing
import LiveTestSupport
import Testing

/// What one thread waits for in the engine, no other waits for.
@Suite struct TurnTests {
  /// A recording whose end takes as long as the test wants.
  private final class SlowRecorder: SessionRecorder, SessionRecording {
    nonisolated(unsafe) let tap: UnsafeMutablePointer<SessionTap>
    let isFinishing = Atomic(false)
    let mayFinish = DispatchSemaphore(value: 0)
    var isWhole: Bool { true }

    init(_ format: StreamFormat) {
      tap = .allocate(capacity: 1)
      tap.initialize(to: SessionTap(format: format, frames: .standard))
    }
    deinit {
      tap.deinitialize(count: 1)
      tap.deallocate()
    }
    func start() {}
    func finish() {
      isFinishing.store(true, ordering: .releasing)
      mayFinish.wait()
    }
    func makeRecorder(
      segment: Int, start: SessionStart, remark: @escaping @Sendable (String) -> Void
    ) -> any SessionRecorder { self }
    func place(ofSegment segment: Int) -> String { "nowhere" }
  }

  /// The engine held its lock until the recording was written, the speed test done and the worker's thread joined.
  @Test(.timeLimit(.minutes(1))) func `commands and status wait for no recording`() throws {
    let format = StreamFormat(sampleRate: 16000, block: 160, channelCount: 1)
    let recorder = SlowRecorder(format)
    var options = calm
    options.recording = recorder
    let engine = try LiveEngine(model: try model(), settings: EnhancementSettings(), options: options)
    _ = try engine.prepare(format)
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      try? engine.stop()
      ended.signal()
    }
    while !recorder.isFinishing.load(ordering: .acquiring) { usleep(1000) }
    // All of this came back only once the recording had ended, which it does below.
    #expect(engine.status?.format == format)
    try engine.send(.mix(0.5))
    #expect(engine.settings.mix == 0.5)
    #expect(engine.latencyBudget != nil)
    #expect(engine.noiseProfile() == nil)
    recorder.mayFinish.signal()
    ended.wait()
    #expect(engine.status == nil)
  }
}
