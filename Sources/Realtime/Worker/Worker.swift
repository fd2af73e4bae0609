import CThreads
import Enhancement
import Ground
import SignalProcessing
import Synchronization

/// The worker's side: takes blocks from the input ring, enhances them, puts them where the callback will ask for them.
///
/// All methods run on the worker's thread, or, before it starts, on the one that makes it. What runs per block neither
/// allocates nor locks.
final class Worker: @unchecked Sendable {
  let format: StreamFormat
  let shared: UnsafeMutablePointer<SharedState>
  let commands: UnsafeMutablePointer<ValueRing<CommandValue>>
  let meters: LiveMeters
  let service: NoiseEncodingService?
  let tap: UnsafeMutablePointer<SessionTap>?
  let profiles: ProfileMailbox
  let desk: LearningDesk

  var enhancer: MultichannelEnhancer
  /// The settings in force, with the steps and networks that the user wishes; what runs of them is the governor's.
  var settings: EnhancementSettings
  let levels: WorkLevels
  var governor: StepGovernor
  /// Whether the governor may change the level.
  let adapts: Bool
  /// Whether there is a clock at all; playing again, there is none.
  let isTimed: Bool

  /// Whether it sleeps for a moment after every block: its priority has a limit of time without a pause (`ct_await_realtime`), which
  /// many blocks at once after a stall would pass. The worker's thread.
  var pausesBetweenBlocks = false

  /// Position in the stream less position in the input ring: grows where input was lost.
  private var offset = 0
  private var awaitsResume = false
  private var learnUntil = -1
  /// Whether the references are to stay as they are by `freeze`, or from the start: `forget` undoes what `learn` held, not that.
  private var isHeldByWish: Bool
  private var notedDrift = Double.nan.bitPattern
  private var energies = Energies()
  private let frameTime: Double  // seconds that a frame has: the model's hop
  private var stepTime = 0.0  // seconds of one step of one channel, of all networks wished, smoothed
  private var reducedBefore = 0
  private var lateBefore = 0
  private var wasLate = false  // the block before
  private var quietSamples = 0  // of digital silence on both sides while the network rests, up to now

  private let powers: FloatMemory  // (channels), smoothed over some blocks
  private let samples: PlanarBlock  // (channels, the format's block), enhanced in place

  init(
    format: StreamFormat, shared: UnsafeMutablePointer<SharedState>,
    commands: UnsafeMutablePointer<ValueRing<CommandValue>>, meters: LiveMeters, service: NoiseEncodingService?,
    tap: UnsafeMutablePointer<SessionTap>?, profiles: ProfileMailbox, desk: LearningDesk,
    enhancer: consuming MultichannelEnhancer, settings: EnhancementSettings, levels: WorkLevels, governor: StepGovernor,
    adapts: Bool, isTimed: Bool
  ) {
    self.format = format
    self.shared = shared
    self.commands = commands
    self.meters = meters
    self.service = service
    self.tap = tap
    self.profiles = profiles
    self.desk = desk
    frameTime = enhancer.frameFormat.hopDuration
    isHeldByWish = enhancer.holdsNoiseReferences
    self.enhancer = enhancer
    self.settings = settings
    self.levels = levels
    self.governor = governor
    self.adapts = adapts
    self.isTimed = isTimed
    powers = FloatMemory(format.channelCount)
    samples = PlanarBlock(channelCount: format.channelCount, capacity: format.block)
    publishLevel()
  }

  /// Position of the next block.
  var position: Int { shared.pointee.input.readPosition + offset }

  /// Whether silence will go on to be made of silence: it has for a while, longer than any sound is on its way, and nothing is learned.
  var isQuiet: Bool { quietSamples >= format.sampleRate / 4 && learnUntil < 0 }

  /// Does whatever is there to do, then returns.
  func run() {
    while true {
      // A block that is there shows where the input goes on after a gap, too: so it is looked for first.
      let isThere = shared.pointee.input.available >= format.block
      followIntake()
      applyCommands()
      takeLearned()
      profiles.answer(&enhancer)
      guard isThere else { break }
      processBlock()
      if pausesBetweenBlocks { sleep(nanoseconds: 1000) }
    }
    if shared.pointee.intake.load(ordering: .acquiring) == SharedState.Intake.overrun && !awaitsResume {
      // What is left of a block before the gap is left out with it.
      shared.pointee.input.advance(shared.pointee.input.available)
      awaitsResume = true
      shared.pointee.intake.store(SharedState.Intake.emptied, ordering: .releasing)
    }
  }

