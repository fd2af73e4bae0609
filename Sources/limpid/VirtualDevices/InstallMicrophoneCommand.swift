import ArgumentParser
import Foundation

/// `limpid install-microphone`: a clean microphone in every program's list.
struct InstallMicrophoneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install-microphone", abstract: "Makes a clean virtual microphone that every program can choose.",
    discussion: """
      PipeWire gets a source "Limpid (MICROPHONE)", from now on and at every login, and systemd a user unit that runs limpid \
      between the microphone and it. It enhances while a program listens and rests otherwise. It waits for a microphone that \
      is not there yet, and for PipeWire's restarts.

        limpid install-microphone                     the microphone that is PipeWire's default now
        limpid install-microphone "USB Microphone"    its name, or a part of it
        limpid install-microphone --default           and it is the one that programs get that choose none
        limpid install-microphone -- --model wide     after --, options of limpid jack; files are found from this folder
        limpid ctl $XDG_RUNTIME_DIR/limpid-microphone limit 12      what is set stays

      Where PulseAudio runs without PipeWire, its modules do the same with the LADSPA plugin, now and from PulseAudio's start \
      script (~/.config/pulse/default.pa, where what is yours stays): of several channels the first is heard or the one of \
      --channel, and the options are --attenuation-limit, --mix, --model and --passes. Both networks and both passes are heard \
      where they leave half of the time, which is measured now, or what the options name.
      """)

  @Argument(help: "The real microphone; limpid status lists them.")
  var microphone: String?

  @Option(
    parsing: .unconditional,
    help: "The microphone's channel that is heard, from 1 on. (default: of several the one with the voice)")
  var channel: Int?

  @Flag(
    name: .customLong("default"),
    help:
      "Also make it the microphone of programs that choose none, until it is removed. (A session manager may remember that when it is there again.)"
  )
  var isDefault = false

  @Argument(parsing: .postTerminator, help: "Options of limpid jack.")
  var options: [String] = []

  func validate() throws {
    if let channel, !(1...64).contains(channel) {
      throw ValidationError("--channel \(channel) is out of range; give 1 to 64")
    }
    // What limpid jack does not take is said now, not in a log later.
    guard !options.isEmpty else { return }
    do { try DeviceFiles.check(options, of: .microphone) } catch { throw ValidationError(Failure(error).sentence) }
  }

  func run() throws {
    do {
      switch try SoundServer.current() {
      case .pipeWire: try installOnPipeWire()
      case .pulseAudio: try installOnPulseAudio()
      }
    } catch { throw Failure(error).end() }
  }

  /// The channels of a microphone that are heard.
  private func ports(of source: AudioDevice, at most: Int) throws -> [String] {
    guard (channel ?? 1) <= source.ports.count else {
      throw Failure(
        .usage,
        "\"\(source.description)\" has \(source.ports.count == 1 ? "one channel; leave --channel out" : "\(source.ports.count) channels; give a --channel of these")"
      )
    }
    return channel.map { [source.ports[$0 - 1]] } ?? Array(source.ports.prefix(most))
  }

  private func installOnPipeWire() throws {
    let installation = Installation(device: .microphone)
    let files = try installation.files(for: microphone, options: options) { try ports(of: $0, at: 8) }
    let remarks = try installation.install(files, isDefault: isDefault)
    try putOut(sentence(files.description))
    for remark in remarks { Terminal.complain("note", remark) }
  }

  private func sentence(_ description: String) -> String {
    isDefault
      ? "\(description) is there, as the microphone of all programs that choose none."
      : "\(description) is there: choose it as the microphone in your programs."
  }

  private func installOnPulseAudio() throws {
    let source = try PulseAudio.microphones().chosen(microphone)
    var controls = try PluginControls(options: options)
    var remarks: [String] = []
    let plugin = try PulseAudioMicrophone.plugin()
    let channel = try ports(of: source, at: 1).first ?? "mono"
    let hasShortBlocks = try PulseAudioMicrophone.givesShortBlocks()
    controls = try PluginSpeed(hasShortBlocks: hasShortBlocks).fitted(controls) { remarks.append($0) }
    let files = PulseAudioModules(
      microphone: source.description, source: source.name, channel: channel, plugin: plugin, controls: controls,
      hasShortBlocks: hasShortBlocks, isDefault: isDefault)
    let remark = try PulseAudioMicrophone.install(files, executable: Program.whereItLies)
    try putOut(sentence(files.description))
    if self.channel == nil, source.ports.count > 1 {
      Terminal.complain(
        "note", "of its \(source.ports.count) channels the first is heard; --channel 2 hears the second")
    }
    for remark in remarks + [remark].compactMap(\.self) { Terminal.complain("note", remark) }
  }
}
