import AudioFiles
import Enhancement
import Ground

/// All that decides, beside the input, what an output is: program, settings, weights, learned sounds.
///
/// Not the processor's level of instructions, nor the precision that suits it where it may choose, though results of two differ
/// in their last bits: machines of both kinds share an archive, and must not make each other's outputs anew.
struct Fingerprint: Sendable {
  let hash: ContentHash
  let line: SettingsLine
  /// What else the last bits hang on, for the manifest: the level of instructions, and the precision where it is not float32.
  let processor: String

  /// - Throws: `AudioFileError` where the weights cannot be read any more.
  init(_ plan: Plan, version: String = Limpid.configuration.version) throws(AudioFileError) {
    var values = ["program": version, "warm-up": "\(plan.warmUp)"]
    for setting in EnhancementSetting.all {
      if let text = setting.text(of: plan.settings) { values[setting.key] = text }
    }
    if let model = plan.model {
      values["model"] = model.name
      values["model-sha256"] = "\(try FileContent(path: model.path).hash)"
      values["precision"] = plan.precision.rawValue
    }
    if let name = plan.model?.secondName, let path = plan.model?.secondPath {
      values["second-model"] = name
      values["second-model-sha256"] = "\(try FileContent(path: path).hash)"
    }
    if let backward = plan.backward {
      values["backward-model"] = backward.name
      values["backward-model-sha256"] = "\(try FileContent(path: backward.path).hash)"
      if let name = backward.secondName, let path = backward.secondPath {
        values["backward-second-model"] = name
        values["backward-second-model-sha256"] = "\(try FileContent(path: path).hash)"
      }
      values["backward-share"] = "\(WayMean.share)"
    }
    if let profile = plan.profile {
      values["noise-profile"] = "\(profile.format)"
      values["noise-profile-sha256"] = "\(Self.hash(profile.magnitudes))"
    }
    if !plan.learned.isEmpty {
      values["remove-sha256"] = plan.learned.map { "\(Self.hash($0.samples))" }.joined(separator: " ")
    }
    if let spans = plan.spans { values["spans"] = spans.description }
    let precision = plan.model?.precision ?? .float32
    self.init(
      values, processor: EnhancementModel.dispatchLevel + (precision == .float32 ? "" : ", \(precision)"))
  }

  private init(_ values: [String: String], processor: String) {
    self.processor = processor
    let text = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
    hash = Array(text.utf8).withUnsafeBytes { ContentHash(of: $0) }
    line = SettingsLine(settings: "\(hash)", values: values)
  }

  /// The same of another part of the recording.
  func replacing(spans: SpanWork) -> Fingerprint {
    Fingerprint(line.values.merging(["spans": spans.description]) { $1 }, processor: processor)
  }

  private static func hash(_ values: [Float]) -> ContentHash { values.withUnsafeBytes { ContentHash(of: $0) } }
}
