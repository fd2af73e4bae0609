import Ground

/// The way back over a recording: the sound is heard from its end, by a network that was trained to hear it so
/// (`EnhancementModel.hearsBackwards`), for the weighted mean with what was enhanced as it came (`WayMean`).
///
/// What comes after a moment says as much about it as what came before: a word's end, a noise that has not begun yet, the room.
/// A network that hears the sound backwards knows that and errs in other places, and with a part of it the sound is nearer to the
/// clean voice (tools/training/LEDGER.md). One pass is as good here as two (`EnhancementSettings.passes`). A recording goes through in windows, first to last, each from its end to its
/// beginning after some seconds that follow it were heard, so that memory is bounded whatever the length. Not for live use: it
/// hears half a minute ahead. One instance belongs to one thread; it allocates.
public struct BackwardPass: ~Copyable {
  /// Seconds of a window: the longest of which there is room for.
  static let windows = [30, 15, 10, 6]
  /// Seconds behind a window that are heard before it.
  public static let context = 6
  /// Windows give way to the next over a second's share of so many.
  static let fadesPerSecond = 50
  /// Floats of a window that there is room for.
  private static let room = 1 << 23

  /// 1…32.
  public let channelCount: Int
  /// Samples per channel of a window.
  public let windowLength: Int
  /// Samples per channel that are to be there from a window's beginning on, where the recording has as many.
  public let readAhead: Int
  /// Samples per channel before a window's beginning that are to be there, where the recording has as many.
  public let lead: Int
  /// `MultichannelEnhancer.latencyFraction`: by so much of a sample the way back is early.
  public let latencyFraction: Double
  private let fade: Int
  private let warmUpLength: Int
  private let profile: NoiseProfile?
  private var enhancer: MultichannelEnhancer
  private let block: FloatMemory  // (blockLength, channelCount)
  private var tail: [Float] = []  // (fade, channelCount), the last window's part in what the next begins with

  private static let blockLength = 4096

  /// - Parameters:
  ///   - model: that hears backwards.
  ///   - settings: as of the way there; there is one pass.
  ///   - channelCount: 1…32.
  ///   - warmUp: seconds of the recording's end that are heard before it is enhanced.
  ///   - profile: as of the way there: noise to start from and keep; nil: it is heard.
  ///   - tokens: of what was learned, of this model; nil: nothing was.
  /// - Throws: what `MultichannelEnhancer` throws.
  public init(
    model: EnhancementModel, settings: EnhancementSettings, sampleRate: Int, channelCount: Int, warmUp: Float = 0,
    profile: NoiseProfile? = nil, tokens: LearnedTokens? = nil
  ) throws {
    var settings = settings
    settings.passes = 1
    var enhancer = try MultichannelEnhancer(
      model: model, settings: settings, sampleRate: sampleRate, channelCount: channelCount)
    if let profile { try enhancer.setNoiseProfile(profile, isFrozen: true) }
    if let tokens { enhancer.setLearnedTokens(tokens) }
    self.channelCount = channelCount
    self.profile = profile
    let seconds = Self.windows.first { $0 * sampleRate * channelCount <= Self.room } ?? Self.windows.last!
    windowLength = seconds * sampleRate
    fade = sampleRate / Self.fadesPerSecond
    readAhead = windowLength + fade + Self.context * sampleRate
    lead = enhancer.latencyInSamples
    latencyFraction = enhancer.latencyFraction
    warmUpLength = Int(warmUp * Float(sampleRate))
    block = FloatMemory(Self.blockLength * channelCount)
    self.enhancer = enhancer
  }

  /// Enhances the next window.
  ///
  /// - Parameters:
  ///   - sound: (samples, channelCount) interleaved: `before` samples, at most `lead` of them, then those from the window's
  ///     beginning on: `readAhead`, or what is left of the recording.
  ///   - isLast: whether the recording ends with `sound`; all of it is the window then.
  ///   - goesOn: is told, as it goes on, of the samples per channel of the window that this is worth; false ends it.
  /// - Returns: (`windowLength`, or what is left; channelCount), as far as the window goes; nil: it was ended.
  public mutating func next(
    _ sound: [Float], before: Int, isLast: Bool, goesOn: (Int) -> Bool = { _ in true }
  ) -> [Float]? {
    let count = sound.count / channelCount - before
    precondition(
      sound.count % channelCount == 0 && before >= 0 && count >= 0 && (isLast || count == readAhead),
      "a window comes with all that it is to hear")
    enhancer.reset()
    // What there is no profile of is heard anew in every window; a reset has left the learned tokens.
    if let profile { try! enhancer.setNoiseProfile(profile, isFrozen: true) }  // its frames were checked by init
    if isLast, warmUpLength > 0 {
      var opening: [Float] = []
      let length = min(warmUpLength, count)
      opening.reserveCapacity(length * channelCount)
      for n in 0..<length {
        let place = sound.count - (n + 1) * channelCount
        opening += sound[place..<(place + channelCount)]
      }
      opening.withUnsafeBufferPointer { enhancer.warmUp(interleaved: $0) }
    }
    let length = isLast ? count : windowLength
    let total = count + lead
    guard var result = enhanced(sound, count: count, goesOn: { goesOn($0 * length / total) }) else {
      // What comes next is the beginning of another recording.
      tail = []
      return nil
    }
    // What the window before made of this one's first samples fades out.
    for n in 0..<min(tail.count / channelCount, count) {
      let weight = (Float(n) + 0.5) / Float(fade)
      for place in (n * channelCount)..<((n + 1) * channelCount) {
        result[place] = tail[place] + weight * (result[place] - tail[place])
      }
    }
    guard !isLast else {
      tail = []
      return result
    }
    tail = Array(result[(windowLength * channelCount)..<((windowLength + fade) * channelCount)])
    result.removeLast(result.count - windowLength * channelCount)
    return result
  }

  /// The last `count` samples of a sound, enhanced from the last to the first; those before bring out what the latency held back.
  private mutating func enhanced(_ sound: [Float], count: Int, goesOn: (Int) -> Bool) -> [Float]? {
    let channels = channelCount
    let last = sound.count / channels - 1
    var result = [Float](repeating: 0, count: count * channels)
    let base = block.base
    var fed = 0
    while fed < count + lead {
      let part = min(Self.blockLength, count + lead - fed)
      for n in 0..<part {
        let place = last - fed - n
        for channel in 0..<channels {
          base[n * channels + channel] = place >= 0 ? sound[place * channels + channel] : 0
        }
      }
      let samples = UnsafeMutableBufferPointer(start: base, count: part * channels)
      enhancer.process(interleaved: UnsafeBufferPointer(samples), into: samples)
      for n in max(0, lead - fed)..<max(part, lead - fed) {
        let place = count - 1 - (fed + n - lead)
        for channel in 0..<channels { result[place * channels + channel] = base[n * channels + channel] }
      }
      fed += part
      guard goesOn(part) else { return nil }
    }
    return result
  }
}
