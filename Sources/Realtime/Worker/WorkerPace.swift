/// When the worker looks for the device's next block: by the clock, so that the callback need not wake it.
///
/// Waking a thread is a system call that takes the waker 0.1 ms, and now and then a millisecond where the other core sleeps or
/// is a virtual machine's: far more than the callback's own work. So the callback leaves its position and time, and the worker
/// looks when the next block is due, and again every `grain` until it is there. Only where blocks cease for a while, or may
/// wait for the worker, does it ask to be woken (`SharedState.isAsleep`).
struct WorkerPace {
  /// A block's time, nanoseconds.
  private let period: UInt64
  private let sampleRate: Int
  /// Time between two looks, nanoseconds.
  private let grain: UInt64
  /// The same while the network rests (`FrameEnhancer.isResting`): what comes takes no time, and looking is most of the work.
  private let restingGrain: UInt64

  /// How late blocks may be, nanoseconds, before the worker asks to be woken.
  private static let patience: UInt64 = 20_000_000
  /// After a block is due, nanoseconds: callbacks come a little unevenly.
  private static let unevenness: UInt64 = 100_000

  /// - Parameters:
  ///   - block: samples per channel.
  ///   - sampleRate: Hz.
  ///   - allowance: seconds that the latency leaves for computing; looking takes at most a twentieth of it, and a quarter
  ///     while the network rests.
  init(block: Int, sampleRate: Int, allowance: Double) {
    self.sampleRate = sampleRate
    period = Self.nanoseconds(block, sampleRate)
    grain = UInt64(min(0.5e-3, max(0.05e-3, allowance / 20)) * 1e9)
    restingGrain = max(grain, UInt64(max(0, allowance) / 4 * 1e9))
  }

  /// How long to nap before the next look; nil: until woken.
  ///
  /// - Parameters:
  ///   - now: the monotonic clock's nanoseconds.
  ///   - newest: the same at the newest callback; 0 before the first.
  ///   - missing: samples per channel until a block is whole: callbacks may bring fewer than a block.
  ///   - mayWait: whether the callback waits for its output.
  ///   - isResting: whether the network rests.
  func nap(now: UInt64, newest: UInt64, missing: Int, mayWait: Bool, isResting: Bool = false) -> UInt64? {
    guard newest != 0, !mayWait, now < newest + period + Self.patience else { return nil }
    let grain = isResting ? restingGrain : grain
    let due = newest + Self.nanoseconds(missing, sampleRate) + (isResting ? grain : min(Self.unevenness, grain))
    return due > now + grain ? due - now : grain
  }

  private static func nanoseconds(_ samples: Int, _ sampleRate: Int) -> UInt64 {
    UInt64(Double(samples) / Double(sampleRate) * 1e9)
  }
}
