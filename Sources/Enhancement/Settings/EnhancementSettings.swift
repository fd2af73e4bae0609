import Diffusion
import Ground

/// How an enhancer works: everything a preset can say.
///
/// A value; `validate()` tells whether all of it is in range. `steps`, `guidance`, `attenuationLimitInDecibels`, `mix`
/// and `bypass` may change while an enhancer runs (`StreamingEnhancer.update`), the rest is fixed when it is made.
public struct EnhancementSettings: Sendable, Equatable {
  /// What turns a noisy spectrum into a clean one.
  public enum Method: String, Sendable, CaseIterable {
    /// The score model, solved in a few reverse steps per frame.
    case score
    /// A Wiener filter on the estimated noise: the spectral baseline; needs no model.
    case wiener
  }

  public var method: Method = .score
  /// Reverse steps per frame, 1…8.
  public var steps = 1
  /// The most `steps` may rise to while running; nil: it may not. Every step has a state of its own in memory.
  public var maximumSteps: Int?
  /// Weight of classifier-free guidance, 0…10; 1 evaluates the network once per step, any other value twice.
  public var guidance: Float = 1
  /// The reverse sampler.
  public var sampler: SamplerKind = .fewStep(eta: 0)
  /// The most the enhancer may take away, in dB, 0…200: that much below, the input stays audible. nil: no limit.
  public var attenuationLimitInDecibels: Float?
  /// From 0, the input, to 1, the enhanced signal.
  public var mix: Float = 1
  /// Whether the output is the delayed input, to the bit.
  public var bypass = false
  /// Names the sampler's noise: the same seed gives the same bits.
  public var seed: UInt64 = 0
  /// Which frames make the noise reference.
  public var noiseSelection: NoiseSelection = .spp
  /// Seconds of noise that the reference holds at most, 0.25…2.
  public var referenceLength: Float = 2
  /// Level assumed before anything was heard, in dB (mean square), −75…10.
  public var startLevel: Float = -26

  /// What becomes of the sound above the model's 8 kHz, at devices of 32 kHz and more.
  public enum Band: String, Sendable, CaseIterable {
    /// It is kept and denoised along with the rest.
    case full
    /// It is left out.
    case wide
  }
  public var band: Band = .full
  /// speexdsp's quality of both resamplers, 0…10: 5 keeps more of 7–8 kHz, 3 is 2 ms faster at 48 kHz.
  public var resamplerQuality = 5
  /// Whether the channels of one stream share level and judgement of noise, which keeps the stereo image.
  public var linksChannels = true

  public init() {}

  /// The largest number of steps, the points of the standard time grid.
  public static var largestSteps: Int { TimeGrid.standard.count }

  /// Checks every range.
  ///
  /// - Throws: the first `EnhancementError` found.
  public func validate() throws(EnhancementError) {
    let most = Self.largestSteps
    if let maximumSteps, !(1...most).contains(maximumSteps) {
      throw .maximumStepsOutOfRange(maximumSteps, maximum: most)
    }
    guard (1...(maximumSteps ?? most)).contains(steps) else {
      throw .stepsOutOfRange(steps, maximum: maximumSteps ?? most)
    }
    guard guidance >= 0, guidance <= 10 else { throw .guidanceOutOfRange(guidance) }
    switch sampler {
    case .fewStep(let eta): guard eta >= 0, eta <= 1 else { throw .etaOutOfRange(eta) }
    case .predictorCorrector(let snr): guard snr > 0, snr <= 1 else { throw .correctorOutOfRange(snr) }
    case .reverseDiffusion, .probabilityFlow: break
    }
    if let limit = attenuationLimitInDecibels {
      guard limit >= 0, limit <= 200 else { throw .attenuationLimitOutOfRange(limit) }
    }
    guard mix >= 0, mix <= 1 else { throw .mixOutOfRange(mix) }
    guard referenceLength >= 0.25, referenceLength <= 2 else { throw .referenceLengthOutOfRange(referenceLength) }
    guard startLevel >= -75, startLevel <= 10 else { throw .startLevelOutOfRange(startLevel) }
    guard (0...10).contains(resamplerQuality) else { throw .resamplerQualityOutOfRange(resamplerQuality) }
  }

  /// Checks that `next` differs from these settings only in what may change while running.
  func checkChange(to next: EnhancementSettings) throws(EnhancementError) {
    try next.validate()
    guard next.method == method else { throw .fixedWhileRunning(setting: "method") }
    guard next.sampler == sampler else { throw .fixedWhileRunning(setting: "sampler") }
    guard next.seed == seed else { throw .fixedWhileRunning(setting: "seed") }
    guard next.noiseSelection == noiseSelection else { throw .fixedWhileRunning(setting: "noise selection") }
    guard next.referenceLength == referenceLength else { throw .fixedWhileRunning(setting: "reference length") }
    guard next.startLevel == startLevel else { throw .fixedWhileRunning(setting: "start level") }
    guard next.maximumSteps == maximumSteps else { throw .fixedWhileRunning(setting: "maximum steps") }
    guard next.band == band else { throw .fixedWhileRunning(setting: "band") }
    guard next.resamplerQuality == resamplerQuality else {
      throw .fixedWhileRunning(setting: "resampler quality")
    }
    guard next.linksChannels == linksChannels else { throw .fixedWhileRunning(setting: "linked channels") }
  }

  /// How much of the delayed input stays in the output.
  ///
  /// With a = 10^(−limit/20), limited = wet + a·(dry − wet) and out = dry + mix·(limited − dry), this is
  /// d = 1 − mix·(1 − a) in out = wet + d·(dry − wet).
  var dryWeight: Float {
    if bypass { return 1 }
    let kept = attenuationLimitInDecibels.map { decibelsToAmplitude(-$0) } ?? 0
    return 1 - mix * (1 - kept)
  }
}