  /// After an overrun the input goes on somewhere later.
  private func followIntake() {
    guard awaitsResume,
      shared.pointee.intake.load(ordering: .acquiring) != SharedState.Intake.emptied
    else { return }
    awaitsResume = false
    let resumed = shared.pointee.resumedAt.load(ordering: .relaxed)
    leaveOut(resumed + shared.pointee.lead - shared.pointee.output.writePosition)
    offset = resumed - shared.pointee.input.readPosition
  }

  /// Input that was lost, and with it its output.
  func leaveOut(_ count: Int) {
    guard count > 0 else { return }
    let position = shared.pointee.output.writePosition - shared.pointee.lead
    shared.pointee.output.skip(count)
    tap?.pointee.note(WorkerEvent(position: position, kind: .gap(count: count)))
  }

  /// A recording's level.
  func follow(level: Int) {
    governor.follow(level)
    useLevel()
  }

  /// A recording's gap: `leftOver` samples of it were taken out of the input ring already.
  func resume(after count: Int, leftOver: Int) {
    leaveOut(count)
    offset += count - leftOver
  }

  /// One block from ring to ring.
  func processBlock() {
    let block = format.block
    let position = position
    guard shared.pointee.input.read(into: samples.lanes, count: block) else { return }
    let mayWait = shared.pointee.mayWait.load(ordering: .relaxed) || !isTimed
    let isLost = !mayWait && shared.pointee.output.readPosition >= position + shared.pointee.lead + block
    service?.waits = mayWait
    enhancer.setDeadline(mayWait || (isLost && catchesUpSoon(from: position)) ? 0 : deadline(for: position))
    learn(at: position)
    noteDrift(at: position)
    energies.addInput(samples.lanes, channels: format.channelCount, count: block)
    let blockTime = Double(block) / Double(format.sampleRate)
    meters.levels.addInput(
      samples.lanes, channels: format.channelCount, count: block, isLinked: settings.linksChannels, seconds: blockTime)
    let framesBefore = enhancer.frameCount

    let start = monotonicNanoseconds()
    enhancer.process(planar: samples.constantLanes, into: samples.lanes, count: block)
    let taken = monotonicNanoseconds() - start
    let wasWritten = shared.pointee.output.write(samples.constantLanes, count: block)
    if !wasWritten { shared.pointee.output.skip(block) }  // nobody reads: a device that stands still
    if shared.pointee.isWaiting.load(ordering: .sequentiallyConsistent) { post(shared.pointee.done) }

    let wasPlayed = shared.pointee.output.readPosition > position + shared.pointee.lead
    energies.addOutput(samples.lanes, channels: format.channelCount, count: block)
    let isSilent = enhancer.isResting && energies.isSilent
    quietSamples = isSilent ? quietSamples + block : 0
    // Silence that the callback played by itself is not late.
    let isLate = !mayWait && wasPlayed && !isSilent
    count(
      frames: enhancer.frameCount - framesBefore, nanoseconds: taken, isLate: isLate, isTimed: !mayWait,
      isAftermath: isLost && wasLate)
    wasLate = isLate
    meters.levels.addOutput(
      samples.lanes, channels: format.channelCount, count: block, isLinked: settings.linksChannels, seconds: blockTime)
    publishMeters(frames: enhancer.frameCount - framesBefore, position: position + block)
    recordDecisions()
  }

  /// The moment at which no further step may begin: when the output of this block is played, less the time of a step.
  private func deadline(for position: Int) -> UInt64 {
    let newest = shared.pointee.position.load(ordering: .acquiring)
    let time = shared.pointee.time.load(ordering: .relaxed)
    let ahead = position + shared.pointee.lead - newest
    let due = Double(ahead) / Double(format.sampleRate) - 1.5 * stepTime * Double(format.channelCount) - 0.0001
    // 1: the clock's first nanosecond, long past; 0 would be no deadline at all.
    return due > 0 ? time + UInt64(due * 1e9) : 1
  }

  /// After a stall: whether what waits is soon done with all steps, so that no step misses a frame. Nobody will hear these
  /// frames, whatever is done.
  private func catchesUpSoon(from position: Int) -> Bool {
    let waiting = shared.pointee.position.load(ordering: .acquiring) + format.block - position
    let frames = Double(waiting) / Double(format.sampleRate) / frameTime
    return frames * stepTime * work * Double(format.channelCount) < catchUpTime
  }

