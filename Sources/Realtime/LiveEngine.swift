import CThreads
import Enhancement
import Ground
import SignalProcessing
import Synchronization

/// The enhancer in real time: stands behind a device, keeps its latency, and answers to commands while it runs.
///
///     let engine = try LiveEngine(model: model, settings: settings)
///     let client = try JackClient(configuration, processor: engine)     // calls prepare, then the callback
///     try engine.send(.attenuationLimit(12))
///     print(engine.status?.latencyInSamples ?? 0)
///
/// The device's callback only moves samples between two rings; one worker thread enhances; an ordinary thread makes the
/// noise tokens. `prepare`, `send`, `status`, `noiseProfile` and `stop` may be called from any ordinary thread; `send` and
/// `status` wait for nothing, whatever the others wait for.
public final class LiveEngine: BlockProcessor, @unchecked Sendable {
  private let model: EnhancementModel?
  private let options: LiveOptions
  private let remark: @Sendable (String) -> Void
  private let meters = LiveMeters()
  private let xruns = Atomic<Int>(0)
  private let commands: FixedValue<ValueRing<CommandValue>>

  /// What changes: guarded by `state`'s lock, which neither callback nor worker ever takes, and which nobody holds while
  /// waiting for anything.
  private struct State {
    /// Stays until the next one runs, so that onlookers always see one. Changed only by who has the turn.
    var session: LiveSession?
    /// Whether a session is being made: commands wait for its worker.
    var isPreparing = false
    /// The settings wished, commands included.
    var settings: EnhancementSettings
    var profile: NoiseProfile?
    var isFrozen: Bool
    /// What is removed: by name, and what was learned live.
    var learned: (named: [LearnedNoise], live: LearnedNoise?)
    /// What those are called that have a name.
    var removedNames: [String]
    /// The recording that the next session goes on with; nil: none.
    var recording: (any SessionRecording)?
    /// Segments of the recording so far.
    var segmentCount = 0
    /// Why the recording is not whole, where a segment has ended since.
    var recordingError: (any Error)?
    /// Times that the noise heard was to be forgotten.
    var clearCount = 0
    /// Whether what was learned was forgotten since the session that is being made took it over.
    var hasForgotten = false
    /// The weight of guidance that runs where the machine is too slow for the one wished; nil: that one runs.
    var loweredGuidance: Float?
    /// Counters of sessions that have ended.
    var past = LiveCounters()
    /// Seconds of sound in them.
    var pastSeconds = 0.0
  }
  /// Gives the seconds of a frame of all channels, for the speed test. Tests set it before the device is there.
  nonisolated(unsafe) var measure: (inout MultichannelEnhancer, StreamFormat) throws -> Double = SpeedTest.measure
  private let state: Mutex<State>
  /// Posted while no session is made or ended: `prepare` and `stop` take turns, and what they wait for they wait for without
  /// the lock.
  private let turn = Semaphore()

  /// - Parameters:
  ///   - model: the weights; nil for the method `wiener`.
  ///   - settings: how to enhance. The engine takes its own resampler quality (`LiveOptions`) and, unless
  ///     `maximumSteps` says otherwise, makes room for as many steps as there are.
  ///   - options: how to treat time.
  ///   - remark: called on an ordinary thread with sentences for the user (priority not allowed, steps lowered…).
  /// - Throws: `EnhancementError`, `LiveError`.
  public init(
    model: EnhancementModel?, settings: EnhancementSettings, options: LiveOptions = LiveOptions(),
    remark: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    let settings = options.adapted(settings, model: model)
    try settings.validate(for: model)
    if settings.method == .score && model == nil { throw EnhancementError.modelRequired }
    self.model = model
    self.options = options
    self.remark = remark
    commands = FixedValue(ValueRing(capacity: 64, filler: .clear))
    state = Mutex(
      State(
        settings: settings, profile: options.noiseProfile, isFrozen: options.freezesNoiseReference,
        learned: (options.learned, options.learnedLive), removedNames: options.learnedNames,
        recording: options.recording))
    turn.post()
  }

  // MARK: - The device

  /// As `BlockProcessor` says. Waits for the speed test, and, where the device has changed its format, for the end of the
  /// session before.
  ///
  /// - Throws: `EnhancementError`, `LiveError`, or what the recording throws.
  public func prepare(_ format: StreamFormat) throws -> PreparedStream {
    turn.wait()
    defer { turn.post() }
    let old = state.withLock { $0.session }
    if let old, old.format == format {
      old.shared.pointee.callbackPriority.store(-1, ordering: .relaxed)
      return old.prepared
    }
    if let old { endForAnother(old) }
    if options.locksMemory { _ = ct_lock_memory() }
    do {
      let session = try startSession(format)
      replace(old, by: session)
      return session.prepared
    } catch {
      replace(old, by: nil)
      throw error
    }
  }

