import ArgumentParser
import Foundation

/// `limpid status`: the virtual microphone, and the real ones.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Tells of the virtual microphone, and lists the real ones.",
    discussion: "A single run's numbers are told by limpid ctl SOCKET status.")

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  func run() throws {
    do {
      if try SoundServer.current() == .pulseAudio {
        let status = PulseAudioStatus(
          isInstalled: PulseAudioMicrophone.isInstalled, sources: try PulseAudio.sources(),
          modules: try PulseAudioMicrophone.loaded().map(\.name))
        return try putOut(json ? jsonLine(status.object) : status.lines.joined(separator: "\n"))
      }
      let connection = try? ControlConnection(MicrophoneFiles.socket)
      defer { connection?.close() }
      let status = MicrophoneStatus(
        isInstalled: Microphone.hasNode, isForPulseAudio: !Microphone.hasNode && Microphone.isInstalled,
        isActive: Microphone.isActive, graph: try PipeWireGraph.current(), answer: try? connection?.ask("status"),
        pageAnswer: try? connection?.ask("page"))
      try putOut(json ? jsonLine(status.object) : status.lines.joined(separator: "\n"))
    } catch {
      let failure = Failure(error)
      guard Microphone.isInstalled else { throw failure.end() }
      throw Failure(
        failure.code, failure.sentence + "; the virtual microphone is installed, and works while the server does"
      ).end()
    }
  }
}

/// What `limpid status` tells.
struct MicrophoneStatus {
  let isInstalled: Bool
  /// Whether it is installed for PulseAudio instead.
  var isForPulseAudio = false
  /// Whether systemd runs it.
  let isActive: Bool
  let graph: PipeWireGraph
  /// A status object of the running limpid, JSON; nil: none runs.
  let answer: String?
  /// The address of its live page, or an error: none is served.
  var pageAnswer: String?

  private var source: MicrophoneSource? { graph.virtual }
  private var run: [String: Any]? {
    answer.flatMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
  }

  private var page: String? { pageAnswer.flatMap { $0.hasPrefix("http") ? $0 : nil } }

  var lines: [String] {
    var lines: [String] = []
    if isForPulseAudio {
      lines.append("It was installed for PulseAudio: limpid install-microphone makes it for PipeWire.")
    } else if !isInstalled {
      lines.append("No virtual microphone is installed: limpid install-microphone makes one.")
    } else if let source {
      lines.append(graph.line(of: source))
    } else {
      lines.append(
        "The virtual microphone is installed, and PipeWire has not made it: systemctl --user restart pipewire")
    }
    if isInstalled {
      if let run {
        let reduction = (run["noise_reduction_db"] as? Double).map { String(format: ", noise %.0f dB lower", $0) } ?? ""
        let latency = (run["latency_ms"] as? Double).map { String(format: ", %.0f ms later", $0) } ?? ""
        lines.append("limpid runs\(isActive ? " as \(MicrophoneFiles.unit)" : "")\(latency)\(reduction)")
        lines.append("  limpid ctl \(MicrophoneFiles.socket) status")
        if let page { lines.append("  the live page: \(page)") }
      } else if isActive {
        lines.append("limpid does not answer: journalctl --user -u \(MicrophoneFiles.unit)")
      } else {
        lines.append(
          "limpid does not run: systemctl --user start \(MicrophoneFiles.unit) starts it, journalctl --user -u \(MicrophoneFiles.unit) "
            + "says why it ended")
      }
    }
    return lines + graph.microphoneLines
  }

  var object: [String: Any] {
    var object: [String: Any] = [
      "installed": isInstalled, "active": isActive,
      "microphones": graph.microphoneObjects,
    ]
    if let source { object["source"] = ["description": source.description, "state": source.state] }
    if let run { object["run"] = run }
    if let page { object["page"] = page }
    return object
  }
}
