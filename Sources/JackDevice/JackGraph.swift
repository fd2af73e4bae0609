import CJACK

/// Questions about ports that a server answers. Ordinary threads; not from JACK's callbacks.
struct JackGraph {
  let client: OpaquePointer

  /// Full names of the audio ports that have all of `flags`, in the server's order.
  func ports(_ flags: JackPortFlags...) -> [String] {
    let all = flags.reduce(0) { $0 | UInt($1.rawValue) }
    return list(jack_get_ports(client, nil, jackAudioType, all))
  }

  /// The names in a list of JACK's, which is freed.
  private func list(_ names: UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> [String] {
    guard let names else { return [] }
    defer { jack_free(names) }
    var all: [String] = []
    while let name = names[all.count] { all.append(String(cString: name)) }
    return all
  }

  /// What `connections` asks for, checked against the ports that there are.
  ///
  /// - Parameter awaitsPorts: ports that are named need not be there.
  /// - Returns: the connections, and a sentence for the user where there are fewer ports than channels.
  func plan(
    _ connections: JackConfiguration.Connections, channelCount: Int, awaitsPorts: Bool = false
  ) throws(JackError) -> (connections: [JackConnection], remark: String?) {
    switch connections {
    case .none: return ([], nil)
    case .automatic:
      let captures = ports(JackPortIsPhysical, JackPortIsOutput)
      let playbacks = ports(JackPortIsPhysical, JackPortIsInput)
      guard !captures.isEmpty else {
        throw JackError.noPhysicalPorts(isInput: true, available: ports(JackPortIsOutput))
      }
      guard !playbacks.isEmpty else {
        throw JackError.noPhysicalPorts(isInput: false, available: ports(JackPortIsInput))
      }
      var planned = zip(1...channelCount, captures).map { JackConnection(port: "in_\($0)", peer: $1) }
      planned +=
        channelCount == 1
        ? playbacks.prefix(2).map { JackConnection(port: "out_1", peer: $0) }
        : zip(1...channelCount, playbacks).map { JackConnection(port: "out_\($0)", peer: $1) }
      let fewest = min(captures.count, playbacks.count)
      let remark =
        fewest < channelCount
        ? "the JACK server has \(captures.count) capture and \(playbacks.count) playback ports for \(channelCount) channels; "
          + "the rest is not connected" : nil
      return (planned, remark)
    case .ports(let inputs, let outputs):
      for (names, isInput) in [(inputs, true), (outputs, false)] where names.count > channelCount {
        throw JackError.tooManyPorts(names: names.count, channelCount: channelCount, isInput: isInput)
      }
      var planned: [JackConnection] = []
      for (names, side) in [(inputs, "in"), (outputs, "out")] {
        for (n, name) in names.enumerated() {
          let connection = JackConnection(port: "\(side)_\(n + 1)", peer: name)
          planned.append(awaitsPorts ? connection : try check(connection))
        }
      }
      return (planned, nil)
    }
  }

  private func check(_ wanted: JackConnection) throws(JackError) -> JackConnection {
    let available = ports(wanted.isInput ? JackPortIsOutput : JackPortIsInput)
    guard let port = jack_port_by_name(client, wanted.peer) else {
      throw .missingPort(name: wanted.peer, port: wanted.port, available: available)
    }
    let reason: String
    if jack_port_type(port).map({ String(cString: $0) }) != jackAudioType {
      reason = "it carries no audio"
    } else if jack_port_flags(port) & Int32(JackPortIsInput.rawValue) != 0, wanted.isInput {
      reason = "it takes sound and gives none"
    } else if jack_port_flags(port) & Int32(JackPortIsOutput.rawValue) != 0, !wanted.isInput {
      reason = "it gives sound and takes none"
    } else {
      return wanted
    }
    throw .unsuitablePort(name: wanted.peer, port: wanted.port, reason: reason, available: available)
  }
}

/// JACK_DEFAULT_AUDIO_TYPE.
let jackAudioType = "32 bit float mono audio"