  /// What was heard and wished goes on; the rest begins anew at the new format.
  private func endForAnother(_ session: LiveSession) {
    let clearsBefore = state.withLock { $0.clearCount }
    end(session)
    let heard = session.finalProfile
    let place = state.withLock { state in
      state.learned = (session.desk.named, session.desk.live)
      if state.clearCount == clearsBefore {
        if let heard { state.profile = heard }
        state.isFrozen = session.finallyHolds
      }
      return state.recording?.place(ofSegment: state.segmentCount)
    }
    if let place { remark("the device runs at another format now, so the recording goes on in \(place)") }
  }

  /// Makes a session and lets its threads run.
  private func startSession(_ format: StreamFormat) throws -> LiveSession {
    let wish = state.withLock { state in
      state.isPreparing = true
      state.hasForgotten = false
      return state
    }
    let session = try LiveSession(
      model: model, settings: wish.settings, format: format, options: options, profile: wish.profile,
      isFrozen: wish.isFrozen, learned: wish.learned, makeRecorder: { try makeRecorder($0, wish) },
      commands: commands.address, meters: meters, measure: measure, remark: remark)
    state.withLock { state in
      if session.recorder == nil {
        state.recording = nil
      } else {
        state.segmentCount += 1
      }
      // A weight that was sent meanwhile is the new worker's.
      if state.settings.guidance == wish.settings.guidance {
        let running = session.worker.settings.guidance
        state.loweredGuidance = running == wish.settings.guidance ? nil : running
      }
    }
    let meters = meters
    let remark = remark
    let priority = PriorityFollower(most: options.priority, giver: options.givesPriority) { outcome in
      meters.isRealTime.store(outcome == .realTime, ordering: .relaxed)
      if outcome == .refused {
        remark(
          "the worker runs without real-time priority, which the system does not allow; give your user the right "
            + "(group audio, rtprio in /etc/security/limits.d), or install rtkit, if you hear gaps")
      }
    }
    try session.start(priority)
    return session
  }

  /// The recorder of a session that begins; nil also where only the next segment cannot be made: what was begun goes on.
  private func makeRecorder(_ start: SessionStart, _ wish: State) throws -> (any SessionRecorder)? {
    do {
      return try wish.recording?.makeRecorder(segment: wish.segmentCount, start: start, remark: remark)
    } catch  where wish.segmentCount > 0 {
      remark("the recording has ended: \(error)")
      return nil
    }
  }

  /// Ends a session, and its part of the recording. Where that is whole, the next session may go on with it.
  private func end(_ session: LiveSession) {
    var problem: (any Error)?
    do { try session.stop() } catch { problem = error }
    let isWhole = session.recorder?.isWhole == true
    state.withLock { state in
      state.recordingError = state.recordingError ?? problem
      if !isWhole { state.recording = nil }
    }
  }

  private func replace(_ old: LiveSession?, by session: LiveSession?) {
    state.withLock { state in
      if let old {
        state.past.add(old)
        state.pastSeconds += Double(meters.samples.load(ordering: .relaxed)) / Double(old.format.sampleRate)
        meters.samples.store(0, ordering: .relaxed)
      }
      if state.hasForgotten { session?.desk.forget() }
      state.session = session
      state.isPreparing = false
    }
  }

  /// As `BlockProcessor` says: counts xruns, keeps the clocks' difference, gives `remark` its sentences, on the thread that
  /// calls. Any thread but the device's callback.
  public func note(_ event: DeviceEvent) {
    switch event {
    case .xrun: xruns.add(1, ordering: .relaxed)
    case .lost(let reason): remark("\(reason); waiting for it to come back")
    case .returned: remark("the device is back")
    case .remark(let sentence): remark(sentence)
    case .clockDrift(let ppm): meters.clockDrift.store(double: ppm)
    case .freewheel: break
    }
  }

  /// Stops worker and encoder thread and ends a recording, and waits for that; the device must have stopped before.
  ///
  /// - Throws: what the recording throws, where it is not whole.
  public func stop() throws {
    turn.wait()
    defer { turn.post() }
    if let session = state.withLock({ $0.session }) {
      end(session)
      replace(session, by: nil)
    }
    let problem = state.withLock { state in
      defer { state.recordingError = nil }
      return state.recordingError
    }
    if let problem { throw problem }
  }

  // MARK: - People