  /// Seconds; 0: never. Tests set it where a cut must not depend on the machine's speed.
  var catchUpTime = 0.05
  /// Seconds of a frame below which late frames in the wake of a stall say nothing against the steps. Tests set it likewise.
  var quickFrame = 0.005

  /// - Parameter isAftermath: whether it was too late before it began, as the one before it was.
  private func count(frames: Int, nanoseconds: UInt64, isLate: Bool, isTimed: Bool, isAftermath: Bool) {
    guard frames > 0 else { return }
    let perFrame = nanoseconds / UInt64(frames)
    for _ in 0..<frames { meters.addFrameTime(perFrame) }
    meters.frames.add(frames, ordering: .relaxed)
    if isLate { meters.late.add(frames, ordering: .relaxed) }
    let missed = enhancer.missed
    let wasCut = missed.reducedFrames > reducedBefore
    reducedBefore = missed.reducedFrames
    if wasCut || governor.level < governor.wished { meters.reduced.add(frames, ordering: .relaxed) }
    if missed.lateReferences > lateBefore {
      meters.referenceLate.add(missed.lateReferences - lateBefore, ordering: .relaxed)
      lateBefore = missed.lateReferences
    }
    // A frame in which no network runs says nothing about what a step takes.
    guard !enhancer.isResting else { return }
    let seconds = Double(perFrame) * 1e-9
    let oneStep = seconds / (work * Double(format.channelCount))
    stepTime = stepTime == 0 ? oneStep : stepTime + 0.05 * (oneStep - stepTime)
    // One stall makes many frames late; where they are done soon, less work would not have helped.
    guard adapts, isTimed, !(isAftermath && seconds < quickFrame) else { return }
    let growth = levels.growth(settings, at: governor.level)
    if governor.note(frames: frames, areLate: isLate || wasCut, load: seconds / frameTime, growth: growth) {
      useLevel()
      tap?.pointee.note(WorkerEvent(position: position, kind: .level(governor.level)))
    }
  }

  /// Of the level that runs, in steps of all networks wished.
  private var work: Double { levels.work(settings, at: governor.level) }

  // MARK: - Commands

  private func applyCommands() {
    while let value = commands.pointee.read() {
      guard apply(value) else { continue }
      tap?.pointee.note(WorkerEvent(position: position, kind: .command(value)))
    }
  }

  /// Takes effect with the next block.
  ///
  /// - Returns: false for what came to nothing, as the sender could not know.
  @discardableResult
  func apply(_ value: CommandValue) -> Bool {
    var next = settings
    switch value {
    case .bypass(let on): next.bypass = on
    case .attenuationLimit(let limit): next.attenuationLimitInDecibels = limit.isNaN ? nil : limit
    case .mix(let mix): next.mix = mix
    case .guidance(let weight): next.guidance = weight
    case .steps(let steps):
      next.steps = steps
      governor.wish(levels.whole(next))
    case .networks(let networks):
      next.networks = networks
      governor.wish(levels.whole(next))
      stepTime = 0  // of other work
    case .clear:
      clearReferences(areHeldThen: enhancer.holdsNoiseReferences)
    case .forget:
      learnUntil = -1
      desk.stopListening()
      desk.isPossible ? enhancer.setLearnedTokens(nil) : clearReferences(areHeldThen: isHeldByWish)
      meters.isLearned.store(false, ordering: .relaxed)
    case .endLearning:
      if learnUntil >= 0 { learnUntil = position }
      endLearning(at: position)
    case .freeze(let on):
      if !desk.isPossible { learnUntil = -1 }
      isHeldByWish = on
      enhancer.holdNoiseReferences(on)
    case .learn(let seconds) where desk.isPossible:
      takeLearned()
      guard desk.listen(to: loudestChannel) else { return false }
      learnUntil = position + Int(min(seconds, LearningDesk.longest) * Double(format.sampleRate))
    case .learn(let seconds):
      enhancer.clearNoiseReferences()
      enhancer.holdNoiseReferences(false)
      learnUntil = position + Int(seconds * Double(format.sampleRate))
    }
    change(to: next)
    publishLevel()
    // Also where no blocks flow: a key that turns it over looks here.
    publishHold()
    return true
  }

  /// Empties the references. Those that are to be held go on until they are full: held at once they would stay empty for good.
  private func clearReferences(areHeldThen: Bool) {
    enhancer.clearNoiseReferences()
    enhancer.holdNoiseReferences(areHeldThen)
  }

  /// The channel that has most to learn from.
  private var loudestChannel: Int {
    var loudest = 0
    for channel in 1..<max(1, format.channelCount) where powers.base[channel] > powers.base[loudest] {
      loudest = channel
    }
    return loudest
  }

