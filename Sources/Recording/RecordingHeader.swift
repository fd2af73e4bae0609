import Enhancement
import Ground
import NeuralLayers
import Realtime

/// The first page of a recording: everything that its output depends on, besides input, events and noise profile.
///
/// A text file of lines "name value", so that a person can read it.
struct RecordingHeader: Equatable {
  static let version = 1
  static let fileName = "session.txt"
  static let inputName = "input.wav"
  static let outputName = "output.wav"
  static let eventsName = "events.txt"
  static let profileName = "noise-profile.safetensors"
  /// The nth sound that is removed from the start, counted from 0.
  static func learnedName(_ n: Int) -> String { "learned-\(n + 1).safetensors" }

  /// The folder of a recording's nth segment, counted from 0: the recording's own, then folders within it. The device's
  /// format is one throughout a segment; each is a recording by itself.
  static func segmentPath(_ path: String, _ n: Int) -> String { n == 0 ? path : "\(path)/segment-\(n + 1)" }

  var format: StreamFormat
  /// Samples between a block's input and its output.
  var lead: Int
  var settings: EnhancementSettings
  /// How much of them ran at the start, which the machine's speed may have lowered (`SessionStart.level`).
  var level: Int
  var hasProfile = false
  /// Sounds that are removed from the start.
  var learnedCount = 0
  /// Whether the last of them was learned live.
  var endsLive = false
  var isFrozen = false
  /// Of the model: one network or two; none without a model.
  var networks: [RecordedNetwork] = []
  var dispatchLevel = EnhancementModel.dispatchLevel
  /// Of the model's products.
  var precision = EnhancementModel.Precision.float32

  var text: String {
    var lines: [(String, String)] = [
      ("limpid-recording", "\(Self.version)"), ("dispatch-level", dispatchLevel),
      ("precision", precision.rawValue), ("model", networks.first?.name ?? ""),
      ("model-checksum", networks.first?.checksumText ?? "0"), ("sample-rate", "\(format.sampleRate)"),
      ("block", "\(format.block)"), ("channels", "\(format.channelCount)"), ("lead", "\(lead)"),
      ("level", "\(level)"), ("profile", "\(hasProfile)"), ("frozen", "\(isFrozen)"),
      ("learned", "\(learnedCount)"), ("learned-live", "\(endsLive)"),
    ]
    if networks.count == 2 {
      lines += [("second-model", networks[1].name), ("second-model-checksum", networks[1].checksumText)]
    }
    for setting in EnhancementSetting.all {
      if let text = setting.text(of: settings) { lines.append((setting.key, text)) }
    }
    return lines.map { "\($0.0) \($0.1)\n" }.joined()
  }

  /// Of a session that begins.
  init(_ start: SessionStart) {
    format = start.format
    lead = start.lead
    settings = start.settings
    level = start.level
    hasProfile = start.profile != nil
    learnedCount = start.learned.count
    endsLive = start.endsLive
    isFrozen = start.isFrozen
    networks = start.model.map { RecordedNetwork.all(of: $0) } ?? []
    precision = start.model?.precision ?? .float32
  }

  /// What the session began with, by its recording.
  func start(model: EnhancementModel?, profile: NoiseProfile?, learned: [LearnedNoise]) -> SessionStart {
    SessionStart(
      format: format, lead: lead, settings: settings, level: level, model: model, profile: profile, isFrozen: isFrozen,
      learned: learned, endsLive: endsLive && !learned.isEmpty)
  }

