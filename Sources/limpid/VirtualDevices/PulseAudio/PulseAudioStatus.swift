import Foundation

/// What `limpid status` tells on PulseAudio.
struct PulseAudioStatus {
  let isInstalled: Bool
  let microphones: DeviceList
  /// The names of our modules that are loaded.
  let modules: [String]

  /// The source is there, but nothing is between it and the microphone: that was unplugged, or was not there at login, and is waited for.
  private var isCutOff: Bool { microphones.virtual != nil && !modules.contains("module-loopback") }

  var lines: [String] {
    var lines: [String] = []
    if let source = microphones.virtual {
      lines.append(microphones.line(of: source))
      if isCutOff {
        lines.append("Its microphone is not there; it is connected when it comes, or by limpid install-microphone.")
      } else if !modules.contains("module-ladspa-sink") {
        lines.append("PulseAudio has not loaded the plugin: limpid install-microphone does, or says why it cannot.")
      }
      if !isInstalled { lines.append("It is not there at the next login: limpid install-microphone sees to it.") }
    } else if isInstalled {
      lines.append(
        "The virtual microphone is installed, and PulseAudio has not made it: systemctl --user restart pulseaudio")
    } else {
      lines.append("No virtual microphone is installed: limpid install-microphone makes one.")
    }
    return lines + microphones.lines
  }

  var object: [String: Any] {
    var object: [String: Any] = [
      "installed": isInstalled,
      "active": microphones.virtual != nil && !isCutOff && modules.contains("module-ladspa-sink"),
      "microphones": microphones.objects,
    ]
    if let source = microphones.virtual {
      object["source"] = ["description": source.description, "state": source.state]
    }
    return object
  }
}
