import ArgumentParser
import Foundation
import JackDevice
import Realtime

/// `limpid jack`: an insert in a JACK graph.
struct JackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jack", abstract: "Enhances live, as a client between the ports of a JACK graph.",
    discussion: """
      Makes ports in_1, out_1 and so on and tells JACK its latency, which never changes while the block size stays. Where \
      the server stops it waits for it and comes back with its connections (--once ends instead). q, Ctrl-C or SIGTERM \
      end it; its settings are kept under its name for the next time.

        limpid jack --connect                                between hardware ports
        limpid jack --connect microphone --output daw:voice  from the hardware to a given port
        limpid jack --input gate:out_1 --output daw:voice    between given ports
        limpid jack --channels 2 --control /run/user/1000/limpid
        limpid jack --pipewire --connect                     on PipeWire, where another libjack is installed, too
      """)

  @Option(parsing: .unconditional, help: "Pairs of ports; several are linked: they share level and judgement of noise.")
  var channels = 1

  @Option(help: "The client's name.")
  var name = "limpid"

  @Option(help: "The server's name, instead of the default one.")
  var server: String?

  @Flag(name: .long, help: "Do not start a server where none runs.")
  var noStartServer = false

  @Flag(name: .long, help: "Through PipeWire's own JACK library, whatever other one is installed.")
  var pipewire = false

  @Flag(
    name: .long, help: "Process only while something listens to the output, and let the microphone rest (PipeWire).")
  var onDemand = false

  @Option(
    defaultAsFlag: Hardware.both.rawValue,
    help: "Connect the hardware's inputs and outputs: both, or microphone or speakers only.",
    completion: .list(Hardware.allCases.map(\.rawValue)))
  var connect: String?

  /// The hardware's sides.
  private enum Hardware: String, CaseIterable {
    case both, microphone, speakers
  }

  /// The sides that are connected. `connect` is a text, as ArgumentParser takes a value that it cannot read for none.
  private var hardware: Hardware? { connect.flatMap { Hardware(rawValue: $0) } }

  @Option(
    help: "auto: of several inputs (those of --input, or the hardware's first two) the one with the voice is heard.")
  var inputChannels: String?

  @Option(help: "Connect this port to in_1; again for in_2 and so on.")
  var input: [String] = []

  @Option(help: "Connect out_1 to this port; again for out_2 and so on.")
  var output: [String] = []

  @Flag(name: .long, help: "Wait for ports of --input and --output that are not there, instead of ending.")
  var patient = false

  @Flag(name: .long, help: "End when the server stops, instead of waiting for it.")
  var once = false

  @OptionGroup var live: LiveArguments

  func validate() throws {
    guard (1...32).contains(channels) else {
      throw ValidationError("--channels \(channels) is out of range; give 1 to 32")
    }
    if let connect, hardware == nil {
      throw ValidationError("--connect '\(connect)' is not known; give microphone, speakers or both")
    }
    if hardware == .both && !(input.isEmpty && output.isEmpty) || hardware == .microphone && !input.isEmpty
      || hardware == .speakers && !output.isEmpty
    {
      throw ValidationError("--connect chooses the hardware's ports; leave it out, or --input and --output")
    }
    if let inputChannels {
      guard inputChannels == "auto" else {
        throw ValidationError("--input-channels \(inputChannels): a JACK client's are named with --input; give auto")
      }
      guard channels == 1 else {
        throw ValidationError("--input-channels auto makes one channel of several; leave --channels \(channels) out")
      }
    }
    guard inputChannels != nil || input.count <= channels, output.count <= channels, input.count <= 32 else {
      throw ValidationError(
        "there are more ports to connect than channels; add --channels \(max(input.count, output.count))"
          + (channels == 1 ? ", or --input-channels auto" : ""))
    }
  }

  /// What the client is to be.
  var client: JackConfiguration {
    var configuration = JackConfiguration()
    configuration.clientName = name
    configuration.serverName = server
    configuration.startsServer = !noStartServer
    configuration.channelCount = channels
    configuration.reconnects = !once
    configuration.awaitsPorts = patient
    if inputChannels != nil { configuration.choosesAmong = max(input.count, 2) }
    switch hardware {
    case .both: configuration.connections = .automatic
    case .microphone: configuration.connections = .sides(inputs: .hardware, outputs: .ports(output))
    case .speakers: configuration.connections = .sides(inputs: .ports(input), outputs: .hardware)
    case nil:
      if !(input.isEmpty && output.isEmpty) { configuration.connections = .ports(inputs: input, outputs: output) }
    }
    return configuration
  }

  func run() throws {
    do {
      if pipewire { try JackLibrary.preferPipeWires() }
      if onDemand { try PipeWire.processOnDemand() }
      if live.explainLatency { return try explain() }
      let run = try LiveRun(name: "limpid jack", device: "jack-\(name)", arguments: live)
      try run.run { JackLiveDevice(JackClient(client, processor: $0)) }
    } catch { throw Failure(error).end() }
  }

  /// For what the server runs at, or for usual block sizes where none runs.
  private func explain() throws {
    let plan = try LivePlan(live)
    let formats =
      try JackServerProbe.format(server: server, channelCount: channels).map { [$0] }
      ?? [64, 256, 1024].map { StreamFormat(sampleRate: 48_000, block: $0, channelCount: channels) }
    let tables = try formats.map { try LatencyTable($0, plan: plan) }
    for table in tables {
      try putOut((live.json ? [jsonLine(table.json)] : table.lines).joined(separator: "\n"))
    }
  }
}