  /// - Throws: `RecordingError.badRecording`.
  ///
  /// - Parameter table: the settings that there are.
  init(
    text: String, path: String, table: [EnhancementSetting] = EnhancementSetting.all
  ) throws(RecordingError) {
    var values: [Substring: Substring] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      values[parts[0]] = parts.count == 2 ? parts[1] : ""
    }
    func read<Value>(_ name: Substring, _ convert: (Substring) -> Value?) throws(RecordingError) -> Value {
      guard let text = values[name], let value = convert(text) else {
        throw Self.noLine(name, path)
      }
      return value
    }
    let bool = { (text: Substring) in Bool(String(text)) }
    let int = { (text: Substring) in Int(text) }
    guard try read("limpid-recording", int) == Self.version else {
      throw .badRecording(path: path, reason: "made by another version of Limpid; record anew")
    }
    format = StreamFormat(
      sampleRate: try read("sample-rate", int), block: try read("block", int), channelCount: try read("channels", int))
    lead = try read("lead", int)
    // As it was called while there was one network.
    level = try read(values["level"] == nil ? "steps-running" : "level", int)
    guard (8000...192_000).contains(format.sampleRate), (1...1 << 20).contains(format.block),
      (1...32).contains(format.channelCount), lead > 0, lead <= 1 << 22
    else { throw .badRecording(path: path, reason: "\(Self.fileName) has a number out of range; record anew") }
    dispatchLevel = try read("dispatch-level") { String($0) }
    // Recordings from before there was a choice do not say.
    if values["precision"] != nil {
      precision = try read("precision") { EnhancementModel.Precision(rawValue: String($0)) }
    }
    let first = RecordedNetwork(
      name: try read("model") { String($0) }, checksum: try read("model-checksum") { UInt64($0, radix: 16) })
    if !first.name.isEmpty { networks = [first] }
    if values["second-model"] != nil {
      networks.append(
        RecordedNetwork(
          name: try read("second-model") { String($0) },
          checksum: try read("second-model-checksum") { UInt64($0, radix: 16) }))
    }
    hasProfile = try read("profile", bool)
    // Recordings from before there was learned noise do not say.
    if values["learned"] != nil {
      learnedCount = try read("learned") { Int($0).flatMap { (0...64).contains($0) ? $0 : nil } }
    }
    if values["learned-live"] != nil { endsLive = try read("learned-live", bool) }
    isFrozen = try read("frozen", bool)
    Self.rename(&values)
    var s = EnhancementSettings()
    do throws(EnhancementError) {
      // One that the sampler does not have has no line.
      for setting in table where setting.text(of: s) != nil {
        if let text = values[Substring(setting.key)] {
          try setting.set(String(text), in: &s)
        } else if Self.keysOfVersion1.contains(setting.key) {
          throw EnhancementError.notAValue(setting: setting.key, text: "", fault: "")
        }
      }
      try s.checkRanges()
    } catch .notAValue(let key, _, _) {
      throw Self.noLine(key, path)
    } catch { throw .badRecording(path: path, reason: "\(error)") }
    settings = s
    guard (1...(s.maximumSteps ?? s.steps) + SessionStart.mostLevelsBeyondSteps).contains(level) else {
      throw .badRecording(path: path, reason: "\(Self.fileName) has a number out of range; record anew")
    }
  }
}

extension RecordingHeader {
  /// The settings that every recording of this version has: one without such a line is damaged. The list is closed: a setting
  /// that the table got later has its standard value in older recordings, which is what was done before it could be set.
  static let keysOfVersion1: Set = [
    "method", "steps", "guidance", "sampler", "eta", "corrector-snr", "attenuation-limit", "mix", "seed",
    "noise-selection", "reference-length", "start-level", "band", "independent-channels", "bypass", "maximum-steps",
    "resampler-quality",
  ]

  private static func noLine(_ name: some StringProtocol, _ path: String) -> RecordingError {
    .badRecording(path: path, reason: "\(fileName) has no usable line '\(name)'; record anew")
  }

  /// Recordings once named some settings in other words than presets: "limit", "links-channels", no maximum as 0, and the
  /// sampler's number in the sampler's line.
  private static func rename(_ values: inout [Substring: Substring]) {
    if let limit = values["limit"] { values["attenuation-limit"] = limit }
    if let links = values["links-channels"].flatMap({ Bool(String($0)) }) {
      values["independent-channels"] = "\(!links)"
    }
    if values["maximum-steps"] == "0" { values["maximum-steps"] = "none" }
    if let words = values["sampler"]?.split(separator: " "), words.count == 2 {
      values["sampler"] = words[0]
      values[words[0] == "few-step" ? "eta" : "corrector-snr"] = words[1]
    }
  }
}
