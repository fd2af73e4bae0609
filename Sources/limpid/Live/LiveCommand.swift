import AlsaDevice
import ArgumentParser
import Foundation
import Realtime

/// `limpid live`: microphone in, clean speech out, through ALSA.
struct LiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "live", abstract: "Enhances live: an ALSA input to an ALSA output.",
    discussion: """
      Input and output may be different devices with clocks of their own. A device that is unplugged is waited for. On a \
      terminal, keys change what is heard (? shows them); elsewhere a line a minute goes to the log. q, Ctrl-C or SIGTERM \
      end it; its settings are kept with the input's name for the next time.

        limpid live
        limpid live --input hw:CARD=USB --output hw:CARD=PCH --period 128
        limpid live --explain-latency
      """)

  @Option(help: "ALSA device to listen to; limpid devices lists them.")
  var input = "default"

  @Option(help: "ALSA device to play to.")
  var output = "default"

  @Option(parsing: .unconditional, help: "Sample rate in Hz (default: 48000, or the nearest that the device has).")
  var rate: Int?

  @Option(parsing: .unconditional, help: "Samples of a block; smaller is sooner and wakes the machine more often.")
  var period = 256

  @Option(parsing: .unconditional, help: "Periods in the devices' buffers, input and output together.")
  var periods = 3

  @Option(parsing: .unconditional, help: "Channels; several are linked: they share level and judgement of noise.")
  var channels = 1

  @Option(help: "Of the input's channels these, as 2 or 1,2; or auto: for one channel the one with the voice.")
  var inputChannels = "auto"

  @OptionGroup var live: LiveArguments

  func validate() throws {
    guard !input.isEmpty, !output.isEmpty else {
      throw ValidationError("a device's name is empty; is a variable of your shell not set?")
    }
    if let rate, !(8000...192_000).contains(rate) {
      throw ValidationError("--rate \(rate) is out of range; give 8000 to 192000 Hz")
    }
    guard (16...8192).contains(period) else {
      throw ValidationError("--period \(period) is out of range; give 16 to 8192 samples")
    }
    guard (2...16).contains(periods) else {
      throw ValidationError("--periods \(periods) is out of range; give 2 to 16")
    }
    guard (1...32).contains(channels) else {
      throw ValidationError("--channels \(channels) is out of range; give 1 to 32")
    }
    _ = try chosenChannels()
  }

  private func chosenChannels() throws -> InputChannels {
    if inputChannels == "auto" { return .automatic }
    let numbers = inputChannels.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    let areNumbers = numbers.allSatisfy((1...256).contains)
    guard !areNumbers || numbers.count == channels else {
      throw ValidationError(
        "--input-channels \(inputChannels) names \(numbers.count), beside --channels \(channels); make them equal"
      )
    }
    guard areNumbers else {
      throw ValidationError(
        "--input-channels \(inputChannels): give auto, or \(channels == 1 ? "a number" : "\(channels) numbers with commas") from 1 on"
      )
    }
    return .numbers(numbers)
  }

  /// What is to be opened.
  var devices: AlsaConfiguration {
    var configuration = AlsaConfiguration()
    configuration.input = input
    configuration.output = output
    configuration.sampleRate = rate
    configuration.period = period
    configuration.periods = periods
    configuration.channelCount = channels
    configuration.inputChannels = (try? chosenChannels()) ?? .automatic
    return configuration
  }

  func run() throws {
    do {
      if live.explainLatency { return try explain() }
      let run = try LiveRun(name: "limpid live", device: "alsa-\(input)", arguments: live)
      try run.run { AlsaLiveDevice(AlsaDuplex(devices, processor: $0)) }
    } catch { throw Failure(error).end() }
  }

  /// For what was asked for; the devices are not opened.
  private func explain() throws {
    let format = StreamFormat(sampleRate: rate ?? 48_000, block: period, channelCount: channels)
    var table = try LatencyTable(format, plan: try LivePlan(live))
    table.device = (
      samples: periods * period,
      explanation: "\(periods) periods in the buffers of input and output; two devices: 24 samples more; devices may "
        + "give other ones"
    )
    try putOut((live.json ? [jsonLine(table.json)] : table.lines).joined(separator: "\n"))
  }
}