  /// Asks for a change; it takes effect between two blocks. Not to be called from the device's callback.
  ///
  /// - Throws: `EnhancementError` for a value out of range; `LiveError`: too many commands wait, or the last sound is still being learned.
  public func send(_ command: EngineCommand) throws {
    try state.withLock { state in
      var next = state.settings
      switch command {
      case .bypass(let on): next.bypass = on
      case .attenuationLimit(let limit): next.attenuationLimitInDecibels = limit
      case .mix(let mix): next.mix = mix
      case .guidance(let weight): next.guidance = weight
      case .steps(let steps): next.steps = steps
      case .networks(let networks): next.networks = networks
      case .freeze(let on): state.isFrozen = on
      case .clear, .learn, .endLearning, .forget: break
      }
      try next.validate(for: model)
      if case .learn(let seconds) = command {
        guard EngineCommand.learningSeconds.contains(seconds) else {
          throw LiveError.badOption("nothing can be learned in \(seconds) s; give \(EngineCommand.learningRange) s")
        }
        if let desk = state.session?.desk, desk.isPossible {
          guard seconds >= LearnedNoise.shortest else {
            throw LiveError.badOption("nothing can be learned of \(seconds) s; give \(LearnedNoise.shortest) or more")
          }
          if desk.isMaking { throw LiveError.learning }
        }
      }
      // Before the worker hears of it: what is being learned just now is forgotten, too.
      if case .forget = command { state.session?.desk.forget() }
      if state.session != nil || state.isPreparing {
        guard commands.pointee.write(CommandValue(command)) else { throw LiveError.busy }
        state.session?.endRest()
      }
      state.settings = next
      if case .guidance = command { state.loweredGuidance = nil }
      if case .forget = command {
        state.learned = ([], nil)
        state.removedNames = []
        state.hasForgotten = true
      }
      if case .clear = command {
        state.profile = nil
        state.clearCount += 1
      }
    }
  }

  /// The settings wished, commands included.
  public var settings: EnhancementSettings { state.withLock { $0.settings } }

  /// How things stand; nil before the first `prepare` and after `stop`.
  public var status: LiveStatus? {
    state.withLock { state -> LiveStatus? in
      guard let session = state.session else { return nil }
      var status = LiveStatus(
        format: session.format, latencyInSamples: session.callback.pointee.latency,
        frameDeadline: session.frames.hopDuration, settings: state.settings)
      fill(&status, session)
      if let guidance = state.loweredGuidance { status.settings.guidance = guidance }
      status.seconds += state.pastSeconds
      status.removedNames = state.removedNames
      status.counters = state.past
      status.counters.add(session)
      status.counters.late = meters.late.load(ordering: .relaxed)
      status.counters.reduced = meters.reduced.load(ordering: .relaxed)
      status.counters.referenceLate = meters.referenceLate.load(ordering: .relaxed)
      status.counters.xruns = xruns.load(ordering: .relaxed)
      return status
    }
  }

  private func fill(_ status: inout LiveStatus, _ session: LiveSession) {
    let rate = Double(session.format.sampleRate)
    status.seconds = Double(meters.samples.load(ordering: .relaxed)) / rate
    status.groups = meters.levels.groups
    if session.blocksFlow {
      status.inputLevel = decibels(meters.inputPower.double)
      status.outputLevel = decibels(meters.outputPower.double)
    } else {
      // The meters are the last block's.
      status.groups = status.groups.map { _ in GroupLevels() }
    }
    let reduction = meters.noiseReduction.double
    status.noiseReduction = reduction.isNaN ? nil : reduction
    let times = meters.frameTimes()
    if !times.isEmpty {
      status.frameTimeMedian = times[times.count / 2]
      status.frameTime99 = times[min(times.count - 1, times.count * 99 / 100)]
      status.frameTimeLongest = times[times.count - 1]
    }
    status.steps = meters.steps.load(ordering: .relaxed)
    status.wishedSteps = meters.wishedSteps.load(ordering: .relaxed)
    status.networkNames = networkNames
    status.networks = meters.sparesSecond.load(ordering: .relaxed) ? .first : status.settings.networks
    let share = meters.secondPass.load(ordering: .relaxed)
    status.secondPass = share < 0 ? nil : EnhancementSettings.SecondPassShare.allCases[share]
    status.referenceFrames = meters.referenceFrames.load(ordering: .relaxed)
    let age = meters.referenceAge.load(ordering: .relaxed)
    status.referenceAge = age < 0 ? nil : Double(age) * status.frameDeadline
    let learning = meters.learningLeft.load(ordering: .relaxed)
    status.learning = learning < 0 ? nil : Double(learning) / rate
    status.canLearn = session.desk.isPossible
    status.isLearned =
      meters.isLearned.load(ordering: .relaxed) && model?.removesLearnedNoise(by: status.networks) == true
    status.isRemoving = status.isLearned && meters.isRemoving.load(ordering: .relaxed)
    status.isFrozen = meters.isFrozen.load(ordering: .relaxed)
    status.freezesWhenHeard = meters.freezesWhenHeard.load(ordering: .relaxed)
    status.isRealTime = meters.isRealTime.load(ordering: .relaxed)
    let drift = meters.clockDrift.double
    status.clockDrift = drift.isNaN ? nil : drift
    status.callback999 = session.shared.pointee.callbackTimes.percentile(0.999)
    status.longestCallback = session.shared.pointee.callbackTimes.longest
    status.longestCallbackWork = session.shared.pointee.callbackTimes.longestWork
  }

