import ArgumentParser
import AudioIO
import Foundation

/// `limpid devices`: what `limpid live` can listen and play to, and whether a JACK server runs.
struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices", abstract: "Lists the ALSA devices, and whether a JACK server runs.")

  @Flag(name: .long, help: "Print JSON.")
  var json = false

  private struct Report: Encodable {
    struct Device: Encodable {
      let name, description: String
      let input, output: Bool
    }
    let alsa: [Device]
    let jack: Bool
  }

  func run() throws {
    let devices = AlsaDevices.list()
    let jack = JackClient.isServerRunning()
    if json {
      let report = Report(
        alsa: devices.map { .init(name: $0.name, description: $0.description, input: $0.isInput, output: $0.isOutput) },
        jack: jack)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
      return
    }
    if devices.isEmpty { print("ALSA has no devices here.") }
    let width = min(40, devices.map(\.name.count).max() ?? 0)
    for device in devices {
      let direction = device.isInput ? device.isOutput ? "in, out" : "in     " : "out    "
      print(device.name.padding(toLength: max(width, device.name.count), withPad: " ", startingAt: 0), direction, device.description)
    }
    print(jack ? "A JACK server runs: limpid jack connects to it." : "No JACK server runs.")
  }
}
