import Ground
import ScoreModel
import Synchronization

/// Makes the noise tokens of live enhancers on a thread beside the frame path, one refresh after another.
///
/// The owner of the thread calls `runPending()` whenever `wake` was called; `wake` is called on the frame path and must
/// neither lock nor wait (a semaphore's post). Made with the enhancers that use it, which register themselves.
public final class NoiseEncodingService: @unchecked Sendable {
  /// Whether the frame path waits for the tokens where they are due, instead of going on with the old ones: for
  /// freewheel, where nobody listens in real time. Any thread.
  public var waits: Bool {
    get { waiting.load(ordering: .relaxed) }
    set { waiting.store(newValue, ordering: .relaxed) }
  }

  private let waiting = Atomic<Bool>(false)
  private let encoder: (any NoiseEncoder)?
  private var jobs: [NoiseEncodingJob] = []
  let wake: @Sendable () -> Void
  let pause: @Sendable () -> Void

  /// - Parameters:
  ///   - model: the model of the enhancers.
  ///   - wake: called on the frame path when there is something to run.
  ///   - pause: called on the frame path while it waits (see `waits`), again and again: a short sleep.
  public init(
    model: EnhancementModel?, wake: @escaping @Sendable () -> Void, pause: @escaping @Sendable () -> Void
  ) {
    encoder = model?.makeReferenceEncoder()
    self.wake = wake
    self.pause = pause
  }

  /// Not while `runPending` runs.
  func register(_ job: NoiseEncodingJob) { jobs.append(job) }

  /// Makes the tokens of all references that were taken. On the thread beside the frame path.
  public func runPending() {
    let saved = flushDenormals()
    defer { restoreDenormals(saved) }
    for job in jobs { job.run(encoder) }
  }
}
