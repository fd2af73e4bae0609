import ArgumentParser
import AudioIO
import Enhancement
import Foundation
import Live

/// What `limpid live` and `limpid jack` have in common.
struct LiveArguments: ParsableArguments {
  @OptionGroup(title: "How to enhance")
  var sound: SoundOptions

  @Option(parsing: .unconditional, help: "Time for the model beyond the next block, in ms; rounded up to whole blocks.")
  var allowance = 10.0

  @Flag(name: .long, help: "Never change the steps by itself, however late frames are.")
  var noAdapt = false

  @Flag(name: .long, help: "Print the latency part by part, and end.")
  var explainLatency = false

  @Option(help: "Record input, output and every decision into this new folder; see limpid replay.", completion: .directory)
  var record: String?

  @Option(help: "Listen for commands on a socket of this name; see limpid ctl.", completion: .file())
  var control: String?

  @Flag(name: .long, help: "Forget the settings of the last run with this device.")
  var fresh = false

  @Flag(name: .long, help: "Report to machines: a JSON object a line on standard output.")
  var json = false

  @Option(parsing: .unconditional, help: "Seconds between reports where there is no terminal.")
  var interval = 60.0

  func validate() throws {
    guard allowance >= 0, allowance <= 1000 else {
      throw ValidationError("--allowance \(allowance) is out of range; give 0 to 1000 ms")
    }
    guard interval >= 0.1, interval <= 86_400 else {
      throw ValidationError("--interval \(interval) is out of range; give 0.1 to 86400 s")
    }
  }

  /// - Parameter remembered: what the last run left; options that were given win over it.
  func settings(_ remembered: RememberedSettings?) throws -> LivePlan {
    var sound = sound
    if let remembered, !Self.named("--preset", "-p") { sound.preset = remembered.preset }
    let plan = try sound.plan()
    var settings = plan.settings
    if let remembered {
      settings.bypass = remembered.bypass
      if sound.attenuationLimit == nil { settings.attenuationLimitInDecibels = remembered.attenuationLimit }
      if sound.mix == nil { settings.mix = remembered.mix }
      if sound.guidance == nil { settings.guidance = remembered.guidance }
      if sound.steps == nil { settings.steps = remembered.steps }
    }
    var options = LiveOptions()
    options.allowance = allowance / 1000
    options.adaptsSteps = !noAdapt
    options.recordingPath = record
    options.noiseProfile = plan.profile ?? remembered?.profile
    options.freezesNoiseReference = options.noiseProfile != nil
    return LivePlan(preset: plan.preset, model: plan.model, settings: settings, options: options)
  }

  /// Whether an option stands on the command line, in any of its forms.
  private static func named(_ long: String, _ short: String) -> Bool {
    CommandLine.arguments.contains { $0 == long || $0.hasPrefix(long + "=") || $0 == short }
  }
}

/// Everything that a live run needs to know before it has a device.
struct LivePlan {
  let preset: String
  let model: EnhancementModel?
  let settings: EnhancementSettings
  let options: LiveOptions
}
