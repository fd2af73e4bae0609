import Realtime
import Testing

@testable import Enhancement
@testable import Recording

@Suite struct HeaderTests {
  /// As Limpid wrote it before settings had a table.
  private static let old = """
    limpid-recording 1
    dispatch-level v4
    precision float32
    model tiny
    model-checksum 1f
    sample-rate 48000
    block 128
    channels 2
    lead 1584
    steps-running 2
    profile false
    frozen true
    method score
    steps 3
    maximum-steps 8
    guidance 1.5
    sampler few-step 0.25
    limit 12.0
    mix 0.7
    bypass true
    seed 7
    noise-selection residual
    reference-length 1.5
    start-level -30.0
    resampler-quality 3
    links-channels false
    band wide

    """

  /// A setting that the table got after a recording was made has its standard value in it, and is read where it has a line.
  @Test func `an older recording has the standard value of a setting that came later`() throws {
    let later = EnhancementSetting(
      key: "later", form: .number(0...1), range: "0 to 1", help: "", refusal: { "later \($0) is out of range" },
      read: { .number($0.mix) }, write: { if case .number(let mix) = $1 { $0.mix = mix } })
    let table = EnhancementSetting.all.filter { $0.key != "mix" } + [later]
    func read(_ text: String) throws -> RecordingHeader { try RecordingHeader(text: text, path: "there", table: table) }
    #expect(try read(Self.old).settings.mix == EnhancementSettings().mix)
    #expect(try read(Self.old + "later 0.25\n").settings.mix == 0.25)
    #expect(throws: RecordingError.self) { try read(Self.old + "later 7\n") }
  }

  private func read(_ text: String) throws -> RecordingHeader { try RecordingHeader(text: text, path: "there") }

  @Test func `a header from before the table is read`() throws {
    var settings = EnhancementSettings()
    settings.steps = 3
    settings.maximumSteps = 8
    settings.guidance = 1.5
    settings.attenuationLimitInDecibels = 12
    settings.mix = 0.7
    settings.bypass = true
    settings.seed = 7
    settings.noiseSelection = .residual
    settings.referenceLength = 1.5
    settings.startLevel = -30
    settings.resamplerQuality = 3
    settings.linksChannels = false
    settings.band = .wide
    try settings.set(key: "eta", text: "0.25")
    #expect(try read(Self.old).settings == settings)
    let none = Self.old.replacing("limit 12.0", with: "limit none").replacing(
      "maximum-steps 8", with: "maximum-steps 0"
    )
    .replacing("few-step 0.25", with: "predictor-corrector 0.75").replacing(
      "links-channels false", with: "links-channels true")
    let other = try read(none).settings
    #expect(other.attenuationLimitInDecibels == nil && other.maximumSteps == nil && other.linksChannels)
    #expect(try other.text(key: "sampler") == "predictor-corrector" && other.text(key: "corrector-snr") == "0.75")
  }

  /// Of steps, of one and two passes, and of one and two networks.
  @Test func `a level above all steps is read, as far as there is more to leave out`() throws {
    let header = try read(Self.old)
    for level in [1, 8, 9, 11] {
      var higher = header
      higher.level = level
      #expect(try read(higher.text) == higher)
    }
    for level in [0, 12] {
      var wrong = header
      wrong.level = level
      #expect(throws: RecordingError.self) { try read(wrong.text) }
    }
  }

  @Test func `which sound was learned live is read as it is written, and is none in older ones`() throws {
    var header = try read(Self.old)
    #expect(!header.endsLive)
    header.learnedCount = 2
    header.endsLive = true
    #expect(try read(header.text) == header)
  }

  @Test func `every setting is read as it is written`() throws {
    for sampler in ["few-step", "reverse-diffusion", "predictor-corrector", "probability-flow"] {
      for setting in EnhancementSetting.all {
        var header = try read(Self.old)
        try header.settings.set(key: "sampler", text: sampler)
        guard setting.key != "sampler", setting.text(of: header.settings) != nil else { continue }
        header.settings.maximumSteps = nil
        let texts: [String] =
          switch setting.form {
          case .choice(let words): words
          case .integer(let range): ["\(range.upperBound)"]
          case .natural: ["\(UInt64.max)"]
          case .number: ["0.3", "\((0.3 as Float).nextUp)"]
          case .flag: ["true", "false"]
          }
        for text in texts {
          try header.settings.set(key: setting.key, text: text)
          #expect(try read(header.text) == header, "\(setting.key) \(text)")
        }
      }
    }
  }

  @Test func `a line that every recording has is refused by name where it is missing, and one out of range`() throws {
    let header = try read(Self.old)
    let lines = header.text.split(separator: "\n")
    for setting in EnhancementSetting.all where setting.text(of: header.settings) != nil {
      let without = lines.filter { !$0.hasPrefix(setting.key + " ") }
      #expect(without.count == lines.count - 1, "\(setting.key)")
      guard RecordingHeader.keysOfVersion1.contains(setting.key) else {
        // It came later: older recordings have no such line.
        let older = try read(without.joined(separator: "\n"))
        #expect(setting.text(of: older.settings) == setting.text(of: EnhancementSettings()), "\(setting.key)")
        continue
      }
      #expect(
        throws: RecordingError.badRecording(
          path: "there", reason: "session.txt has no usable line '\(setting.key)'; record anew")
      ) { try read(without.joined(separator: "\n")) }
    }
    #expect(
      throws: RecordingError.badRecording(
        path: "there", reason: "the mix 1.5 is out of range; give 0 (the input) to 1 (the enhanced signal)")
    ) { try read(Self.old.replacing("mix 0.7", with: "mix 1.5")) }
  }
}
