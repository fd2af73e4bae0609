import Foundation

/// A sound server's source, real or virtual.
struct MicrophoneSource: Equatable {
  let id: Int
  /// The server's own name, which stays: "alsa_input.usb-…".
  let name: String
  /// What programs show.
  let description: String
  /// Its channels in order: PipeWire's output ports ("capture_FL"), PulseAudio's positions ("front-left").
  let ports: [String]
  /// "suspended", "idle", "running".
  let state: String
}

/// The sources of a sound server.
protocol SourceList {
  /// The server's name for people.
  static var server: String { get }
  /// All that programs can choose, ours included.
  var sources: [MicrophoneSource] { get }
  /// The name of the one that programs get that do not choose.
  var standard: String? { get }
}

extension SourceList {
  /// Real ones: everything but our own.
  var microphones: [MicrophoneSource] { sources.filter { $0.name != MicrophoneFiles.nodeName } }

  /// The virtual one.
  var virtual: MicrophoneSource? { sources.first { $0.name == MicrophoneFiles.nodeName } }

  /// The microphone that is meant.
  ///
  /// - Parameter wanted: its name or description, or a part that no other has; nil: the standard one.
  func microphone(_ wanted: String?) throws -> MicrophoneSource {
    let microphones = microphones
    let list =
      microphones.isEmpty
      ? "\(Self.server) has none" : "there are " + microphones.map { "\"\($0.description)\"" }.joined(separator: ", ")
    guard let wanted else {
      // Where ours is the standard one, what is behind it stays.
      let behind = standard == MicrophoneFiles.nodeName ? virtual?.description : nil
      let meant = microphones.first { $0.name == standard || MicrophoneFiles.description(of: $0.description) == behind }
      guard let source = meant ?? microphones.first else {
        throw Failure(.noInput, "\(Self.server) has no microphone; connect one, and see limpid status")
      }
      return source
    }
    let exact = microphones.filter { $0.name == wanted || $0.description == wanted }
    let found =
      exact.isEmpty
      ? microphones.filter { "\($0.name)\n\($0.description)".range(of: wanted, options: .caseInsensitive) != nil }
      : exact
    guard let source = found.first else {
      throw Failure(.noInput, "there is no microphone \"\(wanted)\"; \(list)")
    }
    guard found.count == 1 else {
      throw Failure(
        .usage,
        "\"\(wanted)\" may be \(found.map { "\"\(label(of: $0))\"" }.joined(separator: " or ")); say more of it")
    }
    return source
  }

  /// Its name for people, where no other has it; else the server's own.
  private func label(of source: MicrophoneSource) -> String { isUnique(source) ? source.description : source.name }

  /// Whether no other real one has its name for people.
  func isUnique(_ source: MicrophoneSource) -> Bool {
    microphones.filter { $0.description == source.description }.count == 1
  }

  // MARK: - limpid status

  /// The virtual source in one line.
  func line(of source: MicrophoneSource) -> String {
    let use = source.state == "running" ? "a program listens" : "no program listens"
    return "\(source.description): \(use)\(source.name == standard ? ", the default microphone" : "")"
  }

  /// A line for every real microphone.
  var microphoneLines: [String] {
    microphones.map { microphone in
      let channels = microphone.ports.count == 1 ? "" : ", \(microphone.ports.count) channels"
      return "\"\(label(of: microphone))\"\(channels)\(microphone.name == standard ? ", the default" : "")"
    }
  }

  /// The same for machines.
  var microphoneObjects: [[String: Any]] {
    microphones.map {
      ["name": $0.name, "description": $0.description, "channels": $0.ports.count, "default": $0.name == standard]
    }
  }
}
