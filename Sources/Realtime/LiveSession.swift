import CThreads
import Enhancement
import Ground
import SignalProcessing
import Synchronization

/// Everything that is made for one format: rings, callback, worker, threads. The engine makes a new one when the device
/// changes its format.
final class LiveSession: @unchecked Sendable {
  let format: StreamFormat
  /// Of the model.
  let frames: FrameFormat
  let budget: LatencyBudget
  let shared: FixedValue<SharedState>
  let callback: FixedValue<CallbackState>
  let worker: Worker
  let service: NoiseEncodingService
  let profiles: ProfileMailbox
  let desk: LearningDesk
  let recorder: (any SessionRecorder)?
  /// nil where nobody may look on.
  let soundTap: SoundTap?

  private let pace: WorkerPace
  private let encoderWake: Semaphore
  private var workerThread: WorkerThread?
  private var encoderThread: WorkerThread?

  /// - Parameters:
  ///   - settings: what the user wishes; `resamplerQuality` and `maximumSteps` are already the engine's.
  ///   - profile: noise heard before.
  ///   - makeRecorder: given what the session begins with; nil: nothing is recorded.
  ///   - measure: gives the seconds of a frame of all channels, for the speed test.
  init(
    model: EnhancementModel?, settings: EnhancementSettings, format: StreamFormat, options: LiveOptions,
    profile: NoiseProfile?, isFrozen: Bool, learned: (named: [LearnedNoise], live: LearnedNoise?),
    makeRecorder: (SessionStart) throws -> (any SessionRecorder)?,
    commands: UnsafeMutablePointer<ValueRing<CommandValue>>, meters: LiveMeters,
    measure: (inout MultichannelEnhancer, StreamFormat) throws -> Double = SpeedTest.measure,
    remark: @escaping @Sendable (String) -> Void
  ) throws {
    self.format = format
    frames = model?.frameFormat ?? .standard
    profiles = ProfileMailbox(frames)
    budget = try LatencyBudget(
      format, frames: frames, passes: model == nil || settings.method == .wiener ? 1 : settings.passes,
      resamplerQuality: settings.resamplerQuality, band: settings.band,
      allowance: options.allowance)
    pace = WorkerPace(block: format.block, sampleRate: format.sampleRate, allowance: options.allowance)
    let lead = try LatencyBudget.allowedBlocks(format, allowance: options.allowance) * format.block

    let wake = Semaphore()
    encoderWake = wake
    service = NoiseEncodingService(model: model, wake: { wake.post() }, pause: { sleep(nanoseconds: 50_000) })
    var enhancer = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: format.sampleRate, channelCount: format.channelCount,
      granularity: format.block, service: service)
    let levels = WorkLevels(model)
    let speed = try SpeedTest.run(
      &enhancer, levels: levels, model: model, settings: settings, format: format, mayLower: options.adaptsSteps,
      remark: remark, measure: measure)
    // What the speed test left to the encoder is done with.
    service.runPending()
    enhancer.reset()
    if let profile { try enhancer.setNoiseProfile(profile, isFrozen: false) }
    enhancer.holdNoiseReferences(isFrozen)
    desk = LearningDesk(
      model: model, sampleRate: format.sampleRate, named: learned.named, live: learned.live, wake: { wake.post() },
      remark: remark)
    let tokens = try desk.firstTokens()
    if let tokens { enhancer.setLearnedTokens(tokens) }
    meters.isLearned.store(tokens != nil, ordering: .relaxed)

