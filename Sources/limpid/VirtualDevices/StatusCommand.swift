import ArgumentParser
import Foundation

/// `limpid status`: the virtual microphone and output, and the real ones.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Tells of the virtual microphone and output, and lists the real ones.",
    discussion: "A single run's numbers are told by limpid ctl SOCKET status.")

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  func run() throws {
    do {
      if try SoundServer.current() == .pulseAudio {
        let status = PulseAudioStatus(
          isInstalled: PulseAudioMicrophone.isInstalled, microphones: try PulseAudio.microphones(),
          modules: try PulseAudioMicrophone.loaded().map(\.name))
        return try putOut(json ? jsonLine(status.object) : status.lines.joined(separator: "\n"))
      }
      let graph = try PipeWireGraph.current()
      let microphone = DeviceStatus.current(graph.list(.microphone))
      let output = DeviceStatus.current(graph.list(.output))
      try putOut(
        json
          ? jsonLine(microphone.object.merging(["output": output.object]) { first, _ in first })
          : (microphone.lines + output.lines).joined(separator: "\n"))
    } catch {
      let failure = Failure(error)
      guard let installed = VirtualDevice.allCases.first(where: { Installation(device: $0).isThere }) else {
        throw failure.end()
      }
      throw Failure(
        failure.code,
        failure.sentence + "; the virtual \(installed.rawValue) is installed, and works while the server does"
      ).end()
    }
  }
}
