import Foundation

/// Beside PulseAudio's modules, which never rest by themselves: a loopback keeps what it hears and what it feeds awake.
///
/// While no program listens to the virtual source, the plugin's sink is suspended; the loopback then lets the real microphone go. Were
/// this to end, the source would stay as it is, and the unit starts it again.
enum PulseAudioAttendant {
  /// Waits for PulseAudio's events and acts on those of sources, until it ends.
  ///
  /// - Throws: `Failure` where pactl is not installed, or PulseAudio does not answer.
  static func attend() throws {
    guard PulseAudio.isListening, try PulseAudio.isServer else { return }
    let (process, events) = try Tool.start("pactl", ["subscribe"])
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    // What happens before the subscription holds is not told; it holds when the first event comes, so events are made.
    var told = pollfd(fd: events.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
    repeat { _ = try PulseAudio.pactl("info") } while poll(&told, 1, 200) == 0
    try settle()
    while true {
      let data = events.fileHandleForReading.availableData
      guard !data.isEmpty else { return }
      if concerns(String(decoding: data, as: UTF8.self)) { try settle() }
    }
  }

  /// Whether an event is of a source: one that came or went, or whose state has changed.
  static func concerns(_ events: String) -> Bool { events.contains(" on source #") }

  /// Brings the sink's rest into line with the source's, and a loopback that is missing back.
  private static func settle() throws {
    let microphones = try PulseAudio.microphones()
    guard let virtual = microphones.virtual else { return }
    if let missing = missingLoopback(try PulseAudioMicrophone.loaded().map(\.name), PulseAudioMicrophone.script) {
      // Fails, and is tried again at the next event, as long as the microphone is not there.
      _ = try PulseAudio.pactl("load-module", "module-loopback", missing)
    }
    let sinks = try PulseAudio.pactl("list", "short", "sinks")
    let isResting = PulseAudio.isSuspended(
      PulseAudioModules.enhancerName, String(decoding: sinks.output, as: UTF8.self))
    let shallRest = virtual.state != "running"
    if isResting != shallRest {
      _ = try PulseAudio.pactl("suspend-sink", PulseAudioModules.enhancerName, shallRest ? "1" : "0")
    }
  }

  /// The arguments of a loopback that the start script has and PulseAudio has not; nil: there is one, or none in the script.
  static func missingLoopback(_ loaded: [String], _ script: Data?) -> String? {
    guard !loaded.contains("module-loopback"), let script else { return nil }
    let start = "load-module module-loopback "
    return String(decoding: script, as: UTF8.self).split(separator: "\n")
      .last { $0.hasPrefix(start) && PulseAudioModules.isOurs(arguments: String($0)) }
      .map { String($0.dropFirst(start.count)) }
  }
}
