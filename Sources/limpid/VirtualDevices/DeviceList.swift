import Foundation

/// A microphone or an output of a sound server, real or virtual.
struct AudioDevice: Equatable {
  let id: Int
  /// The server's own name, which stays: "alsa_input.usb-…".
  let name: String
  /// What programs show.
  let description: String
  /// Its channels in order: PipeWire's ports ("capture_FL", "playback_FL"), PulseAudio's positions ("front-left").
  let ports: [String]
  /// "suspended", "idle", "running".
  let state: String
}

/// The microphones of a sound server, or its outputs.
struct DeviceList {
  /// The server's name for people.
  let server: String
  /// What they are, and which of ours is among them.
  let device: VirtualDevice
  /// All that programs can choose, ours included.
  let devices: [AudioDevice]
  /// The name of the one that programs get that do not choose.
  let standard: String?

  /// Real ones: everything but our own, and what a server has in the place of outputs while it has none.
  var real: [AudioDevice] { devices.filter { ![device.nodeName, "auto_null"].contains($0.name) } }

  /// Ours.
  var virtual: AudioDevice? { devices.first { $0.name == device.nodeName } }

  /// The real one that is meant.
  ///
  /// - Parameter wanted: its name or description, or a part that no other has; nil: the standard one.
  func chosen(_ wanted: String?) throws -> AudioDevice {
    let real = real
    let list =
      real.isEmpty
      ? "\(server) has none" : "there are " + real.map { "\"\($0.description)\"" }.joined(separator: ", ")
    guard let wanted else {
      // Where ours is the standard one, what is behind it stays.
      let behind = standard == device.nodeName ? virtual?.description : nil
      let meant = real.first { $0.name == standard || VirtualDevice.description(of: $0.description) == behind }
      guard let found = meant ?? real.first else {
        throw Failure(.noInput, "\(server) has no \(device.rawValue); connect one, and see limpid status")
      }
      return found
    }
    let exact = real.filter { $0.name == wanted || $0.description == wanted }
    let found =
      exact.isEmpty
      ? real.filter { "\($0.name)\n\($0.description)".range(of: wanted, options: .caseInsensitive) != nil }
      : exact
    guard let first = found.first else {
      throw Failure(.noInput, "there is no \(device.rawValue) \"\(wanted)\"; \(list)")
    }
    guard found.count == 1 else {
      throw Failure(
        .usage,
        "\"\(wanted)\" may be \(found.map { "\"\(label(of: $0))\"" }.joined(separator: " or ")); say more of it")
    }
    return first
  }

  /// Its name for people, where no other has it; else the server's own.
  private func label(of device: AudioDevice) -> String { isUnique(device) ? device.description : device.name }

  /// Whether no other real one has its name for people.
  func isUnique(_ device: AudioDevice) -> Bool { real.filter { $0.description == device.description }.count == 1 }

  // MARK: - limpid status

  /// Ours in one line.
  func line(of virtual: AudioDevice) -> String {
    let use = virtual.state == "running" ? device.use.some : device.use.none
    return "\(virtual.description): \(use)\(virtual.name == standard ? ", the default \(device.rawValue)" : "")"
  }

  /// A line for every real one.
  var lines: [String] {
    real.map { device in
      let channels = device.ports.count == 1 ? "" : ", \(device.ports.count) channels"
      return "\"\(label(of: device))\"\(channels)\(device.name == standard ? ", the default" : "")"
    }
  }

  /// The same for machines.
  var objects: [[String: Any]] {
    real.map {
      ["name": $0.name, "description": $0.description, "channels": $0.ports.count, "default": $0.name == standard]
    }
  }
}
