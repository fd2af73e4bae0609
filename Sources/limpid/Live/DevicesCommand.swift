import AlsaDevice
import ArgumentParser
import Foundation
import JackDevice
import Realtime

/// `limpid devices`: what `limpid live` can listen and play to, and whether a JACK server runs.
struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices", abstract: "Lists the ALSA devices, and whether a JACK server runs.")

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  @Option(help: "The JACK server's name, instead of the default one.")
  var server: String?

  func run() throws {
    do {
      let devices = try AlsaDevices.list()
      let jack = try JackServerProbe.format(server: server)
      let text = json ? jsonLine(Self.object(devices, jack)) : Self.lines(devices, jack).joined(separator: "\n")
      try putOut(text)
    } catch { throw Failure(error).end() }
  }

  static func object(_ devices: [AlsaDevices.Device], _ jack: StreamFormat?) -> [String: Any] {
    var object: [String: Any] = [
      "alsa": devices.map {
        ["name": $0.name, "description": $0.description, "input": $0.isInput, "output": $0.isOutput] as [String: Any]
      }
    ]
    if let jack { object["jack"] = ["sample_rate": jack.sampleRate, "block": jack.block] }
    return object
  }

  /// - Parameter jack: what a server runs at; nil: none runs.
  static func lines(_ devices: [AlsaDevices.Device], _ jack: StreamFormat?) -> [String] {
    let width = min(40, devices.map(\.name.count).max() ?? 0)
    var lines = devices.map { device in
      let direction = device.isInput ? device.isOutput ? "in, out" : "in     " : "out    "
      let name = device.name.padding(toLength: max(width, device.name.count), withPad: " ", startingAt: 0)
      return "\(name)  \(direction)  \(device.description)"
    }
    if devices.isEmpty {
      lines.append(
        AlsaDevices.hasLibrary ? "ALSA has no devices here." : "ALSA's library is not installed (Debian: libasound2).")
    }
    let server = JackLibrary.isPipeWires ? "PipeWire" : "A JACK server"
    if let jack {
      lines.append("\(server) runs at \(jack.sampleRate) Hz, blocks of \(jack.block): limpid jack connects to it.")
    } else if PipeWire.isRunning {
      lines.append("PipeWire runs, and no JACK server: limpid jack --pipewire connects to it (Debian: pipewire-jack).")
    } else {
      lines.append(
        JackLibrary.isThere ? "No JACK server runs." : "No JACK server runs, and libjack.so.0 is not installed.")
    }
    return lines
  }
}
