import Foundation

/// PipeWire's microphones and outputs, as pw-dump tells of them.
struct PipeWireGraph {
  private let microphones: DeviceList
  private let outputs: DeviceList

  /// Those among which a virtual device is one.
  func list(_ device: VirtualDevice) -> DeviceList {
    switch device {
    case .microphone: microphones
    case .output: outputs
    }
  }

  /// Asks PipeWire.
  ///
  /// - Throws: `Failure` where it does not run, or its tools are not installed.
  static func current() throws -> PipeWireGraph {
    let dump = try Tool.run("pw-dump", [], package: "pipewire-bin")
    guard dump.code == 0, let graph = PipeWireGraph(dump.output) else {
      throw Failure(
        .noInput, "PipeWire does not answer; start it with `systemctl --user start pipewire wireplumber` and try again")
    }
    return graph
  }

  /// - Parameter dump: pw-dump's JSON. nil where it is none.
  init?(_ dump: Data) {
    // A program's name or a file's among the properties need not be UTF-8.
    let text = Data(String(decoding: dump, as: UTF8.self).utf8)
    guard let objects = try? JSONSerialization.jsonObject(with: text) as? [[String: Any]] else { return nil }
    let dump = Dump(objects: objects)
    microphones = dump.list(
      .microphone, kinds: ["Audio/Source", "Audio/Source/Virtual", "Audio/Duplex"], direction: "out",
      key: "default.audio.source")
    outputs = dump.list(.output, kinds: ["Audio/Sink", "Audio/Duplex"], direction: "in", key: "default.audio.sink")
  }

  /// pw-dump's objects.
  private struct Dump {
    let objects: [[String: Any]]

    private func objects(_ kind: String) -> [[String: Any]] {
      objects.filter { ($0["type"] as? String) == "PipeWire:Interface:\(kind)" }
    }

    private func properties(_ object: [String: Any]) -> [String: Any] {
      (object["info"] as? [String: Any])?["props"] as? [String: Any] ?? [:]
    }

    /// - Parameters:
    ///   - kinds: values of media.class.
    ///   - direction: of the ports that limpid connects to.
    ///   - key: of the metadata that names the standard one.
    func list(_ device: VirtualDevice, kinds: [String], direction: String, key: String) -> DeviceList {
      var ports: [Int: [(number: Int, name: String)]] = [:]
      for port in objects("Port") {
        let told = properties(port)
        guard told["port.direction"] as? String == direction, let node = told["node.id"] as? Int,
          let name = told["port.name"] as? String
        else { continue }
        ports[node, default: []].append((told["port.id"] as? Int ?? 0, name))
      }
      let devices = objects("Node").compactMap { node -> AudioDevice? in
        let told = properties(node)
        guard let kind = told["media.class"] as? String, kinds.contains(kind), let id = node["id"] as? Int,
          let name = told["node.name"] as? String
        else { return nil }
        return AudioDevice(
          id: id, name: name,
          description: told["node.description"] as? String ?? told["node.nick"] as? String ?? name,
          ports: ports[id, default: []].sorted { $0.number < $1.number }.map(\.name),
          state: (node["info"] as? [String: Any])?["state"] as? String ?? "")
      }
      let told = objects("Metadata").flatMap { $0["metadata"] as? [[String: Any]] ?? [] }
        .first { $0["key"] as? String == key }
      return DeviceList(
        server: "PipeWire", device: device, devices: devices,
        standard: (told?["value"] as? [String: Any])?["name"] as? String)
    }
  }
}
