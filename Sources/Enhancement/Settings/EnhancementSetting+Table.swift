import Diffusion

extension EnhancementSetting {
  /// Every setting. Who adds one gives `EnhancementSettings` a property and this table an entry; all else follows.
  ///
  /// The order is that of the options in the help; what depends on another setting comes after it (`eta` after `sampler`).
  public static let all: [EnhancementSetting] = [
    choice(
      "method", help: "score: the diffusion model; wiener: a classic spectral filter, for comparison.", \.method),
    steps,
    number(
      "guidance", 0...10, "0 to 10 (1 is no guidance)",
      help: "Weight of classifier-free guidance, 0 to 10; 1 is none, others double the work.",
      refusal: { "the guidance weight \($0) is out of range" }, read: { .number($0.guidance) },
      write: { $0.guidance = $1 }
    ).whileRunning,
    EnhancementSetting(
      key: "passes", form: .integer(1...2), range: "1 or 2",
      help: "Passes over the sound, half a frame's step apart, of which the mean is heard: 1, or 2 for twice the work.",
      refusal: { "\($0) passes cannot be run" }, read: { .integer($0.passes) },
      write: { if case .integer(let passes) = $1 { $0.passes = passes } }),
    number(
      "post-filter", 0...6, "0 to 6 dB",
      help: "Take up to so many dB more from what is mostly noise, 0 (none) to 6.",
      refusal: { "a post-filter of \($0) dB is out of range" }, read: { .number($0.postFilterInDecibels) },
      write: { $0.postFilterInDecibels = $1 }),
    EnhancementSetting(
      key: "sampler", form: .choice(EnhancementSettings.Sampler.names),
      range: EnhancementSettings.Sampler.names.joined(separator: ", "),
      help: "few-step, reverse-diffusion, predictor-corrector or probability-flow.",
      refusal: { "the sampler \($0) is not known" }, read: { .word($0.sampler.name) },
      write: { settings, value in
        // Whoever names the sampler that it is already keeps its eta or ratio.
        if case .word(let name) = value, name != settings.sampler.name,
          let kind = EnhancementSettings.Sampler(name: name)
        {
          settings.sampler = kind
        }
      }),
    number(
      "eta", 0...1, "0 (deterministic) to 1", help: "Randomness of the sampler few-step, 0 to 1.",
      refusal: { "the sampler's eta \($0) is out of range" },
      read: { if case .fewStep(let eta) = $0.sampler { .number(eta) } else { nil } },
      write: { $0.sampler = .fewStep(eta: $1) }
    ).of(sampler: "few-step"),
    number(
      "corrector-snr", Float.leastNonzeroMagnitude...1, "more than 0 and at most 1",
      help: "Signal-to-noise ratio of the sampler predictor-corrector's corrector, above 0 to 1.",
      refusal: { "the corrector's signal-to-noise ratio \($0) is out of range" },
      read: { if case .predictorCorrector(let snr) = $0.sampler { .number(snr) } else { nil } },
      write: { $0.sampler = .predictorCorrector(snr: $1) }
    ).of(sampler: "predictor-corrector"),
    EnhancementSetting(
      key: "attenuation-limit", form: .number(0...200), range: "0 to 200 dB, or none",
      help: "Take noise down by at most this many dB.", refusal: { "the attenuation limit \($0) dB is out of range" },
      read: { $0.attenuationLimitInDecibels.map { .number($0) } ?? Value.absent },
      write: {
        if case .number(let limit) = $1 {
          $0.attenuationLimitInDecibels = limit
        } else {
          $0.attenuationLimitInDecibels = nil
        }
      }
    ).orNone.whileRunning.saying { $0 == "none" ? "no limit" : "limit \($0) dB" },
    number(
      "mix", 0...1, "0 (the input) to 1 (the enhanced signal)",
      help: "0 is the input, 1 the enhanced signal; both are aligned in time.",
      refusal: { "the mix \($0) is out of range" }, read: { .number($0.mix) }, write: { $0.mix = $1 }
    ).whileRunning,
    EnhancementSetting(
      key: "seed", form: .natural, range: "0 to \(UInt64.max)",
      help: "Names the sampler's noise: the same seed gives the same bits.",
      refusal: { "the seed \($0) is out of range" }, read: { .natural($0.seed) },
      write: { if case .natural(let seed) = $1 { $0.seed = seed } }),
    choice(
      "noise-selection", help: "How noise is told from speech: spp (speech presence) or residual.", \.noiseSelection),
    number(
      "reference-length", 0.25...2, "0.25 to 2 s",
      help: "Seconds of noise that the rolling reference holds, 0.25 to 2.",
      refusal: { "the reference length \($0) s is out of range" }, read: { .number($0.referenceLength) },
      write: { $0.referenceLength = $1 }),
    number(
      "start-level", -75...10, "-75 to 10 dB",
      help: "Level assumed before anything was heard, -75 to 10 dB of full scale.",
      refusal: { "the start level \($0) dB is out of range" }, read: { .number($0.startLevel) },
      write: { $0.startLevel = $1 }),
    choice("band", help: "full keeps and denoises what is above 8 kHz, wide leaves it out.", \.band),
    flag(
      "independent-channels", help: "Enhance every channel by itself: for channels that are no stereo image.",
      read: { !$0.linksChannels }, write: { $0.linksChannels = !$1 }),
    choice(
      "learned-voices",
      help:
        "When a learned voice is removed: always, so that none is missed, or heard: while it speaks, so that others stay.",
      \.learnedVoices),
    flag(
      "bypass", help: "Whether the output is the delayed input, to the bit.", read: { $0.bypass },
      write: { $0.bypass = $1 }
    ).whileRunning.forPrograms.saying { $0 == "true" ? "bypass on" : "bypass off" },
    choice("networks", help: "Which networks of a model of two are heard.", \.networks).whileRunning.forPrograms.saying
    {
      $0 == "both" ? "both networks" : "the \($0) network alone"
    },
    EnhancementSetting(
      key: "maximum-steps", form: .integer(1...EnhancementSettings.mostSteps), range: stepRange,
      help: "The most steps that there may be while running; none: no more than at the start.",
      refusal: { "room for \($0) steps cannot be made" },
      read: { $0.maximumSteps.map { .integer($0) } ?? Value.absent },
      write: { if case .integer(let steps) = $1 { $0.maximumSteps = steps } else { $0.maximumSteps = nil } }
    ).orNone.forPrograms,
    EnhancementSetting(
      key: "resampler-quality", form: .integer(0...10), range: "0 to 10",
      help: "speexdsp's quality of both resamplers, 0 to 10; live, the device's side chooses it.",
      refusal: { "the resampler quality \($0) is out of range" }, read: { .integer($0.resamplerQuality) },
      write: { if case .integer(let quality) = $1 { $0.resamplerQuality = quality } }
    ).forPrograms,
  ]

