import Enhancement
import Ground
import Synchronization

/// Learns live: the worker collects what is heard, an ordinary thread makes tokens of it, the worker takes them up.
///
/// The state says whose turn it is; whoever has it alone touches memory and result. The worker's part neither allocates, locks
/// nor waits.
final class LearningDesk: @unchecked Sendable {
  /// Seconds after which there is room for no more.
  static let longest = 5.0

  enum State: Int {
    /// Nothing is learned just now.
    case idle
    /// The worker collects.
    case listening
    /// Tokens are to be made of what was collected: the ordinary thread's.
    case heard
    /// Other sounds are to be removed: tokens are to be made of them, the ordinary thread's.
    case asked
    /// `result` is there: the worker's.
    case ready
  }

  private let model: EnhancementModel?
  private let sampleRate: Int
  private let wake: @Sendable () -> Void
  private let remark: @Sendable (String) -> Void
  private let stateNumber = Atomic<Int>(State.idle.rawValue)
  private let sound: FloatMemory
  private var count = 0
  private var channel = 0
  private var result: LearnedTokens?
  /// Raised when all is forgotten: what was begun in an older one comes to nothing.
  private let generation = Atomic<Int>(0)
  private let generationOfWork = Atomic<Int>(0)
  /// The named sounds, and what was learned live; for onlookers and the next session.
  private let known: Mutex<(named: [LearnedNoise], live: LearnedNoise?)>

  /// - Parameters:
  ///   - named: what is removed from the start.
  ///   - wake: called on the worker when there are tokens to be made.
  ///   - remark: gets a sentence where nothing can be learned of what was heard.
  init(
    model: EnhancementModel?, sampleRate: Int, named: [LearnedNoise], live: LearnedNoise?,
    wake: @escaping @Sendable () -> Void, remark: @escaping @Sendable (String) -> Void
  ) {
    self.model = model?.hearsLearnedNoise == true ? model : nil
    self.sampleRate = sampleRate
    self.wake = wake
    self.remark = remark
    sound = FloatMemory(self.model == nil ? 0 : Int(Self.longest * Double(sampleRate)))
    known = Mutex((named, live))
  }

  /// Whether tokens are being made just now, so that nothing else can be learned for a moment.
  var isMaking: Bool { state == .heard || state == .asked }
  /// Whether the model has tokens for what is learned.
  var isPossible: Bool { model != nil }
  var state: State { State(rawValue: stateNumber.load(ordering: .acquiring)) ?? .idle }
  /// Everything that is removed. Ordinary threads.
  var sounds: [LearnedNoise] { known.withLock { $0.named + ($0.live.map { [$0] } ?? []) } }
  /// What was learned live. Ordinary threads.
  var live: LearnedNoise? { known.withLock { $0.live } }
  var named: [LearnedNoise] { known.withLock { $0.named } }

  /// The tokens that a session begins with. Ordinary threads, before the worker starts.
  func firstTokens() throws -> LearnedTokens? {
    let sounds = sounds
    return sounds.isEmpty ? nil : try model?.learnedTokens(sounds)
  }

  // MARK: - The worker

  /// Begins to collect one channel.
  ///
  /// - Returns: false while tokens are being made: nothing is collected.
  func listen(to channel: Int) -> Bool {
    guard !isMaking else { return false }
    self.channel = channel
    count = 0
    noteGeneration()
    stateNumber.store(State.listening.rawValue, ordering: .relaxed)
    return true
  }

  /// Something is begun, which is wanted until all is forgotten.
  private func noteGeneration() {
    generationOfWork.store(generation.load(ordering: .acquiring), ordering: .releasing)
  }
  private var isWanted: Bool { generationOfWork.load(ordering: .acquiring) == generation.load(ordering: .acquiring) }

  /// What is being collected is not wanted.
  func stopListening() { change(from: .listening, to: .idle) }

  /// Takes a block's samples while listening.
  ///
  /// - Returns: whether there is room for more.
  func take(_ lanes: UnsafePointer<UnsafeMutablePointer<Float>>, count samples: Int) -> Bool {
    let part = min(samples, sound.count - count)
    let lane = lanes[channel]
    for n in 0..<part { sound.base[count + n] = lane[n].isFinite && abs(lane[n]) < 1e10 ? lane[n] : 0 }
    count += part
    return count < sound.count
  }

  /// Enough was heard.
  func finish() {
    guard state == .listening else { return }
    stateNumber.store(State.heard.rawValue, ordering: .releasing)
    wake()
  }

  /// Gives the tokens to `use`, once, when they are there and were not forgotten meanwhile.
  ///
  /// - Returns: whether it did.
  func takeTokens(_ use: (LearnedTokens) -> Void) -> Bool {
    guard state == .ready else { return false }
    // The other threads have them again from the last line on.
    defer { stateNumber.store(State.idle.rawValue, ordering: .releasing) }
    guard isWanted, let result else { return false }
    use(result)
    return true
  }

  // MARK: - A recording

  /// Nothing came of what was heard last, as the session went on without it.
  func abandon() {
    change(from: .heard, to: .idle)
    change(from: .ready, to: .idle)
  }

  // MARK: - Ordinary threads

  /// Makes the tokens, if there is something to make them of.
  func run() {
    guard let model else { return }
    switch state {
    case .heard: learn(model)
    case .asked: make(model)
    case .idle, .listening, .ready: break
    }
  }

  /// Other sounds than so far, without a new one. The worker, too, may change the state meanwhile: it begins to listen, and
  /// the sounds are part of what comes of that.
  private func make(_ model: EnhancementModel) {
    do {
      result = try model.learnedTokens(sounds)
      change(from: .asked, to: result == nil ? .idle : .ready)
    } catch {
      remark("the learned sounds cannot be used: \(error)")
      change(from: .asked, to: .idle)
    }
  }

  @discardableResult
  private func change(from old: State, to new: State) -> Bool {
    stateNumber.compareExchange(expected: old.rawValue, desired: new.rawValue, ordering: .acquiringAndReleasing)
      .exchanged
  }

  /// Removes these from now on instead of the named ones so far; not none at all, which is to forget.
  ///
  /// - Returns: false where something is being learned just now: nothing was changed.
  func use(_ sounds: [LearnedNoise]) -> Bool {
    known.withLock { known in
      guard state == .idle else { return false }
      known.named = sounds
      noteGeneration()
      // Else the worker has begun to listen, and they are part of what comes of that.
      if change(from: .idle, to: .asked) { wake() }
      return true
    }
  }

  private func learn(_ model: EnhancementModel) {
    do {
      let samples = Array(UnsafeBufferPointer(start: sound.base, count: count))
      let noise = try LearnedNoise(samples: samples, sampleRate: sampleRate)
      result = try model.learnedTokens(named + [noise])
      known.withLock { known in
        if isWanted { known.live = noise } else { result = nil }
      }
      stateNumber.store((result == nil ? State.idle : .ready).rawValue, ordering: .releasing)
    } catch {
      remark("nothing was learned: \(error)")
      stateNumber.store(State.idle.rawValue, ordering: .releasing)
    }
  }

  /// Named sounds, what was learned live, and what is being made of others just now are no longer known. The worker forgets by a command
  /// of its own, which is to be sent after this.
  func forget() {
    known.withLock {
      $0 = ([], nil)
      generation.add(1, ordering: .releasing)
    }
  }
}
