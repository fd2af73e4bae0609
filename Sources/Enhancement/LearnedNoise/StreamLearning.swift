import Ground
import ScoreModel
import SignalProcessing
import Synchronization

/// Learns a sound of the stream on the frame path itself, without a thread beside it: what is heard is kept while it listens,
/// then every frame does an equal share of the work, until the tokens are there half a second later. So they are those of
/// `EnhancementModel.learnedTokens`, to the bit, and take effect at the same frame whatever the blocks and however fast the machine.
///
/// The frame path's part neither allocates, locks nor waits. `sound` may be asked beside it, by one thread at a time.
package final class StreamLearning: @unchecked Sendable {
  /// Seconds after which there is room for no more: then it ends by itself.
  static let longest = 5.0

  private enum Phase: Equatable {
    case idle
    case listening
    /// Share k of the work is next.
    case making(Int)
  }

  /// Shares of the work: spectra of the heard frames, their compression, the encoder.
  private static let spectra = 20
  private static let compressions = 4
  private static let encodings = 20

  private var phase = Phase.idle
  private let hopLength: Int
  private let frameLength: Int
  private let marks: FloatMemory  // (tokenFloatCount)
  private let encoder: any NoiseEncoder
  private var heard: LearnedMagnitudes
  private let fewestFrames: Int
  private let tokens: FloatMemory  // (tokenFloatCount)
  private var embedder: SpeakerEmbedder?  // nil: nothing tells voices apart
  private let voice: FloatMemory  // the embedding of what was learned
  private let energies: FloatMemory  // of the frames that were kept, sums of squares
  private var loudest: Float = 0
  private var frameCount = 0
  private var nextFrame = 0
  private let powers: FloatMemory  // (channelCount), smoothed
  private let channelCount: Int
  private var channel = -1  // −1: none has been heard yet

  // Three sounds: one may be in force, one read by another thread, one written.
  private let sounds: FloatMemory  // (3, room)
  private let counts: FixedArray<Int>  // (3)
  private let room: Int
  private var slot = 0  // the one that is written
  private static let none = -1
  private let inForce = Atomic<Int>(none)
  private let reading = Atomic<Int>(none)

  /// nil: the model has no tokens for learned noise, or other frames than learned noise is kept for.
  init?(model: EnhancementModel?, channelCount: Int) {
    guard let model, let marks = model.learnedMarks, model.format.frame == .standard else { return nil }
    let format = model.format.frame
    hopLength = format.hopLength
    frameLength = format.fftLength
    self.marks = FloatMemory(marks)
    let limit = format.frames(in: LearnedNoise.longestHeard)
    encoder = model.makeLearningEncoder(maximumFrameCount: limit)
    heard = LearnedMagnitudes(limit: limit, format: model.format)
    fewestFrames = format.frames(in: LearnedNoise.shortest)
    tokens = FloatMemory(encoder.tokenFloatCount)
    voice = FloatMemory(model.speakerWeights?.speaker?.configuration.embedding ?? 0)
    embedder = nil
    if let weights = model.speakerWeights { embedder = SpeakerEmbedder(weights) }
    let frames = format.frames(in: Self.longest)
    energies = FloatMemory(frames)
    room = frames * hopLength
    sounds = FloatMemory(3 * room)
    counts = FixedArray(count: 3) { _ in 0 }
    self.channelCount = channelCount
    powers = FloatMemory(channelCount)
  }

  // MARK: - The frame path

  var isListening: Bool { phase == .listening }
  /// Seconds of the sound that is in force; 0: none of this stream.
  package var seconds: Double {
    let slot = inForce.load(ordering: .relaxed)
    return slot < 0 ? 0 : Double(counts[slot]) / Double(LearnedNoise.sampleRate)
  }

  /// Begins to listen, anew where it does already. What was learned before holds until this is.
  func begin() {
    // Never the slot in force, nor the one that is read: `sound` looks again after it has said which that is.
    let taken = inForce.load(ordering: .sequentiallyConsistent)
    let read = reading.load(ordering: .sequentiallyConsistent)
    slot = 0
    while slot == taken || slot == read { slot += 1 }
    counts[slot] = 0
    frameCount = 0
    loudest = 0
    channel = -1
    phase = .listening
  }

  /// Enough was heard.
  func end() {
    guard phase == .listening else { return }
    let least = LearnedNoise.heardShare * loudest
    var count = 0
    for n in 0..<frameCount where energies[n] >= least { count += 1 }
    guard loudest > LearnedNoise.silence, count >= fewestFrames else {
      phase = .idle
      return
    }
    heard.clear()
    nextFrame = 0
    phase = .making(0)
  }

  /// What was learned of this stream is forgotten, and what is being learned.
  func forget() {
    phase = .idle
    inForce.store(Self.none, ordering: .sequentiallyConsistent)
  }

  /// What is being learned is dropped; what was learned stays.
  func abandon() {
    phase = .idle
    powers.clear()
  }

  /// Hears how strong a channel's newest frame is: of several, the strongest is learned from.
  func note(energy: Float, channel: Int) {
    if energy.isFinite { powers[channel] = 0.9 * powers[channel] + energy }
  }

  /// The channel whose hops `keep` wants; −1: nothing was heard yet.
  func chosenChannel() -> Int {
    if channel < 0 {
      var loudest = 0
      for n in 1..<max(1, channelCount) where powers[n] > powers[loudest] { loudest = n }
      if powers[loudest] > 0 { channel = loudest }
    }
    return channel
  }

  /// Keeps a hop while listening.
  ///
  /// - Parameter hop: (hopLength) samples of the chosen channel.
  func keep(_ hop: UnsafePointer<Float>) {
    let sound = sounds.base + slot * room
    let count = counts[slot]
    for n in 0..<hopLength { sound[count + n] = abs(hop[n]) < 1e10 ? hop[n] : 0 }
    counts[slot] = count + hopLength
    if counts[slot] >= frameLength {
      let energy = sumOfSquares(sound + counts[slot] - frameLength, count: frameLength)
      energies[frameCount] = energy
      loudest = max(loudest, energy)
      frameCount += 1
    }
    if counts[slot] == room { end() }
  }

  /// What was learned, valid until the next `begin`.
  struct Result {
    /// (tokens, dimension).
    let tokens: UnsafePointer<Float>
    /// The embedding of the voice; nil: it is none, or nothing tells voices apart.
    let voice: UnsafePointer<Float>?
  }

  /// One share of the work, once a frame.
  ///
  /// - Returns: what was learned, once, when it is there.
  func work() -> Result? {
    guard case .making(let share) = phase else { return nil }
    phase = .making(share + 1)
    if share < Self.spectra {
      addSpectra()
    } else if share < Self.spectra + Self.compressions {
      let part = share - Self.spectra
      heard.compress(
        from: heard.count * part / Self.compressions, to: heard.count * (part + 1) / Self.compressions)
    } else {
      let part = share - Self.spectra - Self.compressions
      addToVoice(part)
      encoder.encode(
        part: part, of: Self.encodings, heard.rows.base, frameCount: heard.count, into: tokens.base)
      if part + 1 == Self.encodings { return finish() }
    }
    return nil
  }

  private func addSpectra() {
    let sound = sounds.base + slot * room
    let least = LearnedNoise.heardShare * loudest
    let most = heard.count + (heard.limit + Self.spectra - 1) / Self.spectra
    while nextFrame < frameCount && heard.count < min(most, heard.limit) {
      if energies[nextFrame] >= least { heard.add(sound + nextFrame * hopLength) }
      nextFrame += 1
    }
  }

  private func addToVoice(_ part: Int) {
    guard embedder != nil else { return }
    if part == 0 { embedder!.begin() }
    for row in heard.count * part / Self.encodings..<heard.count * (part + 1) / Self.encodings {
      embedder!.add(heard.rows.base + row * heard.bins)
    }
  }

  private func finish() -> Result? {
    phase = .idle
    for i in 0..<encoder.tokenFloatCount { tokens[i] += marks[i] }
    guard allFinite(tokens.base, count: encoder.tokenFloatCount) else { return nil }
    inForce.store(slot, ordering: .sequentiallyConsistent)
    let isVoice = embedder != nil && embedder!.finish(into: voice.base) && allFinite(voice.base, count: voice.count)
    return Result(tokens: UnsafePointer(tokens.base), voice: isVoice ? UnsafePointer(voice.base) : nil)
  }

  // MARK: - Another thread

  /// The sound of this stream that is in force; nil: none. Beside the frame path, by one thread at a time; allocates.
  package func sound() -> LearnedNoise? {
    var samples: [Float]?
    while samples == nil {
      let slot = inForce.load(ordering: .sequentiallyConsistent)
      guard slot >= 0 else { return nil }
      reading.store(slot, ordering: .sequentiallyConsistent)
      // Still in force: the frame path will not write there as long as it is read.
      if inForce.load(ordering: .sequentiallyConsistent) == slot {
        samples = Array(UnsafeBufferPointer(start: sounds.base + slot * room, count: counts[slot]))
      }
    }
    reading.store(Self.none, ordering: .sequentiallyConsistent)
    return try? LearnedNoise(samples: samples ?? [], sampleRate: LearnedNoise.sampleRate)
  }
}
