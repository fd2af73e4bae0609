import Enhancement
import Realtime

/// Which networks and passes the plugin gets in PulseAudio, whose thread it cannot leave: no governor stands by there, as in a live run.
struct PluginSpeed {
  /// `PulseAudioMicrophone.givesShortBlocks`; else the plugin is asked for two seconds at once.
  let hasShortBlocks: Bool
  /// The share of the time there is that a model takes in so many passes.
  var share: (EnhancementModel, Int) throws -> Double = { model, passes in
    var settings = EnhancementSettings()
    settings.passes = passes
    return try SpeedTest.share(of: model, settings: settings, sampleRate: PulseAudioModules.rate, block: 512)
  }
  /// Where a model of ours is.
  var path: (String) throws -> String = ModelStore.path

  /// Two seconds at once may take a tenth of a second, half of what PulseAudio allows (rlimit-rttime).
  private static let roomShareOfLongBlocks = 0.05

  /// - Parameters:
  ///   - wished: what the options name is not measured; the rest becomes as much as there is time for.
  ///   - remark: told why there is not more.
  /// - Returns: the same with networks and passes.
  /// - Throws: `Failure` where what is wished, or the light network, would end PulseAudio; `EnhancementModelError` where a model cannot be
  ///   read.
  func fitted(_ wished: PluginControls, remark: (String) -> Void) throws -> PluginControls {
    var fitted = wished
    guard hasShortBlocks else {
      try checkLongBlocks(wished, remark: remark)
      fitted.networks = .light
      fitted.passes = 1
      return fitted
    }
    if fitted.networks == nil {
      if (try? path("wide")) == nil {
        remark("the weights of the model wide are not there, so light runs alone; see limpid presets --help")
        fitted.networks = .light
      } else if try share(model(.both), wished.passes ?? 1) <= SpeedTest.roomShareOfBoth {
        fitted.networks = .both
      } else {
        remark("both networks would take more than half of the time that there is here, so light runs alone")
        fitted.networks = .light
      }
    }
    if fitted.passes == nil, let networks = fitted.networks {
      fitted.passes = try share(model(networks), 2) <= SpeedTest.roomShareOfBoth ? 2 : 1
      if fitted.passes == 1 {
        remark("two passes would take more than half of the time that there is here, so one runs")
      }
    }
    return fitted
  }

  private func checkLongBlocks(_ wished: PluginControls, remark: (String) -> Void) throws {
    let other = "PulseAudio asks a plugin for two seconds at once here, and ends where they take too long"
    guard wished.networks ?? .light == .light else {
      throw Failure(.usage, "--model wide: \(other); leave it out, or install PulseAudio 16 or PipeWire")
    }
    guard wished.passes ?? 1 == 1 else {
      throw Failure(.usage, "--passes 2: \(other); leave it out, or install PulseAudio 16 or PipeWire")
    }
    guard try share(model(.light), 1) <= Self.roomShareOfLongBlocks else {
      throw Failure(.software, "this machine is too slow for it: \(other); install PulseAudio 16 or PipeWire")
    }
    if wished.networks == nil { remark("\(other), so light runs alone, in one pass") }
  }

  /// As the plugin opens it.
  private func model(_ networks: PluginControls.Networks) throws -> EnhancementModel {
    func opened(_ name: String) throws -> EnhancementModel {
      try EnhancementModel(path: path(name), precision: .fastest)
    }
    switch networks {
    case .light: return try opened("light")
    case .wide: return try opened("wide")
    case .both: return try EnhancementModel(mean: opened("light"), opened("wide"))
    }
  }
}
