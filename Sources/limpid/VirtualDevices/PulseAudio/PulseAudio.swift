import Foundation

/// The PulseAudio server of this user, through pactl.
enum PulseAudio {
  /// Whether something listens where PulseAudio's programs connect: PulseAudio itself, systemd for it, or PipeWire in its
  /// place. Asked before pactl is, which would start a PulseAudio where there is none.
  static var isListening: Bool {
    let environment = ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty }
    if environment["PULSE_SERVER"] != nil { return true }
    let folder =
      environment["PULSE_RUNTIME_PATH"] ?? UserFolders.runtime(environment: environment) + "/pulse"
    return access(folder + "/native", F_OK) == 0
  }

  /// Whether it is PulseAudio, and not PipeWire in its place.
  ///
  /// - Throws: `Failure` where nothing answers, where pactl is not installed, or where the server is another machine's.
  static var isServer: Bool {
    get throws {
      let told = try told()
      guard told["Server Name"] == "pulseaudio" else { return false }
      guard told["Is Local"] != "no" else {
        throw Failure(
          .noInput,
          "PulseAudio runs on another machine (\(told["Server String"] ?? "PULSE_SERVER")); install limpid and the "
            + "microphone there, or unset PULSE_SERVER")
      }
      return true
    }
  }

  /// What `pactl info` says, by its own words.
  private static func told() throws -> [String: String] {
    let info = try pactl("info")
    guard info.code == 0 else {
      throw Failure(
        .noInput, "PulseAudio does not answer; start it with `systemctl --user restart pulseaudio` and try again")
    }
    return fields(String(decoding: info.output, as: UTF8.self))
  }

  /// "Server Name: pulseaudio" and so on.
  static func fields(_ text: String) -> [String: String] {
    var found: [String: String] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.range(of: ": ") else { continue }
      found[line[..<colon.lowerBound].trimmingCharacters(in: .whitespaces)] = String(line[colon.upperBound...])
    }
    return found
  }

  static func pactl(_ words: String...) throws -> Tool.Result {
    try Tool.run("pactl", words, package: "pulseaudio-utils")
  }

  /// Its microphones.
  static func microphones() throws -> DeviceList {
    let list = try pactl("list", "sources")
    guard list.code == 0 else {
      throw Failure(.noInput, "PulseAudio does not answer; start it with `systemctl --user restart pulseaudio`")
    }
    return DeviceList(
      pulseAudio: String(decoding: list.output, as: UTF8.self), standard: try told()["Default Source"])
  }

  /// Whether a sink of this name is suspended, as `pactl list short sinks` tells.
  static func isSuspended(_ sink: String, _ text: String) -> Bool {
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "\t").map(String.init)
      if fields.count > 1, fields[1] == sink { return fields.last == "SUSPENDED" }
    }
    return false
  }

  /// The numbers and arguments of the loaded modules, as `pactl list short modules` tells them.
  static func modules(_ text: String) -> [(number: String, name: String, arguments: String)] {
    text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      return parts.count > 1 ? (parts[0], parts[1], parts.count > 2 ? parts[2] : "") : nil
    }
  }
}

extension DeviceList {
  /// PulseAudio's microphones.
  ///
  /// - Parameter text: what `pactl list sources` tells of its sources in the language of programmers. What loudspeakers play is left out.
  init(pulseAudio text: String, standard: String?) {
    // "Source #3" stands at the margin, what is said of it one tab in; properties further in are not asked for.
    var entries: [(id: Int, told: [String: String])] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("Source #") {
        entries.append((Int(line.dropFirst("Source #".count)) ?? 0, [:]))
      } else if line.hasPrefix("\t"), !line.hasPrefix("\t\t"), let colon = line.range(of: ": "), !entries.isEmpty {
        entries[entries.count - 1].told[String(line[..<colon.lowerBound].dropFirst())] = String(
          line[colon.upperBound...])
      }
    }
    let devices = entries.compactMap { entry -> AudioDevice? in
      guard let name = entry.told["Name"], ["n/a", nil].contains(entry.told["Monitor of Sink"]) else { return nil }
      return AudioDevice(
        id: entry.id, name: name, description: entry.told["Description"] ?? name,
        ports: (entry.told["Channel Map"] ?? "").split(separator: ",").map(String.init),
        state: (entry.told["State"] ?? "").lowercased())
    }
    self.init(server: "PulseAudio", device: .microphone, devices: devices, standard: standard)
  }
}
