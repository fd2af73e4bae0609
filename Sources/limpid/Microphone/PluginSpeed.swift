import Enhancement
import Realtime

/// Which networks the plugin gets in PulseAudio, whose thread it cannot leave: no governor stands by there, as in a live run.
struct PluginSpeed {
  /// `PulseAudioMicrophone.givesShortBlocks`; else the plugin is asked for two seconds at once.
  let hasShortBlocks: Bool
  /// The share of the time there is that a model takes.
  var share: (EnhancementModel) throws -> Double = {
    try SpeedTest.share(of: $0, settings: EnhancementSettings(), sampleRate: PulseAudioModules.rate, block: 512)
  }
  /// Where a model of ours is.
  var path: (String) throws -> String = ModelStore.path

  /// Two seconds at once may take a tenth of a second, half of what PulseAudio allows (rlimit-rttime).
  private static let roomShareOfLongBlocks = 0.05

  /// - Parameters:
  ///   - wished: by --model; nil: as many as there is time for.
  ///   - remark: told why there are not both.
  /// - Throws: `Failure` where what is wished, or the light network, would end PulseAudio; `EnhancementModelError` where a model cannot be
  ///   read.
  func networks(
    _ wished: PluginControls.Networks?, remark: (String) -> Void
  ) throws -> PluginControls.Networks {
    guard hasShortBlocks else { return try networksOfLongBlocks(wished, remark: remark) }
    if let wished { return wished }
    guard let wide = try? path("wide") else {
      remark("the weights of the model wide are not there, so light runs alone; see limpid presets --help")
      return .light
    }
    let both = try EnhancementModel(mean: model(path("light")), model(wide))
    if try share(both) <= SpeedTest.roomShareOfBoth { return .both }
    remark("both networks would take more than half of the time that there is here, so light runs alone")
    return .light
  }

  private func networksOfLongBlocks(
    _ wished: PluginControls.Networks?, remark: (String) -> Void
  ) throws -> PluginControls.Networks {
    let other = "PulseAudio asks a plugin for two seconds at once here, and ends where they take too long"
    guard wished ?? .light == .light else {
      throw Failure(.usage, "--model wide: \(other); leave it out, or install PulseAudio 16 or PipeWire")
    }
    guard try share(model(path("light"))) <= Self.roomShareOfLongBlocks else {
      throw Failure(.software, "this machine is too slow for it: \(other); install PulseAudio 16 or PipeWire")
    }
    if wished == nil { remark("\(other), so light runs alone") }
    return .light
  }

  /// As the plugin opens it.
  private func model(_ path: String) throws -> EnhancementModel {
    try EnhancementModel(path: path, precision: .fastest)
  }
}
