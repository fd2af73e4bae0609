import Foundation

/// The device that programs get that do not choose, as a person wished it: on PipeWire an entry of its metadata, which its session
/// manager keeps over logins. (On PulseAudio it is a line of the start script: `PulseAudioModules.script`.)
struct DefaultDevice {
  let device: VirtualDevice

  private var key: String {
    switch device {
    case .microphone: "default.configured.audio.source"
    case .output: "default.configured.audio.sink"
    }
  }
  /// Seconds in which a session manager makes the wish true.
  private static let patience = 3

  /// Makes the virtual one it.
  ///
  /// - Returns: what a person has to do, if anything.
  func set() throws -> String? {
    let value = "{ \"name\": \"\(device.nodeName)\" }"
    _ = try Tool.run("pw-metadata", ["0", key, value, "Spa:String:JSON"], package: "pipewire-bin")
    let end = ContinuousClock.now + .seconds(Self.patience)
    while ContinuousClock.now < end {
      if try PipeWireGraph.current().list(device).standard == device.nodeName { return nil }
      usleep(100_000)
    }
    return "PipeWire's session manager does not make it the default; choose it in your desktop's settings of sound"
  }

  /// Takes the wish back where it is ours: what was wished before, or the best of the real ones, is the default then.
  func unset() throws {
    let told = try Tool.run("pw-metadata", ["0", key], package: "pipewire-bin")
    guard isOurs(String(decoding: told.output, as: UTF8.self)) else { return }
    _ = try Tool.run("pw-metadata", ["-d", "0", key], package: "pipewire-bin")
  }

  /// Whether what pw-metadata tells of the wish names the virtual device.
  func isOurs(_ told: String) -> Bool {
    told.split(separator: "\n").contains { line in
      line.contains("key:'\(key)'") && line.contains("\"\(device.nodeName)\"")
    }
  }
}
