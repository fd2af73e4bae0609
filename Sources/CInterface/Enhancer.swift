import CLimpid
import Enhancement
import Realtime
import Synchronization

/// What a limpid_enhancer points to. It lies in memory of its own, so that the device's thread reads `callback` and its
/// format, which stay the same while it runs, beside an ordinary thread that changes the rest.
struct Enhancer: ~Copyable {
  let model: EnhancementModel?
  var wishes = Wishes()
  private var learned: [LearnedNoise] = []
  private var tokens: LearnedTokens?
  /// Seconds of `learned`.
  private var learnedSeconds = 0.0
  /// What the stream learns of itself; nil: it cannot.
  private var streamLearning: StreamLearning?
  /// Whether `learned` is what is in force: not after the stream itself was learned from, or forgot.
  private let isGiven = Atomic<Bool>(true)
  /// Whether the noise reference is wished to stay as it is.
  private var isHeld = false

  /// Not nil: prepared for blocks that the caller enhances.
  var stream: MultichannelEnhancer?
  /// Not nil: prepared for a device's callback.
  private(set) var engine: LiveEngine?
  private(set) var callback: BlockCallback?
  private(set) var channelCount = 0
  /// Samples per channel of a device's block.
  private(set) var block = 0
  private(set) var latencyInSamples = 0

  init(model: EnhancementModel?) { self.model = model }

  deinit { try? engine?.stop() }

  var isPrepared: Bool { stream != nil || engine != nil }

  // MARK: - Settings

  /// - Throws: `Failure`, `EnhancementError`, `LiveError`; nothing has changed then.
  mutating func set(_ key: String, to value: String) throws {
    var next = wishes
    try next.set(key, to: value, model: model)
    if isPrepared {
      guard let command = Self.command(key, next.settings) else {
        throw Failure(LIMPID_WRONG_STATE, "'\(key)' is fixed while the enhancer is prepared; call limpid_stop first")
      }
      if stream != nil { try stream!.update(next.settings) }
      try engine?.send(command)
    }
    wishes = next
  }

  /// What may change while running, as a command of the live engine.
  private static func command(_ key: String, _ settings: EnhancementSettings) -> EngineCommand? {
    switch key {
    case "bypass": .bypass(settings.bypass)
    case "attenuation-limit": .attenuationLimit(settings.attenuationLimitInDecibels)
    case "mix": .mix(settings.mix)
    case "guidance": .guidance(settings.guidance)
    case "steps": .steps(settings.steps)
    case "networks": .networks(settings.networks)
    default: nil
    }
  }

  // MARK: - What was learned

  /// What is removed now. Also beside `limpid_process`, by one thread at a time.
  var sounds: [LearnedNoise] {
    if let sound = streamLearning?.sound() { return [sound] }
    return isGiven.load(ordering: .acquiring) ? learned : []
  }

  mutating func learn(_ noise: LearnedNoise) throws { try learn(sounds + [noise]) }

  mutating func forget() throws {
    guard let engine else {
      try learn([])
      forgetOfStream()
      return
    }
    if !learned.isEmpty { try engine.send(.forget) }
    learned = []
    learnedSeconds = 0
    tokens = nil
  }

  /// - Throws: `LIMPID_WRONG_STATE`.
  func checkMayLearn() throws {
    guard engine == nil else {
      throw Failure(
        LIMPID_WRONG_STATE,
        "nothing can be learned while the enhancer is prepared for real time; call limpid_stop first")
    }
  }

  private mutating func learn(_ noises: [LearnedNoise]) throws {
    var next: LearnedTokens?
    if !noises.isEmpty {
      guard let model else { throw EnhancementError.modelRequired }
      next = try model.learnedTokens(noises)
    }
    learned = noises
    learnedSeconds = noises.reduce(0) { $0 + $1.duration }
    tokens = next
    if stream != nil {
      stream!.forgetLearned()
      stream!.setLearnedTokens(next)
    }
    isGiven.store(true, ordering: .releasing)
  }

  // MARK: - Between blocks, on their thread: nothing here allocates or locks

  /// nil: done; else why not.
  mutating func adjust(_ control: limpid_control, to value: Float) -> StaticString? {
    guard stream != nil else { return nil }
    switch control {
    case LIMPID_ATTENUATION_LIMIT, LIMPID_MIX, LIMPID_BYPASS, LIMPID_NETWORKS, LIMPID_PASSES:
      var next = wishes
      guard next.adjust(control, to: value), (try? stream!.update(next.settings)) != nil else {
        return "the value is out of the control's range; limpid.h says which it has"
      }
      wishes = next
    case LIMPID_FREEZE:
      isHeld = value > 0
      stream!.holdNoiseReferences(isHeld)
    case LIMPID_LEARN:
      if value > 0 { stream!.beginLearning() } else { stream!.endLearning() }
    case LIMPID_FORGET:
      isGiven.store(false, ordering: .releasing)
      forgetOfStream()
    default: return "there is no such control; limpid.h has them all"
    }
    return nil
  }

