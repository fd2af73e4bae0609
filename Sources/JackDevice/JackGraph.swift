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

  /// What the configuration asks for, checked against the ports that there are.
  ///
  /// - Returns: the connections, and a sentence for the user where there are fewer ports than channels.
  func plan(_ configuration: JackConfiguration) throws(JackError) -> (connections: [JackConnection], remark: String?) {
    let (inputs, outputs): (JackConfiguration.Side, JackConfiguration.Side) =
      switch configuration.connections {
      case .none: (.none, .none)
      case .automatic: (.hardware, .hardware)
      case .ports(let inputs, let outputs): (.ports(inputs), .ports(outputs))
      case .sides(let inputs, let outputs): (inputs, outputs)
      }
    let planned =
      try plan(inputs, isInput: true, count: configuration.inputCount, awaitsPorts: configuration.awaitsPorts)
      + plan(outputs, isInput: false, count: configuration.channelCount, awaitsPorts: configuration.awaitsPorts)
    return (planned, remark(inputs, outputs, channelCount: configuration.channelCount))
  }

  /// - Parameter count: our ports of that side.
  private func plan(
    _ side: JackConfiguration.Side, isInput: Bool, count: Int, awaitsPorts: Bool
  ) throws(JackError) -> [JackConnection] {
    let own = isInput ? "in" : "out"
    switch side {
    case .none: return []
    case .hardware:
      let there = hardware(isInput: isInput)
      guard !there.isEmpty else {
        throw .noPhysicalPorts(isInput: isInput, available: ports(isInput ? JackPortIsOutput : JackPortIsInput))
      }
      // Both ears hear a single channel.
      if !isInput, count == 1 { return there.prefix(2).map { JackConnection(port: "out_1", peer: $0) } }
      return zip(1...count, there).map { JackConnection(port: "\(own)_\($0)", peer: $1) }
    case .ports(let names):
      guard names.count <= count else {
        throw .tooManyPorts(names: names.count, channelCount: count, isInput: isInput)
      }
      var planned: [JackConnection] = []
      for (n, name) in names.enumerated() {
        let connection = JackConnection(port: "\(own)_\(n + 1)", peer: name)
        planned.append(awaitsPorts ? connection : try check(connection))
      }
      return planned
    }
  }

  private func hardware(isInput: Bool) -> [String] {
    ports(JackPortIsPhysical, isInput ? JackPortIsOutput : JackPortIsInput)
  }

  private func remark(
    _ inputs: JackConfiguration.Side, _ outputs: JackConfiguration.Side, channelCount: Int
  ) -> String? {
    guard inputs == .hardware || outputs == .hardware else { return nil }
    let (captures, playbacks) = (hardware(isInput: true).count, hardware(isInput: false).count)
    let fewest = min(inputs == .hardware ? captures : channelCount, outputs == .hardware ? playbacks : channelCount)
    return fewest < channelCount
      ? "the JACK server has \(captures) capture and \(playbacks) playback ports for \(channelCount) channels; "
        + "the rest is not connected" : nil
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