  /// Collects the block that is about to be enhanced, while something is learned.
  private func learn(at position: Int) {
    if desk.isPossible && format.channelCount > 1 {
      for channel in 0..<format.channelCount {
        let power = sumOfSquares(samples[channel], count: format.block)
        if power.isFinite { powers.base[channel] = 0.9 * powers.base[channel] + power }
      }
    }
    endLearning(at: position)
    guard learnUntil >= 0, desk.state == .listening else { return }
    if !desk.take(samples.lanes, count: format.block) { learnUntil = position + format.block }
  }

  private func endLearning(at position: Int) {
    guard learnUntil >= 0, position >= learnUntil else { return }
    learnUntil = -1
    if desk.isPossible {
      desk.finish()
    } else {
      enhancer.holdNoiseReferences(true)
    }
  }

  /// What was learned has its effect from the next block on.
  private func takeLearned() {
    guard desk.takeTokens({ enhancer.setLearnedTokens($0) }) else { return }
    meters.isLearned.store(true, ordering: .relaxed)
    tap?.pointee.note(WorkerEvent(position: position, kind: .learned))
  }

  /// A recording's: the tokens are made here and now. No real-time path.
  func followLearned() {
    desk.run()
    takeLearned()
  }

  /// The governor's level, or a recording's.
  private func useLevel() {
    try? enhancer.update(levels.settings(settings, at: governor.level))
    publishLevel()
  }

  private func change(to next: EnhancementSettings) {
    let running = levels.settings(next, at: governor.level)
    // The sender checked the ranges; a refusal would leave everything as it is.
    if (try? enhancer.update(running)) != nil { settings = next }
  }

  // MARK: - For onlookers and recordings

  private func publishLevel() {
    let running = levels.settings(settings, at: governor.level)
    meters.steps.store(running.steps, ordering: .relaxed)
    meters.wishedSteps.store(settings.steps, ordering: .relaxed)
    meters.sparesSecond.store(running.networks != settings.networks, ordering: .relaxed)
    let share: Int =
      switch running.secondPass {
      case .whole: 0
      case .light: 1
      case .none: 2
      }
    meters.secondPass.store(levels.sparesPass(settings) ? share : -1, ordering: .relaxed)
  }

  private func publishMeters(frames: Int, position: Int) {
    meters.samples.store(position, ordering: .relaxed)
    energies.settle(
      seconds: Double(format.block) / Double(format.sampleRate), count: format.channelCount * format.block)
    meters.inputPower.store(double: energies.inputPower)
    meters.outputPower.store(double: energies.outputPower)
    let left = learnUntil >= 0 ? learnUntil - position : -1
    meters.learningLeft.store(left, ordering: .relaxed)
    guard frames > 0 else { return }
    energies.addFrames(enhancer.energies)
    meters.noiseReduction.store(double: energies.noiseReduction)
    shared.pointee.gain.store(energies.gain.bitPattern, ordering: .relaxed)
    meters.referenceFrames.store(enhancer.noiseReferenceFrameCount, ordering: .relaxed)
    meters.referenceAge.store(enhancer.noiseReferenceAge, ordering: .relaxed)
    meters.isRemoving.store(enhancer.isRemovingLearned, ordering: .relaxed)
    publishHold()
  }

  private func publishHold() {
    let isFrozen = enhancer.isNoiseReferenceFrozen
    meters.isFrozen.store(isFrozen, ordering: .relaxed)
    meters.freezesWhenHeard.store(!isFrozen && enhancer.holdsNoiseReferences, ordering: .relaxed)
  }

  /// The devices' clocks, for the recording.
  private func noteDrift(at position: Int) {
    let drift = meters.clockDrift.load(ordering: .relaxed)
    guard drift != notedDrift else { return }
    notedDrift = drift
    tap?.pointee.note(WorkerEvent(position: position, kind: .clockDrift(ppm: Double(bitPattern: drift))))
  }

  private func recordDecisions() {
    guard let tap else {
      enhancer.takeDecisions { _, _ in }
      return
    }
    enhancer.takeDecisions { channel, decision in
      let kind: WorkerEvent.Kind =
        switch decision.kind {
        case .stepsRun(let steps): .frameCut(channel: channel, steps: steps)
        case .tokensLate: .tokensLate(channel: channel)
        }
      tap.pointee.note(WorkerEvent(position: decision.frameIndex, kind: kind))
    }
  }
}
