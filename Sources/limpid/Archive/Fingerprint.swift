import AudioFiles
import Enhancement
import Ground

/// All that decides, beside the input, what an output is: program, settings, weights, learned sounds.
///
/// Not the processor's level of instructions, though results of two levels differ in their last bits: machines of both kinds
/// share an archive, and must not make each other's outputs anew.
struct Fingerprint: Sendable {
  let hash: ContentHash
  let line: SettingsLine

  /// - Throws: `AudioFileError` where the weights cannot be read any more.
  init(_ plan: Plan, version: String = Limpid.configuration.version) throws(AudioFileError) {
    var values = ["program": version, "warm-up": "\(plan.warmUp)"]
    for setting in EnhancementSetting.all {
      if let text = setting.text(of: plan.settings) { values[setting.key] = text }
    }
    if let model = plan.model {
      values["model"] = model.name
      values["model-sha256"] = "\(try FileContent(path: model.path).hash)"
      values["precision"] = model.precision.rawValue
    }
    if let name = plan.model?.secondName, let path = plan.model?.secondPath {
      values["second-model"] = name
      values["second-model-sha256"] = "\(try FileContent(path: path).hash)"
    }
    if let profile = plan.profile {
      values["noise-profile"] = "\(profile.format)"
      values["noise-profile-sha256"] = "\(Self.hash(profile.magnitudes))"
    }
    if !plan.learned.isEmpty {
      values["remove-sha256"] = plan.learned.map { "\(Self.hash($0.samples))" }.joined(separator: " ")
    }
    if let spans = plan.spans { values["spans"] = spans.description }
    self.init(values)
  }

  private init(_ values: [String: String]) {
    let text = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
    hash = Array(text.utf8).withUnsafeBytes { ContentHash(of: $0) }
    line = SettingsLine(settings: "\(hash)", values: values)
  }

  /// The same of another part of the recording.
  func replacing(spans: SpanWork) -> Fingerprint {
    Fingerprint(line.values.merging(["spans": spans.description]) { $1 })
  }

  private static func hash(_ values: [Float]) -> ContentHash { values.withUnsafeBytes { ContentHash(of: $0) } }
}
