import ArgumentParser
import Foundation
import LivePage
import Realtime
import Recording

/// What `limpid live` and `limpid jack` have in common.
struct LiveArguments: ParsableArguments {
  @OptionGroup(title: "How to enhance")
  var sound: SoundOptions

  @Option(parsing: .unconditional, help: "Time for the model beyond the next block, in ms; rounded up to whole blocks.")
  var allowance = 10.0

  @Flag(name: .long, help: "Never change the steps by itself, however late frames are.")
  var noAdapt = false

  @Flag(name: .long, help: "Print the latency part by part, and end.")
  var explainLatency = false

  @Option(
    help: "Record input, output and every decision into this new folder; see limpid replay.", completion: .directory)
  var record: String?

  @Option(help: "Listen for commands on a socket of this name; see limpid ctl.", completion: .file())
  var control: String?

  @Option(
    help: ArgumentHelp(
      "Serve a page with spectrograms and controls; its address is printed. Without an address for this machine alone; 0: any free port.",
      valueName: "[address:]port"))
  var web: String?

  @Flag(name: .long, help: "Forget the settings of the last run with this device.")
  var fresh = false

  @Flag(name: .long, help: "Report to machines: a JSON object a line on standard output.")
  var json = false

  @Option(parsing: .unconditional, help: "Seconds between reports where there is no terminal.")
  var interval = 60.0

  func validate() throws {
    guard ![record, control, web].contains("") else {
      throw ValidationError("a name is empty; is a variable of your shell not set?")
    }
    guard allowance >= 0, allowance <= 1000 else {
      throw ValidationError("--allowance \(allowance) is out of range; give 0 to 1000 ms")
    }
    guard interval >= 0.1, interval <= 86_400 else {
      throw ValidationError("--interval \(interval) is out of range; give 0.1 to 86400 s")
    }
    _ = try page
    if let path = sound.saveNoiseProfile, FileManager.default.fileExists(atPath: path) {
      throw ValidationError("\(path) exists already; name another file for --save-noise-profile")
    }
  }

  /// Where the page is to be served; nil: nowhere.
  var page: ListenAddress? {
    get throws {
      do { return try web.map { try ListenAddress($0) } } catch { throw ValidationError("\(error)") }
    }
  }

  /// How the engine is to treat time, and where it records.
  var options: LiveOptions {
    var options = LiveOptions()
    options.allowance = allowance / 1000
    options.locksMemory = true
    options.givesPriority = RealtimeKit().giver
    options.adaptsSteps = !noAdapt
    options.lendsSound = web != nil
    options.recording = record.map { RecordingFolder($0) }
    return options
  }
}
