import CKernels
import Ground

/// Speech presence probability and noise power per bin (Gerkmann and Hendriks, "Unbiased MMSE-based noise power
/// estimation with low complexity and low tracking delay", IEEE TASLP 20(4), 2012).
///
/// With fixed priors P(H0) = P(H1) = 1/2 and a fixed ξ = 15 dB for speech that is present, each frame and bin with
/// periodogram |y|² and previous noise power σ² does
///
///     P = 1 / (1 + (1 + ξ)·exp(−|y|²/σ² · ξ/(1 + ξ)))            (eq. 18)
///     P̄ ← α_P P̄ + (1 − α_P) P;   if P̄ > 0.99: P ← min(P, 0.99)   (eqs. 23, 24: stuck protection)
///     E = (1 − P)|y|² + P σ²                                     (eq. 22)
///     σ² ← α σ² + (1 − α) E                                      (eq. 8)
///
/// The paper's α = 0.8 and α_P = 0.9 are for hops of 16 ms; a hop of h ms takes 0.8^(h/16) and 0.9^(h/16), which keeps the
/// time constants (71.7 ms and 151.9 ms): 0.870 and 0.936 at 10 ms.
///
/// Beyond the paper: the first 50 ms of frames that are not silent are taken as noise (their mean starts σ²; speech there
/// is harmless, because an estimate that is too high falls within a few time constants). A silent frame (mean power below
/// `floor`: a muted or gated microphone) tells nothing about the room and leaves σ² and P̄ as they are, with
/// P = 0 and `isSilent` true; without that σ² would fall to nothing and the noise's return would be taken for speech for
/// more than a second. A bin that is not a number is passed over in the same way.
///
/// One instance belongs to one thread; `push` neither allocates nor locks.
package struct SpeechPresence: ~Copyable {
  package let binCount: Int
  /// Frames per second, for which the smoothing is made.
  package let frameRate: Float
  /// (binCount) P of the newest frame, 0…1.
  package let probability: UnsafeMutablePointer<Float>
  /// (binCount) σ² after the newest frame, in units of the power pushed, at least `floor`.
  package let noisePower: UnsafeMutablePointer<Float>
  /// Mean of `probability` over the bins.
  package private(set) var meanProbability: Float = 0
  /// Whether the newest frame was too faint to say anything.
  package private(set) var isSilent = true

  /// Lowest noise power, and the mean power below which a frame is silent: white noise at −120 dB (0 dB is a mean square
  /// of one) behind the model's window and transform, 10^−12 · Σw², and Σw² is half of the frame.
  package let floor: Float
  /// Frames that are not silent and that make the first estimate: those of 50 ms.
  package let startFrameCount: Int

  private let probabilityMemory: FloatMemory
  private let noiseMemory: FloatMemory
  private let smoothedProbability: FloatMemory  // (binCount) P̄
  private let noiseSmoothing: Float  // α
  private let probabilitySmoothing: Float  // α_P
  private var startFrames = 0

  private static var priorRatio: Float { @_noLocks get { 31.622_776_6 } }  // ξ, 15 dB
  private static var stuckLimit: Float { @_noLocks get { 0.99 } }
  private static var largestPower: Float { @_noLocks get { 1e30 } }

  /// - Parameters:
  ///   - binCount: bins per frame.
  ///   - frameRate: frames per second.
  ///   - noiseSmoothing: the paper's α, for hops of 16 ms; it is converted to `frameRate`.
  ///   - fftLength: samples of the model's frame, for the floor.
  package init(binCount: Int = 161, frameRate: Float = 100, noiseSmoothing: Float = 0.8, fftLength: Int = 320) {
    precondition(binCount > 0 && frameRate > 0 && fftLength > 0, "at least one bin, and frames do come")
    precondition(noiseSmoothing >= 0 && noiseSmoothing < 1, "α is in 0..<1")
    self.binCount = binCount
    self.frameRate = frameRate
    floor = Float(Double(fftLength / 2) / 1e12)
    startFrameCount = max(1, Int((0.05 * frameRate).rounded()))
    let hops = 1 / (0.016 * frameRate)  // this hop in hops of the paper
    self.noiseSmoothing = power(noiseSmoothing, to: hops)
    probabilitySmoothing = power(0.9, to: hops)
    probabilityMemory = FloatMemory(binCount)
    noiseMemory = FloatMemory(binCount)
    smoothedProbability = FloatMemory(binCount)
    probability = probabilityMemory.base
    noisePower = noiseMemory.base
    reset()
  }

  /// Takes one frame.
  ///
  /// - Parameter power: (binCount) periodogram |Y|².
  @_noLocks
  package mutating func push(power: UnsafePointer<Float>) {
    isSilent = sumBelow(Self.largestPower, power, count: binCount) < floor * Float(binCount)
    meanProbability = 0
    if isSilent {
      for k in 0..<binCount { probability[k] = 0 }
    } else if startFrames < startFrameCount {
      startFrames += 1
      start(power)
    } else {
      track(power)
    }
  }

  /// σ² as the mean of the frames so far; P = 0.
  @_noLocks @inline(__always)
  private mutating func start(_ power: UnsafePointer<Float>) {
    let weight = 1 / Float(startFrames)
    for k in 0..<binCount {
      let y = power[k] < Self.largestPower ? power[k] : noisePower[k]
      noisePower[k] = max(noisePower[k] + weight * (y - noisePower[k]), floor)
      probability[k] = 0
    }
  }

  @_noLocks @inline(__always)
  private mutating func track(_ power: UnsafePointer<Float>) {
    let constants = ck_presence(
      prior_ratio: Self.priorRatio, probability_smoothing: probabilitySmoothing, noise_smoothing: noiseSmoothing,
      stuck_limit: Self.stuckLimit, floor: floor, largest_power: Self.largestPower)
    let total = trackPresence(
      constants, power: power, noise: noisePower, smoothed: smoothedProbability.base, probability: probability,
      count: binCount)
    meanProbability = total / Float(binCount)
  }

  /// Back to the state after `init`.
  @_noLocks
  package mutating func reset() {
    for k in 0..<binCount {
      probability[k] = 0
      noisePower[k] = floor
      smoothedProbability[k] = 0.5
    }
    meanProbability = 0
    isSilent = true
    startFrames = 0
  }
}
