import Foundation

/// What `limpid status` tells of a virtual device on PipeWire, and of the real ones that it may stand before.
struct DeviceStatus {
  let isInstalled: Bool
  /// Whether it is installed for PulseAudio instead.
  var isForPulseAudio = false
  /// Whether systemd runs it.
  let isActive: Bool
  let list: DeviceList
  /// A status object of the running limpid, JSON; nil: none runs.
  let answer: String?
  /// The address of its live page, or an error: none is served.
  var pageAnswer: String?

  /// Asks the files, systemd and the running limpid.
  static func current(_ list: DeviceList) -> DeviceStatus {
    let installation = Installation(device: list.device)
    let connection = try? ControlConnection(list.device.socket)
    defer { connection?.close() }
    return DeviceStatus(
      isInstalled: installation.hasNode,
      isForPulseAudio: list.device == .microphone && !installation.hasNode && installation.isThere,
      isActive: installation.unit.isActive, list: list, answer: try? connection?.ask("status"),
      pageAnswer: try? connection?.ask("page"))
  }

  private var device: VirtualDevice { list.device }
  private var run: [String: Any]? {
    answer.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
  }

  private var page: String? { pageAnswer.flatMap { $0.hasPrefix("http") ? $0 : nil } }

  /// For people.
  var lines: [String] {
    var lines: [String] = []
    if isForPulseAudio {
      lines.append("It was installed for PulseAudio: \(device.installCommand) makes it for PipeWire.")
    } else if !isInstalled {
      lines.append("No virtual \(device.rawValue) is installed: \(device.installCommand) makes one.")
    } else if let virtual = list.virtual {
      lines.append(list.line(of: virtual))
      if let reason = cutOff(virtual) { lines.append(reason) }
    } else {
      lines.append(
        "The virtual \(device.rawValue) is installed, and PipeWire has not made it: systemctl --user restart pipewire")
    }
    return lines + (isInstalled ? runLines : []) + list.lines
  }

  /// Why nothing comes through; nil: nothing is known to be in the way.
  private func cutOff(_ virtual: AudioDevice) -> String? {
    guard let real = list.real.first(where: { VirtualDevice.description(of: $0.description) == virtual.description })
    else { return "Its \(device.rawValue) is not there; it is connected when it comes." }
    // As headphones whose profile for calls has one channel.
    guard device == .output, !virtual.ports.isEmpty, min(2, real.ports.count) != virtual.ports.count else { return nil }
    return
      "\"\(real.description)\" has other channels now, and nothing is heard: \(device.installCommand) makes it fit."
  }

  /// Of the limpid that runs beside it.
  private var runLines: [String] {
    if let run {
      let reduction = (run["noise_reduction_db"] as? Double).map { String(format: ", noise %.0f dB lower", $0) } ?? ""
      let latency = (run["latency_ms"] as? Double).map { String(format: ", %.0f ms later", $0) } ?? ""
      return [
        "limpid runs\(isActive ? " as \(device.unit)" : "")\(latency)\(reduction)",
        "  limpid ctl \(device.socket) status",
      ]
        + (page.map { ["  the live page: \($0)"] } ?? [])
    }
    if isActive { return ["limpid does not answer: journalctl --user -u \(device.unit)"] }
    return [
      "limpid does not run: systemctl --user start \(device.unit) starts it, journalctl --user -u \(device.unit) "
        + "says why it ended"
    ]
  }

  /// For machines.
  var object: [String: Any] {
    var object: [String: Any] = [
      "installed": isInstalled, "active": isActive, "\(device.rawValue)s": list.objects,
    ]
    if let virtual = list.virtual {
      object[device == .microphone ? "source" : "sink"] = [
        "description": virtual.description, "state": virtual.state,
      ]
    }
    if let run { object["run"] = run }
    if let page { object["page"] = page }
    return object
  }
}
