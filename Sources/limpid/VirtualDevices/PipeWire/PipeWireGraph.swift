import Foundation

/// PipeWire's sources, as pw-dump tells of them.
struct PipeWireGraph: SourceList {
  typealias Source = MicrophoneSource
  static let server = "PipeWire"

  let sources: [Source]
  let standard: String?

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
    guard let all = try? JSONSerialization.jsonObject(with: text) as? [[String: Any]] else { return nil }
    func properties(_ object: [String: Any]) -> [String: Any] {
      (object["info"] as? [String: Any])?["props"] as? [String: Any] ?? [:]
    }
    func objects(_ kind: String) -> [[String: Any]] {
      all.filter { ($0["type"] as? String) == "PipeWire:Interface:\(kind)" }
    }
    var ports: [Int: [(number: Int, name: String)]] = [:]
    for port in objects("Port") {
      let told = properties(port)
      guard told["port.direction"] as? String == "out", let node = told["node.id"] as? Int,
        let name = told["port.name"] as? String
      else { continue }
      ports[node, default: []].append((told["port.id"] as? Int ?? 0, name))
    }
    sources = objects("Node").compactMap { node in
      let told = properties(node)
      guard let kind = told["media.class"] as? String,
        ["Audio/Source", "Audio/Source/Virtual", "Audio/Duplex"].contains(kind),
        let id = node["id"] as? Int, let name = told["node.name"] as? String
      else { return nil }
      return Source(
        id: id, name: name,
        description: told["node.description"] as? String ?? told["node.nick"] as? String ?? name,
        ports: ports[id, default: []].sorted { $0.number < $1.number }.map(\.name),
        state: (node["info"] as? [String: Any])?["state"] as? String ?? "")
    }
    let defaults = objects("Metadata").flatMap { $0["metadata"] as? [[String: Any]] ?? [] }
      .first { $0["key"] as? String == "default.audio.source" }
    standard = (defaults?["value"] as? [String: Any])?["name"] as? String
  }
}
