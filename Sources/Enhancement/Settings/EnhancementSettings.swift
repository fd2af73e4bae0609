import Diffusion
import Ground
import ScoreModel

/// How an enhancer works: everything a preset can say.
///
/// A value; `validate()` tells whether all of it is in range. `steps`, `networks`, `guidance`, `attenuationLimitInDecibels`, `mix`
/// and `bypass` may change while an enhancer runs (`StreamingEnhancer.update`), the rest is fixed when it is made.
public struct EnhancementSettings: Sendable, Equatable {
  /// What turns a noisy spectrum into a clean one.
  public enum Method: String, Sendable, CaseIterable {
    /// The score model, solved in a few reverse steps per frame.
    case score
    /// A Wiener filter on the estimated noise: the spectral baseline; needs no model.
    case wiener
  }

  /// What turns noisy into clean; `score` needs a model.
  public var method: Method = .score

  /// Which networks of a model of two are heard (`EnhancementModel.init(mean:_:)`); a model of one has no choice.
  public enum Networks: String, Sendable, CaseIterable, BitwiseCopyable {
    /// Their mean.
    case both
    /// The first alone.
    case first
    /// The second alone.
    case second

    var choice: NetworkChoice {
      switch self {
      case .both: .both
      case .first: .first
      case .second: .second
      }
    }
  }
  /// Which networks are heard; with a model of one, all choices are the same.
  public var networks = Networks.both
  /// Reverse steps per frame, from 1 to the points of the model's time grid.
  public var steps = 1
  /// The most `steps` may rise to while running; nil: it may not. Every step has a state of its own in memory.
  public var maximumSteps: Int?
  /// Weight of classifier-free guidance, 0…10; 1 evaluates the network once per step, any other value twice.
  public var guidance: Float = 1
  /// Passes of the network over the sound, half a hop beside each other, of which the mean is heard: 1 or 2. Two take twice the
  /// work, and no more latency but where blocks are multiples of the hop: half a hop.
  public var passes = 1
  /// How much of a second pass runs, which `WorkLevels` lowers where time is short; the latency stays.
  package var secondPass = SecondPassShare.whole
  /// The most dB, 0…6, that a post-filter takes from a bin beyond what the network took: more of it from what is mostly noise, nothing
  /// from what is surely speech. 0: there is none. It belongs to the method `score`.
  public var postFilterInDecibels: Float = 0
  /// The reverse sampler.
  public var sampler = Sampler.fewStep(eta: 0)
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

  /// What becomes of the sound above the model's band, at devices of at least twice its rate.
  public enum Band: String, Sendable, CaseIterable {
    /// It is kept and denoised along with the rest.
    case full
    /// It is left out.
    case wide
  }
  /// What becomes of that sound; where the device has none, or a hop of the model is no whole number of its samples, it is left out.
  public var band: Band = .full
  /// speexdsp's quality of both resamplers, 0…10: 5 keeps more of 7–8 kHz, 3 is 2 ms faster at 48 kHz.
  public var resamplerQuality = 5
  /// Whether the channels of one stream share level and judgement of noise, which keeps the stereo image.
  public var linksChannels = true

  /// When a voice that was learned is removed; any other sound that was learned is all the time.
  public enum LearnedVoices: String, Sendable, CaseIterable {
    /// All the time: nothing of it is missed, and the weaker of any two other voices goes, too.
    case always
    /// While the model hears it, where the model tells voices apart: other voices are kept better, and some of it is missed.
    case heard
  }
  /// When such a voice is removed; with a model that does not tell voices apart, both are the same.
  public var learnedVoices = LearnedVoices.always

  /// The values that stand beside each.
  public init() {}

  /// The largest number of steps of the standard time grid; a model may have another (`EnhancementModel.largestSteps`).
  public static var largestSteps: Int { TimeGrid.standard.count }
  /// The most steps that any model may have.
  static var mostSteps: Int { ModelFormat.largestGrid }

  /// As much of a second pass as there is time for.
  public enum SecondPassShare: String, Sendable, CaseIterable {
    /// All that is wished.
    case whole
    /// Of both networks the first alone, whose part in the mean is then smaller: most of the gain for a tenth of the work.
    case light
    /// The first pass runs alone.
    case none

    /// Of the second pass in the mean of both.
    var weight: Float {
      switch self {
      case .whole: 0.5
      case .light: 1 / 3
      case .none: 0
      }
    }
  }

  /// Checks every range, and that the steps are no more than there is room for. Allocates only to throw.
  ///
  /// - Parameter model: what is to be run, which may have another number of steps; nil: as the standard time grid has.
  /// - Throws: `outOfRange` with the first setting found.
  public func validate(for model: EnhancementModel? = nil) throws(EnhancementError) {
    try validate(for: model?.format ?? .standard)
  }

  /// The same for a model's format.
  package func validate(for format: EnhancementModel.Format) throws(EnhancementError) {
    try checkRanges(most: format.grid.count)
  }

  /// The same as far as it can be told without a model, whose time grid says how many steps there may be.
  ///
  /// - Throws: `outOfRange` with the first setting found.
  package func checkRanges() throws(EnhancementError) { try checkRanges(most: Self.mostSteps) }

  /// - Parameter most: steps.
  private func checkRanges(most: Int) throws(EnhancementError) {
    // By index: an iterator's elements are wrapped anew, on the heap, wherever they hold closures.
    for n in EnhancementSetting.all.indices where !EnhancementSetting.all[n].countsSteps {
      try EnhancementSetting.all[n].check(self)
    }
    if let maximumSteps, !(1...most).contains(maximumSteps) {
      throw try EnhancementSetting(key: "maximum-steps").outOfRange("\(maximumSteps)", "1 to \(most)")
    }
    guard (1...(maximumSteps ?? most)).contains(steps) else {
      throw Self.noRoom(for: steps, maximum: maximumSteps ?? most)
    }
  }

  static func noRoom(for steps: Int, maximum: Int) -> EnhancementError {
    EnhancementSetting.steps.outOfRange("\(steps)", "1 to \(maximum)")
  }

  /// Checks that `next` differs from these settings only in what may change while running. Allocates only to throw.
  func checkChange(
    to next: EnhancementSettings, format: EnhancementModel.Format = .standard
  ) throws(EnhancementError) {
    try next.validate(for: format)
    for n in EnhancementSetting.all.indices
    where !EnhancementSetting.all[n].changesWhileRunning
      && EnhancementSetting.all[n].read(self) != EnhancementSetting.all[n].read(next)
    {
      throw .fixedWhileRunning(setting: EnhancementSetting.all[n].key)
    }
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
