import Foundation
import TestSupport
import Testing

@testable import limpid

@Suite("The virtual output")
struct VirtualOutputTests {
  private static func outputs() throws -> DeviceList {
    try #require(PipeWireGraph(VirtualDeviceTests.dump)).list(.output)
  }

  private static func files(_ name: String? = nil, options: [String] = []) throws -> DeviceFiles {
    let real = try outputs().chosen(name)
    return DeviceFiles(
      .output, real: real, ports: Array(real.ports.prefix(2)), executable: "/opt/limpid", options: options)
  }

  @Test func `the real output is the one behind ours, or the one that is named, with its inputs and no monitors`()
    throws
  {
    let outputs = try Self.outputs()
    #expect(outputs.real.map(\.description) == ["Speakers", "Telephone"])
    #expect(try outputs.chosen(nil).name == "telephone", "ours stands before it")
    #expect(try outputs.chosen("speak").ports == ["playback_FL", "playback_FR"])
    let failure = #expect(throws: Failure.self) { try outputs.chosen("USB Microphone") }
    #expect(failure?.sentence == #"there is no output "USB Microphone"; there are "Speakers", "Telephone""#)
  }

  @Test func `limpid runs from the monitor of the virtual output to the real one, in as many channels as that has`()
    throws
  {
    let stereo = try Self.files("Speakers")
    let command = stereo.command.joined(separator: "|")
    #expect(
      command.hasPrefix(
        "/opt/limpid|jack|--pipewire|--on-demand|--patient|--no-start-server|--name|limpid-output-enhancer|"))
    #expect(
      command.hasSuffix(
        "|--channels|2|--input|Limpid (Speakers):monitor_FL|--input|Limpid (Speakers):monitor_FR"
          + "|--output|Speakers:playback_FL|--output|Speakers:playback_FR|--control"), "\(command)")
    #expect(stereo.node.contains("media.class = Audio/Sink\n") && stereo.node.contains("[ FL FR ]"))
    #expect(stereo.unitText.contains("# Made by limpid install-output; limpid remove-output removes it.\n"))
    #expect(stereo.unitText.contains(" \"--control\" %t/limpid-output\n"))

    let mono = try Self.files()
    #expect(
      mono.command.suffix(5)
        == ["--input", "Limpid (Telephone):monitor_MONO", "--output", "Telephone:playback_MONO", "--control"])
    #expect(!mono.command.contains("--channels") && mono.node.contains("[ MONO ]"))
  }

  /// PipeWire lets a monitor have what is played, not what the slider makes of it.
  @Test func `the volume of the virtual output is heard`() throws {
    #expect(try Self.files().node.contains("monitor.channel-volumes = true"))
  }

  @Test func `what the unit says itself, and what is for a single run, is refused by the output's name`() throws {
    for option in ["--channels=1", "--output", "--record"] {
      let failure = #expect(throws: Failure.self) { try Self.files(options: [option, "x"]).check() }
      #expect(
        failure?.code == .usage && failure?.sentence.contains("virtual output") == true, "\(failure?.sentence ?? "")")
    }
    try Self.files(options: ["--model", identity, "--mix", "0.5"]).check()
  }

  @Test func `the wish for a default output is told from that for a microphone`() {
    let line =
      #"update: id:0 key:'default.configured.audio.sink' value:'{ "name": "limpid-output" }' type:'Spa:String:JSON'"#
    #expect(DefaultDevice(device: .output).isOurs(line))
    #expect(!DefaultDevice(device: .microphone).isOurs(line))
    #expect(!DefaultDevice(device: .output).isOurs(line.replacingOccurrences(of: "limpid-output", with: "speakers")))
  }

  @Test func `status tells of the output as of the microphone`() throws {
    func status(_ answer: String? = nil) throws -> DeviceStatus {
      DeviceStatus(isInstalled: true, isActive: true, list: try Self.outputs(), answer: answer)
    }
    let lines = try status(#"{"latency_ms": 44.2}"#).lines
    #expect(
      lines == [
        "Limpid (Telephone): no program plays, the default output", "limpid runs as limpid-output.service, 44 ms later",
        "  limpid ctl \(VirtualDevice.output.socket) status", "\"Speakers\", 2 channels", "\"Telephone\"",
      ])
    #expect(try status().lines[1] == "limpid does not answer: journalctl --user -u limpid-output.service")
    #expect(try (status().object["outputs"] as? [[String: Any]])?.count == 2)
    #expect(try (status().object["sink"] as? [String: String])?["description"] == "Limpid (Telephone)")
  }

  /// Headphones that change to their profile for calls left silence without a word.
  @Test func `status says why nothing is heard`() throws {
    func lines(_ real: String, ports: [String]) -> [String] {
      func device(_ name: String, _ description: String, _ ports: [String]) -> AudioDevice {
        AudioDevice(id: 1, name: name, description: description, ports: ports, state: "idle")
      }
      let devices = [
        device("a", real, ports), device("limpid-output", "Limpid (Headset)", ["playback_FL", "playback_FR"]),
      ]
      let list = DeviceList(server: "PipeWire", device: .output, devices: devices, standard: nil)
      return DeviceStatus(isInstalled: true, isActive: true, list: list, answer: "{}").lines
    }
    #expect(lines("Headset", ports: ["playback_FL", "playback_FR"]).count == 4)
    #expect(lines("Headset", ports: ["a", "b", "c", "d", "e", "f"]).count == 4, "two of more are used")
    #expect(lines("Headset", ports: ["playback_MONO"])[1].contains("other channels now"))
    #expect(lines("Other", ports: ["playback_MONO"])[1] == "Its output is not there; it is connected when it comes.")
  }

  /// A home in which nothing runs and no tool of a desktop's is on the PATH.
  @Test func `removing an output takes its files and settings, and leaves the microphone's`() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path("few"), withIntermediateDirectories: true)
    let home = [
      "HOME": scratch.url.path, "XDG_CONFIG_HOME": scratch.path("config"), "XDG_STATE_HOME": scratch.path("state"),
      "XDG_DATA_HOME": scratch.path("data"), "XDG_RUNTIME_DIR": scratch.path("run"), "PATH": scratch.path("few"),
      "PULSE_SERVER": "", "PULSE_RUNTIME_PATH": "", "PIPEWIRE_RUNTIME_DIR": "", "PIPEWIRE_REMOTE": "",
    ]
    let none = try run("remove-output", environment: home)
    #expect(none.status == 0 && none.text == "There was no virtual output.\n" && none.errors == "", "\(none.errors)")
    let units = "config/systemd/user/"
    let outputs = [units + "limpid-output.service", "config/pipewire/pipewire.conf.d/limpid-output.conf"]
    for file in outputs + [units + "limpid-microphone.service"] { try scratch.write(Data("x".utf8), file) }
    let removed = try run("remove-output", environment: home)
    #expect(removed.status == 0 && removed.text == "The virtual output is gone.\n", "\(removed.errors)")
    for file in outputs { #expect(!FileManager.default.fileExists(atPath: scratch.path(file))) }
    #expect(FileManager.default.fileExists(atPath: scratch.path(units + "limpid-microphone.service")))
    #expect(
      !FileManager.default.fileExists(atPath: scratch.path("config/pipewire")), "the folders that are empty go too")
  }

  @Test func `without a server, or a real output, install-output says what is missing`() throws {
    let scratch = try Scratch()
    let home = [
      "HOME": scratch.url.path, "XDG_CONFIG_HOME": scratch.path("config"), "XDG_RUNTIME_DIR": scratch.url.path,
      "PULSE_SERVER": "", "PULSE_RUNTIME_PATH": "", "PIPEWIRE_RUNTIME_DIR": "", "PIPEWIRE_REMOTE": "",
    ]
    let none = try run("install-output", environment: home)
    #expect(none.status == 66 && none.errors.contains("neither PipeWire nor PulseAudio"), "\(none.errors)")
    #expect(none.errors.split(separator: "\n").count == 1)
    // What WirePlumber makes where there is no sound card, and takes away when one comes.
    let dummy = AudioDevice(
      id: 1, name: "auto_null", description: "Dummy Output", ports: ["playback_FL", "playback_FR"], state: "")
    let empty = DeviceList(server: "PipeWire", device: .output, devices: [dummy], standard: "auto_null")
    let failure = #expect(throws: Failure.self) { try empty.chosen(nil) }
    #expect(failure?.sentence == "PipeWire has no output; connect one, and see limpid status")
  }
}