  /// Which it is, the model says.
  private static let stepRange = "1 to \(EnhancementSettings.largestSteps), or to what the model's time grid has"

  static let steps = EnhancementSetting(
    key: "steps", form: .integer(1...EnhancementSettings.mostSteps), range: stepRange,
    help: "Reverse diffusion steps per frame, \(stepRange).",
    refusal: { "\($0) steps cannot be run" }, read: { .integer($0.steps) },
    write: { if case .integer(let steps) = $1 { $0.steps = steps } }
  ).whileRunning.saying { $0 == "1" ? "1 step" : "\($0) steps" }
}

// MARK: - The kinds of entries

extension EnhancementSetting {
  private static func number(
    _ key: String, _ form: ClosedRange<Float>, _ range: String, help: String,
    refusal: @escaping @Sendable (_ value: String) -> String,
    read: @escaping @Sendable (EnhancementSettings) -> Value?,
    write: @escaping @Sendable (inout EnhancementSettings, Float) -> Void
  ) -> EnhancementSetting {
    EnhancementSetting(
      key: key, form: .number(form), range: range, help: help, refusal: refusal, read: read,
      write: { if case .number(let number) = $1 { write(&$0, number) } })
  }

  private static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
    _ key: String, help: String, _ property: any WritableKeyPath<EnhancementSettings, Choice> & Sendable
  ) -> EnhancementSetting {
    let words = Choice.allCases.map(\.rawValue)
    return EnhancementSetting(
      key: key, form: .choice(words), range: words.joined(separator: ", "), help: help,
      refusal: { "the \(key) \($0) is not known" }, read: { .word($0[keyPath: property].rawValue) },
      write: { settings, value in
        if case .word(let word) = value, let choice = Choice(rawValue: word) { settings[keyPath: property] = choice }
      })
  }

  private static func flag(
    _ key: String, help: String, read: @escaping @Sendable (EnhancementSettings) -> Bool,
    write: @escaping @Sendable (inout EnhancementSettings, Bool) -> Void
  ) -> EnhancementSetting {
    EnhancementSetting(
      key: key, form: .flag, range: "true or false", help: help, refusal: { "\(key) \($0) is not known" },
      read: { .flag(read($0)) }, write: { if case .flag(let isSet) = $1 { write(&$0, isSet) } })
  }

  /// It may change while an enhancer runs.
  private var whileRunning: EnhancementSetting { with { $0.changesWhileRunning = true } }
  /// It may be "none".
  private var orNone: EnhancementSetting { with { $0.isOptional = true } }
  /// Neither presets nor the command line have it.
  private var forPrograms: EnhancementSetting { with { $0.isPresetKey = false } }
  private func saying(_ said: @escaping @Sendable (_ text: String) -> String) -> EnhancementSetting {
    with { $0.said = said }
  }
  private func of(sampler: String) -> EnhancementSetting { with { $0.sampler = sampler } }

  private func with(_ change: (inout EnhancementSetting) -> Void) -> EnhancementSetting {
    var setting = self
    change(&setting)
    return setting
  }
}