  /// Where onlookers find the sound of the session that runs; nil: none runs, or `LiveOptions.lendsSound` is off. Another one
  /// after the device has changed its format.
  public var soundTap: SoundTap? { state.withLock { $0.session?.soundTap } }

  /// The names of its networks as their weights state them: one or two; none: the method `wiener`.
  public var networkNames: [String] { model.map { [$0.name] + ($0.secondName.map { [$0] } ?? []) } ?? [] }

  /// The most steps that `send` takes.
  public var largestSteps: Int { model?.largestSteps ?? EnhancementSettings.largestSteps }

  /// Removes these sounds from now on, instead of those of `LiveOptions.learned` or the last call; what was learned live is
  /// removed as before. Any ordinary thread.
  ///
  /// - Parameter names: what `status` is to call them.
  /// - Throws: `LiveError`: no model with tokens for them, a recording, or something is being learned just now.
  public func remove(_ sounds: [LearnedNoise], named names: [String]) throws {
    if sounds.isEmpty && learnedNoise == nil { return try removeNothing() }
    try state.withLock { state in
      // While another session is made the old one has no worker, and the new one does not hear of this.
      guard let session = state.session, !state.isPreparing else { throw LiveError.notRunning }
      guard session.desk.isPossible else {
        throw LiveError.badOption("this model has no tokens for what was learned; start limpid with --model wide")
      }
      guard session.recorder == nil else {
        throw LiveError.badOption(
          "a recording cannot keep this; end it first, or name the sounds with --remove at the start")
      }
      if let n = sounds.firstIndex(where: { model?.hears($0) == false }) {
        throw LiveError.badOption(
          "\(n < names.count ? "'\(names[n])'" : "it"): this model hears nothing in it; learn a longer or a lower sound, or choose another "
            + "--model")
      }
      guard session.desk.use(sounds) else { throw LiveError.learning }
      state.learned.named = sounds
      state.removedNames = names
    }
  }

  /// The named sounds are left in again, where nothing was learned live: what is being learned just now is not to be lost, nor the
  /// noise reference of a model without tokens.
  private func removeNothing() throws {
    let isRemoving = try state.withLock { state in
      guard let desk = state.session?.desk, !desk.named.isEmpty else { return false }
      guard desk.state != .listening, desk.state != .heard else { throw LiveError.learning }
      return true
    }
    if isRemoving { try send(.forget) }
  }

  /// The latency's parts; nil before the first `prepare`.
  public var latencyBudget: LatencyBudget? { state.withLock { $0.session?.budget } }

  /// The same for a format that is not running yet.
  ///
  /// - Parameter model: whose frames count; nil: the standard ones.
  /// - Throws: `EnhancementError`, `LiveError` for a format or option out of range.
  public static func latencyBudget(
    _ format: StreamFormat, model: EnhancementModel? = nil, settings: EnhancementSettings,
    options: LiveOptions = LiveOptions()
  ) throws -> LatencyBudget {
    try LatencyBudget(
      format, frames: model?.frameFormat ?? .standard,
      passes: settings.method == .wiener || model == nil ? 1 : settings.passes,
      resamplerQuality: options.resamplerQuality, band: settings.band, allowance: options.allowance)
  }

  /// What was learned live; nil: nothing was. Any ordinary thread.
  public var learnedNoise: LearnedNoise? { state.withLock { $0.session.map { $0.desk.live } ?? $0.learned.live } }

  /// The noise heard, of the channel that has heard most of it, to be saved; nil where nothing was heard, nothing runs, or the worker
  /// does not answer within a second, for which this waits.
  public func noiseProfile() -> NoiseProfile? {
    guard let session = state.withLock({ $0.session }) else { return nil }
    return session.profiles.ask { ct_semaphore_post(session.shared.pointee.wake) }
  }
}

extension LiveCounters {
  /// What callbacks counted in a session.
  fileprivate mutating func add(_ session: LiveSession) {
    drySamples += session.shared.pointee.drySamples.load(ordering: .relaxed)
    dry += session.shared.pointee.drySpans.load(ordering: .relaxed)
    overruns += session.shared.pointee.overruns.load(ordering: .relaxed)
  }
}
