import Ground
import SignalProcessing

/// The gains of the sub-bands above the model's, frame by frame.
///
/// What the model does to noise just below its upper edge, averaged over the frames without speech, is done to the noise above: the
/// floor. A sub-band opens from the floor to 1 where its own power rises above its own noise (speech presence on its
/// mean power) and there is speech just below the edge too; and never further than the model left of that, 3 dB added. It
/// opens at once and closes by 200 dB/s. One thread; nothing allocates after `init`.
struct HighBandGain: ~Copyable {
  /// Lower edges of the sub-bands, in eighths of the model's upper edge (7 to 24 kHz over 8 kHz); the first takes in the slope
  /// of the crossover.
  static let edges: [Double] = [7, 9, 11, 14, 18, 24]
  /// Lowest floor, dB.
  static var lowestFloor: Float { @_noLocks get { -60 } }
  /// What the sub-bands may be louder than what the model left below: 3 dB.
  static var tolerance: Float { @_noLocks get { 1.412_537_5 } }

  /// The model's bins "just below": from half of its band to the first edge, which the resamplers leave alone.
  private let firstBelow: Int
  private let lastBelow: Int
  /// Share by which the floor follows a frame: half a second.
  private let floorSmoothing: Float
  /// A closing sub-band keeps this share of its gain per frame: −200 dB/s.
  private let release: Float
  private let binCount: Int
  private let bandCount: Int
  /// (binCount) of the sub-band above a bin's place, against the one below it.
  private let share: FloatMemory
  /// (bandCount + 1) bins: where a sub-band's gain is the bin's; the first is 0.
  private let middle: FixedArray<Int>
  private let firstBin: FixedArray<Int>  // (bandCount + 1)
  private let powers: FloatMemory  // (1 + bandCount): below the edge, then the sub-bands
  private let gains: FloatMemory  // (bandCount + 1), the last one twice
  private var presence: SpeechPresence
  private var floor: Float = 0  // dB
  private var floorFrames = 0
  private var hasHeardNoise = false

  /// - Parameters:
  ///   - binCount: of the transform at the device's rate, half of it and one.
  ///   - format: of the model.
  init(sampleRate: Int, binCount: Int, format: FrameFormat) {
    self.binCount = binCount
    firstBelow = (format.binCount - 1) / 2
    lastBelow = (format.binCount - 1) * 7 / 8
    floorSmoothing = Float(format.hopDuration / 0.5)
    release = Float(exponential(-200 * format.hopDuration / 20 * logarithm(10.0)))
    let eighth = format.upperEdge / 8
    let binWidth = Double(sampleRate) / 2 / Double(binCount - 1)
    let edges = Self.edges.map { $0 * eighth }.filter { $0 + eighth <= Double(sampleRate) / 2 }
    bandCount = edges.count
    let firstBins = edges.map { Int(($0 / binWidth).rounded()) } + [binCount]
    // Between the middles of two sub-bands their gains go over into each other.
    var middles = edges.indices.map { (firstBins[$0] + firstBins[$0 + 1]) / 2 } + [binCount]
    share = FloatMemory(binCount)
    for n in 0..<edges.count - 1 {
      for k in middles[n]..<middles[n + 1] {
        share.base[k] = Float(k - middles[n]) / Float(middles[n + 1] - middles[n])
      }
    }
    middles[0] = 0
    firstBin = FixedArray(firstBins)
    middle = FixedArray(middles)
    powers = FloatMemory(edges.count + 1)
    gains = FloatMemory(edges.count + 1)
    presence = SpeechPresence(
      binCount: edges.count + 1, frameRate: Float(format.frameRate), fftLength: format.fftLength)
  }

  /// - Parameters:
  ///   - bins: (binCount, 2) of the band, changed in place.
  ///   - noisy: (format's binCount, 2) of the model's band, as it came and
  ///   - enhanced: as it went.
  ///   - isNoise: whether the frame was judged noise alone; nil: it was silence.
  mutating func apply(
    to bins: UnsafeMutablePointer<Float>, noisy: UnsafePointer<Float>, enhanced: UnsafePointer<Float>, isNoise: Bool?
  ) {
    if let isNoise { follow(bins, noisy: noisy, enhanced: enhanced, isNoise: isNoise) }
    for n in 0..<bandCount {
      let first = middle[n]
      scaleBins(
        bins + 2 * first, count: middle[n + 1] - first, from: gains[n], to: gains[n + 1], share: share.base + first)
    }
  }

  private mutating func follow(
    _ bins: UnsafePointer<Float>, noisy: UnsafePointer<Float>, enhanced: UnsafePointer<Float>, isNoise: Bool
  ) {
    let before = meanPower(noisy, firstBelow..<lastBelow)
    let after = meanPower(enhanced, firstBelow..<lastBelow)
    powers[0] = before
    for n in 0..<bandCount { powers[1 + n] = meanPower(bins, firstBin[n]..<firstBin[n + 1]) }
    presence.push(power: powers.base)

    let kept = before > 0 ? min(1, after / before) : 1
    let speechBelow = opening(presence.probability[0])
    // Before any noise was heard, whatever has no speech below has to do.
    if speechBelow == 0 && (isNoise || !hasHeardNoise) {
      if isNoise && !hasHeardNoise {
        hasHeardNoise = true
        floorFrames = 0
      }
      floorFrames += 1
      let reduction = max(Self.lowestFloor, 10 * logarithm10(max(kept, 1e-6)))
      floor += max(floorSmoothing, 1 / Float(floorFrames)) * (reduction - floor)
    }
    let limit = Self.tolerance * squareRoot(kept)
    let closed = decibelsToAmplitude(floor)
    for n in 0..<bandCount {
      let open = min(speechBelow, opening(presence.probability[1 + n]))
      let target = open > 0 ? max(closed, min(decibelsToAmplitude(floor * (1 - open)), limit)) : closed
      gains[n] = max(target, gains[n] * release)
      if gains[n] < target { gains[n] = target }
    }
    gains[bandCount] = gains[bandCount - 1]
  }

  /// 0 where speech is improbable, 1 where it is sure.
  private func opening(_ probability: Float) -> Float {
    let x = min(1, max(0, (probability - 0.4) / 0.4))
    return x * x * (3 - 2 * x)
  }

  private func meanPower(_ bins: UnsafePointer<Float>, _ range: Range<Int>) -> Float {
    sumOfSquares(bins + 2 * range.lowerBound, count: 2 * range.count) / Float(range.count)
  }

  mutating func reset() {
    presence.reset()
    gains.clear()
    floor = 0
    floorFrames = 0
    hasHeardNoise = false
  }
}