  /// Also what the noise reference holds, where it is what learns.
  private mutating func forgetOfStream() {
    guard stream != nil else { return }
    stream!.forgetLearned()
    if streamLearning == nil {
      stream!.clearNoiseReferences()
      stream!.holdNoiseReferences(isHeld)
    }
  }

  /// After a block: what the stream learned of itself takes the place of what it was given.
  mutating func followLearning() {
    if let streamLearning, streamLearning.seconds > 0, isGiven.load(ordering: .relaxed) {
      isGiven.store(false, ordering: .releasing)
    }
  }

  /// Seconds of sound that are removed now.
  var secondsLearned: Double {
    let own = streamLearning?.seconds ?? 0
    return own > 0 ? own : isGiven.load(ordering: .relaxed) ? learnedSeconds : 0
  }

  /// Back to the beginning, with what was learned and the reference held or not as it was.
  mutating func reset() {
    stream!.reset()
    stream!.holdNoiseReferences(isHeld)
  }

  // MARK: - Streams

  /// - Throws: `LIMPID_BAD_MODEL`.
  private func checkHearsSoundAsItComes() throws {
    guard model?.hearsBackwards != true else {
      throw Failure(
        LIMPID_BAD_MODEL,
        "the model hears recordings from their end, so it is for the way back alone: "
          + "limpid_enhance_recording's backward, or backward_model in Python")
    }
  }

  mutating func prepare(sampleRate: Int, channelCount: Int) throws {
    stop()
    try checkHearsSoundAsItComes()
    var made = try MultichannelEnhancer(
      model: model, settings: wishes.settings, sampleRate: sampleRate, channelCount: channelCount)
    made.setLearnedTokens(tokens)
    if wishes.settings.method == .score { made.prepareLearning(model) }
    streamLearning = made.learning
    isHeld = false
    latencyInSamples = made.latencyInSamples
    self.channelCount = channelCount
    stream = consume made
  }

  mutating func prepareRealTime(sampleRate: Int, channelCount: Int, block: Int) throws {
    stop()
    try checkHearsSoundAsItComes()
    guard (1...32).contains(channelCount) else { throw EnhancementError.unsupportedChannelCount(channelCount) }
    var options = wishes.liveOptions
    options.learned = learned
    let made = try LiveEngine(model: model, settings: wishes.settings, options: options)
    let format = StreamFormat(sampleRate: sampleRate, block: block, channelCount: channelCount)
    let prepared = try made.prepare(format)
    engine = made
    self.channelCount = channelCount
    self.block = block
    latencyInSamples = prepared.latencyInSamples
    callback = prepared.callback
  }

  /// What this enhancer's model, settings and learned sounds make of the way back over a recording.
  func wayBack(sampleRate: Int, channelCount: Int, warmUp: Float) throws -> BackwardPass {
    guard let model, model.hearsBackwards else {
      throw Failure(
        LIMPID_BAD_MODEL,
        "backward has no model that hears recordings from their end; limpid-wide-backward.safetensors is one")
    }
    guard wishes.settings.method == .score else {
      throw Failure(LIMPID_BAD_VALUE, "the method wiener has no way back; leave it or backward out")
    }
    return try BackwardPass(
      model: model, settings: wishes.settings, sampleRate: sampleRate, channelCount: channelCount, warmUp: warmUp,
      tokens: tokens)
  }

  mutating func stop() {
    callback = nil
    // What the stream learned outlives it.
    if stream != nil, learned != sounds { try? learn(sounds) }
    streamLearning = nil
    stream = nil
    // Nothing is recorded, so nothing can be missing.
    try? engine?.stop()
    engine = nil
  }
}

/// The enhancer behind a handle.
typealias EnhancerPointer = UnsafeMutablePointer<Enhancer>

/// - Throws: `LIMPID_BAD_ARGUMENT` for NULL.
func enhancer(_ handle: OpaquePointer?) throws -> EnhancerPointer {
  guard let handle else { throw Failure(LIMPID_BAD_ARGUMENT, "enhancer is NULL; give one of limpid_create") }
  return EnhancerPointer(handle)
}