    recorder = try makeRecorder(
      SessionStart(
        format: format, lead: lead, settings: speed.settings, level: speed.level, model: model, profile: profile,
        isFrozen: isFrozen, learned: tokens == nil ? [] : desk.sounds,
        endsLive: tokens != nil && desk.live != nil))
    shared = FixedValue(SharedState(format: format, lead: lead))
    let latency = enhancer.latencyInSamples + lead
    soundTap = options.lendsSound ? SoundTap(format: format, latency: latency) : nil
    callback = FixedValue(
      CallbackState(
        format: format, shared: shared.address, latency: latency, tap: recorder?.tap,
        onlookers: soundTap?.rings.address))
    Self.warmUp(format)
    worker = Worker(
      format: format, shared: shared.address, commands: commands, meters: meters, service: service, tap: recorder?.tap,
      profiles: profiles, desk: desk, enhancer: enhancer, settings: speed.settings,
      levels: levels, governor: StepGovernor(wished: levels.whole(speed.settings), level: speed.level),
      adapts: options.adaptsSteps, isTimed: true)
  }

  /// Runs the callback's code on memory of its own: the first call of a function makes the linker look for it, which takes
  /// longer than a block may.
  private static func warmUp(_ format: StreamFormat) {
    let shared = FixedValue(SharedState(format: format, lead: format.block))
    shared.pointee.isAsleep.store(true, ordering: .relaxed)  // so that waking is called too
    var callback = CallbackState(format: format, shared: shared.address, latency: format.block, tap: nil)
    let block = PlanarBlock(channelCount: format.channelCount, capacity: format.block)
    for _ in 0..<4 { callback.process(block.constantLanes, block.lanes, count: format.block, mayWait: false) }
    withExtendedLifetime(shared) {}
  }

  /// What the device gets.
  var prepared: PreparedStream {
    PreparedStream(
      callback: BlockCallback(context: UnsafeMutableRawPointer(callback.address), function: liveCallback),
      latencyInSamples: callback.pointee.latency)
  }

  /// Starts the threads.
  ///
  /// - Parameter priority: what gives the worker its own.
  func start(_ priority: PriorityFollower) throws {
    do { try startThreads(priority) } catch {
      // Those that run already know this session.
      try? stop()
      throw error
    }
  }

  private func startThreads(_ priority: PriorityFollower) throws {
    try recorder?.start()
    encoderThread = try WorkerThread(name: "limpid-encoder") { [unowned self] in
      guard encoderWake.wait(nanoseconds: 100_000_000) else { return }
      service.runPending()
      desk.run()
    }
    workerThread = try WorkerThread(name: "limpid-worker") { [unowned self] in
      waitForBlocks()
      priority.follow(shared.pointee.callbackPriority.load(ordering: .relaxed))
      worker.pausesBetweenBlocks = priority.isLimited
      worker.run()
    }
  }

  /// Until it is time to look for blocks. On the worker.
  private func waitForBlocks() {
    // In this order: by the newest callback's time what it brought is counted, so that the nap is never too long.
    let newest = shared.pointee.time.load(ordering: .acquiring)
    let missing = format.block - shared.pointee.input.available
    let mayWait = shared.pointee.mayWait.load(ordering: .relaxed)
    // A part of a block that waits may be sound: the silence after it would wake nobody.
    if worker.isQuiet, missing == format.block, newest != 0, !mayWait { return rest() }
    if shared.pointee.rests.load(ordering: .relaxed) { shared.pointee.rests.store(false, ordering: .relaxed) }
    guard missing > 0 else { return }
    let isResting = worker.enhancer.isResting
    if let nap = pace.nap(
      now: monotonicNanoseconds(), newest: newest, missing: missing, mayWait: mayWait, isResting: isResting)
    {
      return sleep(nanoseconds: nap)
    }
    shared.pointee.isAsleep.store(true, ordering: .sequentiallyConsistent)
    // Between the last look and the word that it sleeps a block may have come, whose callback woke nobody.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if shared.pointee.input.available < format.block { _ = ct_semaphore_wait(shared.pointee.wake, 100_000_000) }
    shared.pointee.isAsleep.store(false, ordering: .relaxed)
  }

  /// Sleeps for a tenth of a second, or until sound comes: silence is played without the worker meanwhile, and what waits of it is
  /// done with at once afterwards.
  private func rest() {
    shared.pointee.rests.store(true, ordering: .sequentiallyConsistent)
    // Between the last look and the word that it rests sound may have come, whose callback woke nobody.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if shared.pointee.input.available == 0 {
      _ = ct_semaphore_wait(shared.pointee.wake, 100_000_000)
    } else {
      shared.pointee.rests.store(false, ordering: .relaxed)
    }
  }

  /// Lets the worker look for commands at once where it sleeps for want of sound. Any thread but the callback's.
  func endRest() {
    if shared.pointee.rests.load(ordering: .relaxed) { ct_semaphore_post(shared.pointee.wake) }
  }

  /// Whether the device has brought a block lately: within half a second, or the time of two blocks. Any thread.
  var blocksFlow: Bool {
    let newest = shared.pointee.time.load(ordering: .relaxed)
    let patience = max(0.5, 2 * Double(format.block) / Double(format.sampleRate))
    return newest != 0 && monotonicNanoseconds() < newest + UInt64(patience * 1e9)
  }

  /// Ends the threads and the recording; no callback is under way or will come. Waits for all of it.
  ///
  /// - Throws: what the recorder throws.
  func stop() throws {
    workerThread?.stop(wake: { ct_semaphore_post(shared.pointee.wake) })
    encoderThread?.stop(wake: { encoderWake.post() })
    workerThread = nil
    encoderThread = nil
    // Who asked while the worker ended has an answer, and who asks from now on is not kept waiting for one.
    profiles.close(&worker.enhancer)
    try recorder?.finish()
  }

  /// The noise heard by the end. After `stop`, on the thread that called it.
  var finalProfile: NoiseProfile? { profiles.take(&worker.enhancer) }

  /// Whether the noise reference was to stay as it is by the end. As `finalProfile`.
  var finallyHolds: Bool { worker.enhancer.holdsNoiseReferences }
}
