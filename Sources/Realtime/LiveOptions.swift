import Enhancement

/// How the live engine treats time.
public struct LiveOptions: Sendable {
  /// Time that the worker has for its frames beyond the next block, seconds; rounded up to whole blocks, at least one.
  public var allowance = 0.010
  /// speexdsp's quality of both resamplers: 3 takes 3 ms at 48 kHz, 5 takes 5 ms and keeps more of 7–8 kHz.
  public var resamplerQuality = 3
  /// Whether it may lower the steps when frames are late, and measures at the start what this machine can do.
  public var adaptsSteps = true
  /// Most that the worker's priority under SCHED_FIFO may be, 1…99; nil: ordinary scheduling. It stays below that of the
  /// device's thread: where that one is ordinary, the worker is, too.
  public var priority: Int? = 60
  /// Asked, on the worker's thread, for the priority that the system does not allow it: is to return at once, and to call `done` with
  /// whether it was given, later and on any thread. The thread has the number by which the system knows it. nil: nobody is asked.
  public var givesPriority: PriorityGiver?
  /// As `givesPriority`.
  public typealias PriorityGiver =
    @Sendable (_ thread: Int, _ priority: Int, _ done: @escaping @Sendable (Bool) -> Void) -> Void
  /// Whether the process' memory is locked as it is touched (MCL_ONFAULT), so that no page has to be fetched in time: for
  /// programs that are all audio, not for guests of others.
  public var locksMemory = false
  /// Keeps input, output and every decision; nil: nothing is recorded.
  public var recording: (any SessionRecording)?
  /// Whether sessions have a `SoundTap`, for onlookers such as a page with spectrograms.
  public var lendsSound = false
  /// Noise heard before, used from the first frame on.
  public var noiseProfile: NoiseProfile?
  /// Whether the reference stays at `noiseProfile`; where there is none, as soon as it is full.
  public var freezesNoiseReference = false

  /// What is removed from the first frame on, voice or not. Only with a model that has tokens for it.
  public var learned: [LearnedNoise] = []
  /// What `LiveStatus` is to call them.
  public var learnedNames: [String] = []
  /// What was learned live before.
  public var learnedLive: LearnedNoise?

  /// The values that stand beside each: nothing is recorded, nothing was heard or learned before.
  public init() {}

  /// The settings as the engine runs them.
  func adapted(_ settings: EnhancementSettings, model: EnhancementModel?) -> EnhancementSettings {
    var settings = settings
    settings.resamplerQuality = resamplerQuality
    if settings.maximumSteps == nil { settings.maximumSteps = model?.largestSteps ?? EnhancementSettings.largestSteps }
    return settings
  }
}