@implementation @c
public func limpid_create(
  _ model: OpaquePointer!, _ enhancer: UnsafeMutablePointer<OpaquePointer?>!
) -> limpid_status {
  answer {
    guard let enhancer else { throw Failure(LIMPID_BAD_ARGUMENT, "enhancer is NULL; give the address of a pointer") }
    let made = EnhancerPointer.allocate(capacity: 1)
    made.initialize(to: Enhancer(model: model.map { enhancementModel($0) }))
    enhancer.pointee = OpaquePointer(made)
  }
}

@implementation @c
public func limpid_destroy(_ enhancer: OpaquePointer!) {
  guard let enhancer else { return }
  EnhancerPointer(enhancer).deinitialize(count: 1)
  EnhancerPointer(enhancer).deallocate()
}

@implementation @c
public func limpid_set_text(
  _ enhancer: OpaquePointer!, _ key: UnsafePointer<CChar>!, _ value: UnsafePointer<CChar>!
) -> limpid_status {
  answer {
    try CInterface.enhancer(enhancer).pointee.set(try text(key, "key"), to: try text(value, "value"))
  }
}

@implementation @c
public func limpid_set_number(
  _ enhancer: OpaquePointer!, _ key: UnsafePointer<CChar>!, _ value: Double
) -> limpid_status {
  answer {
    let enhancer = try CInterface.enhancer(enhancer)
    let key = try text(key, "key")
    try enhancer.pointee.set(key, to: Wishes.text(value, for: key))
  }
}

@implementation @c
public func limpid_learn(
  _ enhancer: OpaquePointer!, _ samples: UnsafePointer<Float>!, _ count: Int, _ sample_rate: Int32
) -> limpid_status {
  answer {
    let enhancer = try CInterface.enhancer(enhancer)
    guard let samples else { throw Failure(LIMPID_BAD_ARGUMENT, "samples is NULL; give the sound to learn") }
    guard count >= 0 else {
      throw Failure(LIMPID_BAD_ARGUMENT, "the count is beyond all memory; give the samples' number")
    }
    try enhancer.pointee.checkMayLearn()
    // More than is kept need not be copied.
    let most = min(count, Int(LearnedNoise.longest) * max(0, Int(sample_rate)))
    let sound = Array(UnsafeBufferPointer(start: samples, count: most))
    try enhancer.pointee.learn(LearnedNoise(samples: sound, sampleRate: Int(sample_rate)))
  }
}

@implementation @c
public func limpid_learn_file(_ enhancer: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> limpid_status {
  answer {
    let enhancer = try CInterface.enhancer(enhancer)
    try enhancer.pointee.checkMayLearn()
    try enhancer.pointee.learn(LearnedNoise(path: try text(path, "path")))
  }
}

@implementation @c
public func limpid_save_learned(_ enhancer: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> limpid_status {
  answer {
    let enhancer = try CInterface.enhancer(enhancer)
    let path = try text(path, "path")
    let sounds = enhancer.pointee.sounds
    guard !sounds.isEmpty else {
      throw Failure(LIMPID_WRONG_STATE, "nothing was learned; call limpid_learn, or learn from the stream")
    }
    try LearnedNoise(joining: sounds).save(to: path)
  }
}

@implementation @c
public func limpid_learned(_ enhancer: OpaquePointer!, _ seconds: UnsafeMutablePointer<Double>!) -> limpid_status {
  guard let enhancer else { return refuse(LIMPID_BAD_ARGUMENT, "enhancer is NULL; give one of limpid_create") }
  guard let seconds else { return refuse(LIMPID_BAD_ARGUMENT, "seconds is NULL; give the address of a double") }
  seconds.pointee = EnhancerPointer(enhancer).pointee.secondsLearned
  return LIMPID_OK
}

@implementation @c
public func limpid_forget(_ enhancer: OpaquePointer!) -> limpid_status {
  answer { try CInterface.enhancer(enhancer).pointee.forget() }
}

@implementation @c
public func limpid_latency(_ enhancer: OpaquePointer!, _ samples: UnsafeMutablePointer<Int32>!) -> limpid_status {
  answer {
    let enhancer = try CInterface.enhancer(enhancer)
    guard let samples else { throw Failure(LIMPID_BAD_ARGUMENT, "samples is NULL; give the address of an int") }
    guard enhancer.pointee.isPrepared else {
      throw Failure(LIMPID_WRONG_STATE, "the enhancer is not prepared; call limpid_prepare or limpid_prepare_real_time")
    }
    samples.pointee = Int32(clamping: enhancer.pointee.latencyInSamples)
  }
}

@implementation @c
public func limpid_stop(_ enhancer: OpaquePointer!) -> limpid_status {
  answer { try CInterface.enhancer(enhancer).pointee.stop() }
}
