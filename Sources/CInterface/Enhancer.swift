import CLimpid
import Enhancement
import Realtime

/// What a limpid_enhancer points to. It lies in memory of its own, so that the device's thread reads `callback` and its
/// format, which stay the same while it runs, beside an ordinary thread that changes the rest.
struct Enhancer: ~Copyable {
  let model: EnhancementModel?
  var wishes = Wishes()
  private var learned: [LearnedNoise] = []
  private var tokens: LearnedTokens?

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
  private static func command(_ key: String, _ settings: EnhancementSettings) -> LiveCommand? {
    switch key {
    case "bypass": .bypass(settings.bypass)
    case "attenuation-limit": .attenuationLimit(settings.attenuationLimitInDecibels)
    case "mix": .mix(settings.mix)
    case "guidance": .guidance(settings.guidance)
    case "steps": .steps(settings.steps)
    default: nil
    }
  }

  // MARK: - What was learned

  mutating func learn(_ noise: LearnedNoise) throws { try learn(learned + [noise]) }

  mutating func forget() throws {
    guard let engine else { return try learn([]) }
    if !learned.isEmpty { try engine.send(.forget) }
    learned = []
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
    tokens = next
    if stream != nil { stream!.setLearnedTokens(next) }
  }

  // MARK: - Streams

  mutating func prepare(sampleRate: Int, channelCount: Int) throws {
    stop()
    var made = try MultichannelEnhancer(
      model: model, settings: wishes.settings, sampleRate: sampleRate, channelCount: channelCount)
    made.setLearnedTokens(tokens)
    latencyInSamples = made.latencyInSamples
    self.channelCount = channelCount
    stream = consume made
  }

  mutating func prepareRealTime(sampleRate: Int, channelCount: Int, block: Int) throws {
    stop()
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

  mutating func stop() {
    callback = nil
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
