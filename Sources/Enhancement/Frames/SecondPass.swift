import Diffusion
import Ground
import SignalProcessing

/// The second of two passes over one sound: the same network, with a state of its own, over frames that lie half a hop beside
/// the first one's.
///
/// What a network makes of a sound hangs on where its frames begin; what two make of it that cut it differently errs in
/// different ways, and their mean is nearer to the clean voice than either ("cycle spinning": Coifman and Donoho 1995,
/// Translation-invariant de-noising; measured for this network in tools/training/LEDGER.md). Level, noise reference and
/// what was learned are the first pass's. One instance belongs to one thread; nothing allocates or locks after `init` if the
/// predictor does not.
struct SecondPass<Predictor: ConditionalPredictor & ~Copyable>: ~Copyable {
  private let modelBinCount: Int
  private let binCount: Int
  private var analysis: STFTAnalysis
  private var synthesis: STFTSynthesis
  var sampler: FrameSampler<Predictor>
  private let compressed: FloatMemory  // (modelBinCount, 2): y, then x̂0
  private let enhanced: FloatMemory  // (binCount, 2)
  /// Nanoseconds that it took since the first pass's newest frame.
  private(set) var nanoseconds: UInt64 = 0

  /// - Parameters:
  ///   - sampler: as the first pass's, with noise of its own.
  ///   - frame: of the model.
  init(sampler: consuming FrameSampler<Predictor>, frame: FrameFormat) {
    modelBinCount = frame.modelBinCount
    binCount = frame.binCount
    analysis = STFTAnalysis(fftLength: frame.fftLength, hopLength: frame.hopLength)
    synthesis = STFTSynthesis(fftLength: frame.fftLength, hopLength: frame.hopLength)
    self.sampler = sampler
    compressed = FloatMemory(2 * frame.modelBinCount)
    enhanced = FloatMemory(2 * frame.binCount)
  }

  /// Enhances the hop that ends half a hop after the first pass's newest, and half a hop before its next.
  ///
  /// - Parameters:
  ///   - hop: (hopLength) finite samples.
  ///   - gain: the level's.
  ///   - guidance: the first pass's weight.
  ///   - mostSteps: after which the first pass's newest frame was cut short: where time was short for it, it is for this one.
  ///   - isResting: whether the network is left out.
  ///   - output: room for as many; may be `hop`.
  /// - Returns: false where the network gave no finite result, and the noisy frame was used.
  mutating func process(
    _ hop: UnsafePointer<Float>, compression: borrowing AmplitudeCompression, postFilter: PostFilter, gain: Float,
    guidance: Float, mostSteps: Int, frameIndex: Int, isResting: Bool, into output: UnsafeMutablePointer<Float>
  ) -> Bool {
    let start = monotonicNanoseconds()
    analysis.push(hop)
    let bins = analysis.bins
    let isSilent = analysis.energy < FrameEnhancer<Predictor>.silence
    var isFinite = true
    // The state goes on with silence, as the first pass's does, until both rest.
    if !isSilent || !isResting {
      isFinite = enhance(
        bins, compression, postFilter, gain: gain, guidance: guidance, mostSteps: mostSteps, frameIndex: frameIndex)
    }
    if isSilent {
      enhanced.clear()
    } else if !isFinite {
      copyFloats(bins, to: enhanced.base, count: 2 * binCount)
    }
    synthesis.push(enhanced.base, into: output)
    nanoseconds += monotonicNanoseconds() - start
    return isFinite
  }

  /// `bins` enhanced into `enhanced`; false where that is not finite, with the network's state made new.
  private mutating func enhance(
    _ bins: UnsafePointer<Float>, _ compression: borrowing AmplitudeCompression, _ postFilter: PostFilter, gain: Float,
    guidance: Float, mostSteps: Int, frameIndex: Int
  ) -> Bool {
    compression.compress(bins, gain: gain, count: modelBinCount, into: compressed.base)
    sampler.guidance = guidance
    sampler.predictor.beginFrame()
    var isFinite = sampler.enhance(
      noisy: compressed.base, frameIndex: frameIndex, into: compressed.base, goesOn: { $0 < mostSteps })
    if isFinite {
      compression.expand(compressed.base, gain: gain, count: modelBinCount, into: enhanced.base)
      postFilter.apply(enhanced.base, noisy: bins, count: modelBinCount)
      enhanceAbove(bins, enhanced: enhanced.base, modelBinCount: modelBinCount, binCount: binCount)
      isFinite = canBeSound(enhanced.base, binCount: binCount)
    }
    if !isFinite { sampler.reset() }
    return isFinite
  }

  /// What it took since the last call.
  mutating func takeTime() -> UInt64 {
    defer { nanoseconds = 0 }
    return nanoseconds
  }

  /// Back to the state after `init`.
  mutating func reset() {
    analysis.reset()
    synthesis.reset()
    sampler.reset()
    nanoseconds = 0
  }
}

/// Whether a frame is finite, and stays so in the inverse transform: the loudest that is taken in has some 1e28.
///
/// - Parameter bins: (binCount, 2), enhanced.
func canBeSound(_ bins: UnsafePointer<Float>, binCount: Int) -> Bool {
  // NaN is not below.
  sumOfSquares(bins, count: 2 * binCount) < 1e30
}

/// The bins above the network's take the real gain of its last one, at most 1: where that is all but empty the quotient
/// means nothing.
///
/// - Parameters:
///   - bins: (binCount, 2), noisy.
///   - enhanced: (binCount, 2), of which the first `modelBinCount` are there.
func enhanceAbove(
  _ bins: UnsafePointer<Float>, enhanced: UnsafeMutablePointer<Float>, modelBinCount: Int, binCount: Int
) {
  let last = 2 * modelBinCount
  let noisy = bins[last - 2] * bins[last - 2] + bins[last - 1] * bins[last - 1]
  let clean = enhanced[last - 2] * enhanced[last - 2] + enhanced[last - 1] * enhanced[last - 1]
  let gain = clean < noisy ? squareRoot(clean / noisy) : 1
  for n in last..<2 * binCount { enhanced[n] = gain * bins[n] }
}
