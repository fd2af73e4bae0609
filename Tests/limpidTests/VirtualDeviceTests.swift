import Foundation
import TestSupport
import Testing

@testable import limpid

@Suite("The virtual microphone and output")
struct VirtualDeviceTests {
  private static func node(_ id: Int, _ name: String, _ description: String, kind: String = "Audio/Source") -> String {
    """
    {"id": \(id), "type": "PipeWire:Interface:Node", "info": {"state": "suspended", "props":
      {"media.class": "\(kind)", "node.name": "\(name)", "node.description": "\(description)"}}}
    """
  }
  private static func port(_ node: Int, _ number: Int, _ name: String, direction: String = "out") -> String {
    """
    {"id": \(100 + 10 * node + number), "type": "PipeWire:Interface:Port", "info": {"props":
      {"port.direction": "\(direction)", "node.id": \(node), "port.id": \(number), "port.name": "\(name)"}}}
    """
  }

  /// As pw-dump 0.3.65 writes it, all but what is read here left out.
  static let dump = Data(
    """
    [\(node(40, "alsa_input.usb", "USB Microphone")), \(port(40, 1, "capture_FR")), \(port(40, 0, "capture_FL")),
     \(node(41, "alsa_input.pci", "Built-in Audio")), \(port(41, 0, "capture_MONO")),
     \(port(41, 0, "input_MONO", direction: "in")),
     \(node(42, "limpid-microphone", "Limpid (USB Microphone)", kind: "Audio/Source/Virtual")),
     \(node(43, "speakers", "Speakers", kind: "Audio/Sink")), \(port(43, 1, "playback_FR", direction: "in")),
     \(port(43, 0, "playback_FL", direction: "in")), \(port(43, 2, "monitor_FL")), \(port(43, 3, "monitor_FR")),
     \(node(44, "telephone", "Telephone", kind: "Audio/Sink")), \(port(44, 0, "playback_MONO", direction: "in")),
     \(node(45, "limpid-output", "Limpid (Telephone)", kind: "Audio/Sink")),
     {"id": 50, "type": "PipeWire:Interface:Metadata", "metadata": [
       {"subject": 0, "key": "default.audio.source", "type": "Spa:String:JSON", "value": {"name": "alsa_input.pci"}},
       {"subject": 0, "key": "default.audio.sink", "type": "Spa:String:JSON", "value": {"name": "limpid-output"}}]}]
    """.utf8)

  /// An installation that failed left a device that nobody fed, and took a working one's unit away.
  @Test func `files are as they were where what follows them fails`() throws {
    let scratch = try Scratch()
    let (there, new) = (scratch.path("there/unit"), scratch.path("new/deep/node"))
    try UserFile.write("old", to: there)
    let before = UserFile.Snapshot([there, new])
    try UserFile.write("other", to: there)
    try UserFile.write("other", to: new)
    before.restore()
    #expect(try String(contentsOfFile: there, encoding: .utf8) == "old")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("new")))
  }

  @Test
  func `the microphone is the default one, or the one that is named, never our own or a loudspeaker`() throws {
    let graph = try #require(PipeWireGraph(Self.dump)).list(.microphone)
    #expect(graph.real.map(\.name) == ["alsa_input.usb", "alsa_input.pci"])
    #expect(try graph.chosen(nil).name == "alsa_input.pci")
    #expect(try graph.chosen("usb micro").ports == ["capture_FL", "capture_FR"])
    #expect(try graph.chosen("alsa_input.usb").description == "USB Microphone")
    for (wanted, words) in [
      ("Limpid", "no microphone"), ("Speakers", "\"Built-in Audio\""), ("alsa_input", "say more"),
    ] {
      let failure = #expect(throws: Failure.self) { try graph.chosen(wanted) }
      #expect(failure?.sentence.contains(words) == true, "\(failure?.sentence ?? "")")
    }
    #expect(PipeWireGraph(Data("no".utf8)) == nil)
    // A property that is not UTF-8, as a file's name may be.
    let latin =
      Data(#"[{"id": 1, "type": "x", "info": {"props": {"media.name": "caf"#.utf8) + [0xE9] + Data("\"}}}]".utf8)
    #expect(PipeWireGraph(latin)?.list(.microphone).devices.isEmpty == true)
  }

  @Test func `where ours is the default one, what is behind it stays; two of one name are told apart by the server's`()
    throws
  {
    func source(_ name: String, _ description: String) -> AudioDevice {
      AudioDevice(id: 0, name: name, description: description, ports: ["capture_MONO"], state: "")
    }
    let list = DeviceList(
      server: "PipeWire", device: .microphone,
      devices: [
        source("a", "USB PnP"), source("b", "USB PnP"), source("c", "Headset"),
        source(VirtualDevice.microphone.nodeName, "Limpid (Headset)"),
      ], standard: VirtualDevice.microphone.nodeName)
    #expect(try list.chosen(nil).name == "c")
    let failure = #expect(throws: Failure.self) { try list.chosen("USB") }
    #expect(failure?.sentence.contains("\"a\" or \"b\"") == true, "\(failure?.sentence ?? "")")
    #expect(try list.chosen("b").name == "b")
    #expect(try !list.isUnique(list.chosen("b")) && list.isUnique(list.chosen("c")))
    #expect(list.lines.map { $0.prefix(3) } == ["\"a\"", "\"b\"", "\"He"])
  }

  @Test
  func `a name with quotes, percent and dollar signs stays one word of the unit and one string of PipeWire's`() throws {
    let source = AudioDevice(
      id: 1, name: "x", description: "50% \"Mic\" $5 \\ a'b", ports: ["capture_FL"], state: "")
    let files = DeviceFiles(
      .microphone, real: source, ports: ["capture_FL"], executable: "/opt/a b/limpid", options: ["--mix", "0.5"])
    let start = try #require(files.unitText.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
    #expect(start.contains(#""50%% \"Mic\" $$5 \\ a'b:capture_FL""#), "\(start)")
    #expect(
      start.contains(#""Limpid (50%% \"Mic\" $$5 \\ a'b):input_MONO" "--control" %t/limpid-microphone "--mix" "0.5""#))
    #expect(files.unitText.contains("ConditionFileIsExecutable=/opt/a b/limpid\n"))
    #expect(files.nodeText.contains(#"node.description = "Limpid (50% \"Mic\" $5 \\ a'b)""#))
    #expect(
      UnitText.program("/opt/a$b c%d/limpid") == #""/opt/a$b c%%d/limpid""#,
      "the program's name alone keeps $")
    #expect(UnitText.word("a\nb\t$") == #""a\x0ab\x09$$""#)
    #expect(files.handCommand.contains(#"'50% "Mic" $5 \ a'\''b:capture_FL'"#), "\(files.handCommand)")
  }

  /// A preset that was found by a variable of the shell was none to the unit, which ended and was started for ever.
  @Test func `the unit finds presets and networks where they were found when it was made`() {
    let files = DeviceFiles(
      .microphone, real: AudioDevice(id: 1, name: "x", description: "Mic", ports: ["capture_FL"], state: ""),
      ports: ["capture_FL"], executable: "/opt/limpid", options: [],
      environment: [
        "LIMPID_PRESETS": "/a b/50%", "LIMPID_MODELS": "/a\nb", "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": "no/path",
        "HOME": "/home/x",
      ])
    let lines = files.unitText.split(separator: "\n").filter { $0.hasPrefix("Environment=") }
    #expect(lines == [#"Environment="LIMPID_PRESETS=/a b/50%%""#, #"Environment="LIMPID_MODELS=/a\x0ab""#])
    #expect(!Self.files([]).unitText.contains("Environment"))
  }

  private static func files(_ options: [String], folder: String? = nil) -> DeviceFiles {
    DeviceFiles(
      .microphone,
      real: AudioDevice(id: 1, name: "x", description: "Mic", ports: ["capture_FL", "capture_FR"], state: ""),
      ports: ["capture_FL", "capture_FR"], executable: "/opt/limpid", options: options, folder: folder)
  }

  /// The options were looked at alone, and the unit's limpid ended again and again.
  @Test func `what the unit's limpid cannot start with, or start again with, is refused by its name`() throws {
    for option in [
      "--channels=2", "--connect", "--control=s", "--explain-latency", "--input", "--input-channels", "--name",
      "--output", "--record", "--save-noise-profile",
    ] {
      let failure = #expect(throws: Failure.self) { try Self.files([option, "x"]).check() }
      let name = String(option.prefix { $0 != "=" })
      #expect(failure?.code == .usage && failure?.sentence.contains(name) == true, "\(failure?.sentence ?? "")")
    }
    let failure = #expect(throws: Failure.self) { try Self.files(["--fly"]).check() }
    #expect(failure?.sentence.contains("--fly") == true, "\(failure?.sentence ?? "")")
    #expect(throws: (any Error).self) { try Self.files(["--model", identity, "--noise-profile", "nowhere"]).check() }
    try Self.files(["--model", identity, "--mix", "0.5"]).check()
  }

  /// They were looked for here, and then in the home folder.
  @Test func `files of the options are found from the folder in which they were named`() throws {
    let there = Self.files(["--model", identity], folder: "/a b/50%")
    #expect(there.unitText.contains("\nWorkingDirectory=-/a b/50%%\n"), "\(there.unitText)")
    try there.check()
    #expect(!Self.files([]).unitText.contains("WorkingDirectory"))
    for folder in ["/a\nExecStart=x", "/a\\", "/a "] {
      let failure = #expect(throws: Failure.self) { try Self.files(["--model", identity], folder: folder).check() }
      #expect(failure?.sentence.contains("another") == true, "\(failure?.sentence ?? "")")
    }
  }

  @Test func `the socket lies in the runtime folder, also where its variable is empty`() {
    #expect(UserFolders.runtime(environment: ["XDG_RUNTIME_DIR": "/r"]) == "/r")
    for environment in [[:], ["XDG_RUNTIME_DIR": ""]] as [[String: String]] {
      #expect(UserFolders.runtime(environment: environment) == "/run/user/\(getuid())")
    }
    for device in VirtualDevice.allCases {
      #expect(device.socket == UserFolders.runtime() + "/limpid-\(device)")
    }
  }

  /// A home with a PipeWire that nobody can ask: neither its tools nor systemd's are on the PATH.
  private static func home(_ scratch: Scratch) throws -> [String: String] {
    try scratch.write(Data(), "run/pipewire-0")
    try FileManager.default.createDirectory(atPath: scratch.path("few"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("few/timeout"), withDestinationPath: "/usr/bin/timeout")
    return [
      "HOME": scratch.url.path, "XDG_CONFIG_HOME": scratch.path("config"), "XDG_STATE_HOME": scratch.path("state"),
      "XDG_DATA_HOME": scratch.path("data"), "XDG_RUNTIME_DIR": scratch.path("run"), "PATH": scratch.path("few"),
      "PULSE_SERVER": "", "PULSE_RUNTIME_PATH": "", "PIPEWIRE_RUNTIME_DIR": "", "PIPEWIRE_REMOTE": "",
    ]
  }

  /// Both ended with 66 where pw-dump is not installed, though there was nothing to ask PipeWire for.
  @Test func `removing needs no tools of PipeWire's, and says what they would have been needed for`() throws {
    let scratch = try Scratch()
    let home = try Self.home(scratch)
    let nothing = try run("remove-microphone", environment: home)
    #expect(nothing.status == 0 && nothing.text == "There was no virtual microphone.\n" && nothing.errors == "")
    let unit = try scratch.write(Data(Self.files([]).unitText.utf8), "config/systemd/user/limpid-microphone.service")
    let removed = try run("remove-microphone", environment: home)
    #expect(removed.status == 0 && removed.text == "The virtual microphone is gone.\n")
    #expect(removed.errors.contains("pw-dump") && removed.errors.split(separator: "\n").count == 1, "\(removed.errors)")
    #expect(!FileManager.default.fileExists(atPath: unit))

    try scratch.write(Data("bin/limpid\n".utf8), "prefix/share/limpid/installed")
    try FileManager.default.createDirectory(atPath: scratch.path("prefix/bin"), withIntermediateDirectories: true)
    let link = scratch.path("prefix/bin/limpid")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: limpid.path)
    let gone = try run("uninstall-desktop", program: URL(fileURLWithPath: link), environment: home)
    #expect(gone.status == 0 && gone.errors == "", "\(gone.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("prefix")) == [])
    #expect(FileManager.default.fileExists(atPath: limpid.path))
  }

  @Test func `status says that a microphone is installed also where no server runs`() throws {
    let scratch = try Scratch()
    let home = try Self.home(scratch)
    try FileManager.default.removeItem(atPath: scratch.path("run/pipewire-0"))
    let none = try run("status", environment: home)
    #expect(none.status == 66 && none.errors.contains("neither") && !none.errors.contains("is installed"))
    try scratch.write(Data(Self.files([]).unitText.utf8), "config/systemd/user/limpid-microphone.service")
    let some = try run("status", environment: home)
    #expect(some.status == 66 && some.errors.contains("virtual microphone is installed"), "\(some.errors)")
    #expect(some.errors.split(separator: "\n").count == 1)
  }

  private static func status(
    isInstalled: Bool = true, isForPulseAudio: Bool = false, isActive: Bool = false, answer: String? = nil,
    pageAnswer: String? = nil
  ) throws -> DeviceStatus {
    DeviceStatus(
      isInstalled: isInstalled, isForPulseAudio: isForPulseAudio, isActive: isActive,
      list: try #require(PipeWireGraph(dump)).list(.microphone), answer: answer, pageAnswer: pageAnswer)
  }

  /// Its page could be found in the journal only.
  @Test func `status names the live page, and says how a microphone that was ended comes back`() throws {
    let address = "http://127.0.0.1:8080/#token"
    let with = try Self.status(isActive: true, answer: "{}", pageAnswer: address)
    #expect(
      with.lines.contains { $0.hasSuffix("the live page: \(address)") } && with.object["page"] as? String == address)
    let without = try Self.status(isActive: true, answer: "{}", pageAnswer: "error: no live page is served")
    #expect(!without.lines.joined().contains("page") && without.object["page"] == nil)
    #expect(try Self.status().lines.joined().contains("systemctl --user start limpid-microphone.service"))
    #expect(try Self.status(isActive: true).lines.joined().contains("does not answer"))
  }

  /// systemd started it again two seconds later.
  @Test func `who ends the virtual microphone ends it; where its server is not there it is tried again`() {
    for unit in [Self.files([]).unitText, PulseAudioMicrophone.unitText("/opt/limpid")] {
      // A run that is ended by quit or SIGTERM has the code 0, one without a server 66.
      #expect(unit.contains("\nRestart=on-failure\nRestartSec=2\n") && !unit.contains("always"))
    }
  }

  /// It was said that PipeWire had not made it, and to restart PipeWire, which would have changed nothing.
  @Test func `a microphone that was installed for PulseAudio is none on PipeWire, and status says how to make it one`()
    throws
  {
    let scratch = try Scratch()
    let home = try Self.home(scratch)
    try scratch.write(
      Data(PulseAudioMicrophone.unitText("/opt/limpid").utf8), "config/systemd/user/limpid-microphone.service")
    let dump = try scratch.write(Self.dump, "dump.json")
    let program = try scratch.write(Data("#!/bin/sh\nexec /bin/cat '\(dump)'\n".utf8), "few/pw-dump")
    chmod(program, 0o755)
    let moved = try run("status", environment: home)
    #expect(
      moved.text.hasPrefix("It was installed for PulseAudio: limpid install-microphone makes it for PipeWire.\n"),
      "\(moved.text) \(moved.errors)")
    #expect(moved.status == 0 && !moved.text.contains("restart pipewire") && !moved.text.contains("does not run"))
    try scratch.write(Data(Self.files([]).nodeText.utf8), "config/pipewire/pipewire.conf.d/limpid-microphone.conf")
    let made = try run("status", environment: home)
    #expect(made.text.hasPrefix("Limpid (USB Microphone)") && made.text.contains("does not run"), "\(made.text)")
  }

  /// As pactl 16.1 writes it in the C locale, properties and monitors included.
  private static let pulseSources = """
    Source #0
    \tState: IDLE
    \tName: alsa_output.pci.monitor
    \tDescription: Monitor of Built-in Audio
    \tChannel Map: front-left,front-right
    \tMonitor of Sink: alsa_output.pci
    Source #1
    \tState: RUNNING
    \tName: alsa_input.usb
    \tDescription: USB Microphone: mobile
    \tSample Specification: s16le 2ch 44100Hz
    \tChannel Map: front-left,front-right
    \tMonitor of Sink: n/a
    \tProperties:
    \t\tName: not of this source
    \t\tdevice.description = "USB Microphone"
    Source #2
    \tState: SUSPENDED
    \tName: limpid-microphone
    \tDescription: Limpid (USB Microphone)
    \tChannel Map: mono
    \tMonitor of Sink: n/a
    """

  @Test
  func `PulseAudio's microphones are its sources without the loudspeakers' monitors and our own`() throws {
    let sources = DeviceList(pulseAudio: Self.pulseSources, standard: "limpid-microphone")
    #expect(sources.real.map(\.name) == ["alsa_input.usb"])
    let microphone = try sources.chosen(nil)
    #expect(microphone.description == "USB Microphone: mobile")
    #expect(microphone.ports == ["front-left", "front-right"])
    #expect(sources.virtual?.state == "suspended")
    #expect(PulseAudio.fields("Server Name: pulseaudio\nIs Local: yes\n")["Server Name"] == "pulseaudio")
    #expect(
      PulseAudio.fields("Server Name: PulseAudio (on PipeWire 0.3.65)")["Server Name"]
        == "PulseAudio (on PipeWire 0.3.65)")
  }

  @Test func `the wish for a default microphone is taken back where it is ours alone`() {
    let told = "Found \"settings\" metadata 31\nupdate: id:0 key:'default.configured.audio.source' value:'"
    #expect(
      DefaultDevice(device: .microphone).isOurs(
        told + #"{ "name": "limpid-microphone" }' type:'Spa:String:JSON'"# + "\n"))
    #expect(
      !DefaultDevice(device: .microphone).isOurs(told + #"{ "name": "alsa_input.usb" }' type:'Spa:String:JSON'"# + "\n")
    )
    #expect(
      !DefaultDevice(device: .microphone).isOurs(
        #"update: id:0 key:'default.audio.source' value:'{ "name": "limpid-microphone" }'"#))
  }

  private static func pulseModules(
    _ microphone: String = "USB Microphone", hasShortBlocks: Bool = true
  ) -> PulseAudioModules {
    PulseAudioModules(
      microphone: microphone, source: "alsa_input.usb", channel: "front-right", plugin: "/opt/a b/limpid.so",
      controls: PluginControls(), hasShortBlocks: hasShortBlocks)
  }

  @Test
  func `PulseAudio's modules carry one channel from the microphone through the plugin to the source`() throws {
    let modules = Self.pulseModules().modules
    #expect(
      modules.map(\.name) == ["module-null-sink", "module-ladspa-sink", "module-loopback", "module-remap-source"])
    #expect(modules.allSatisfy { PulseAudioModules.isOurs(arguments: $0.arguments) })
    #expect(!PulseAudioModules.isOurs(arguments: "source=alsa_input.usb sink=limpid-enhancer-of-another"))
    #expect(
      modules[1].arguments.contains(#"plugin="/opt/a b/limpid.so" label=limpid_mono control=100.0,1.0,0,0,0,0,0,1 "#))
    #expect(modules[0].arguments.contains(" channel_map=front-right norewinds=1 sink_properties="))
    #expect(!Self.pulseModules(hasShortBlocks: false).script.contains("norewinds"), "an older one does not know it")
    #expect(modules[2].arguments.hasPrefix(#"source="alsa_input.usb" sink=limpid-enhancer rate=48000 channels=1 "#))
    #expect(modules[2].arguments.contains("channel_map=front-right remix=no"))
    #expect(modules[3].arguments.hasSuffix(#"source_properties="device.description='Limpid (USB Microphone)'""#))
    let strange = Self.pulseModules(#"a'b "c" \ d"# + "\n#")
    #expect(
      strange.modules[3].arguments.hasSuffix(#"="device.description='Limpid (a\'b \"c\" \\ d#)'""#),
      "\(strange.modules[3].arguments)")
    #expect(strange.script.split(separator: "\n").count == 5)
    var standard = Self.pulseModules()
    standard.isDefault = true
    #expect(standard.script == Self.pulseModules().script + "\nset-default-source limpid-microphone")
  }

  @Test
  func `of limpid jack's options PulseAudio's plugin takes those that it has controls for, and names the others`()
    throws
  {
    #expect(
      try PluginControls(options: ["--attenuation-limit", "12", "--model=wide", "--mix=0.5", "--passes", "2"]).text
        == "12.0,0.5,0,0,0,0,1,2")
    #expect(try PluginControls(options: ["--attenuation-limit=none", "--model", "light"]).networks == .light)
    #expect(try PluginControls(options: ["--attenuation-limit", "off"]) == PluginControls())
    let plain = try PluginControls(options: ["--attenuation-limit=none"])
    #expect(plain == PluginControls() && plain.networks == nil, "what this machine has time for")
    var both = plain
    both.networks = .both
    #expect(both.text == "100.0,1.0,0,0,0,0,2,1")
    for options in [
      ["--steps", "2"], ["--model", "a.safetensors"], ["--mix"], ["--bypass"], ["--passes", "3"], ["--mix=2"],
      ["--mix", "nan"], ["--attenuation-limit=-5"],
    ] {
      let failure = #expect(throws: Failure.self) { try PluginControls(options: options) }
      let word = options[0]
      #expect(failure?.sentence.contains("\(word): on PulseAudio") == true, "\(failure?.sentence ?? "")")
    }
  }

  @Test
  func
    `PulseAudio's plugin gets the networks and passes that leave half of the time, and never what would end PulseAudio`()
    throws
  {
    var remarks: [String] = []
    /// `share`: of the time there is, that both networks take in one pass.
    func fitted(
      _ networks: PluginControls.Networks? = nil, passes: Int? = nil, short: Bool = true, share: Double = 0.2,
      wide: Bool = true
    ) throws -> [Int?] {
      remarks = []
      var wished = PluginControls()
      wished.mix = 0.5
      wished.networks = networks
      wished.passes = passes
      let fitted = try PluginSpeed(
        hasShortBlocks: short, share: { ($0.secondName == nil ? 0.2 : 1) * share * Double($1) },
        path: {
          if $0 == "wide", !wide { throw Failure(.configuration, "not there") }
          return try ModelStore.path($0)
        }
      ).fitted(wished) { remarks.append($0) }
      #expect(fitted.mix == 0.5)
      return [fitted.networks?.rawValue, fitted.passes]
    }
    let (light, wideAlone, both) = (0, 1, 2)
    #expect(try fitted() == [both, 2] && remarks.isEmpty)
    #expect(try fitted(share: 0.4) == [both, 1] && remarks.count == 1 && remarks[0].contains("two passes"))
    #expect(try fitted(share: 0.6) == [light, 2] && remarks.count == 1 && remarks[0].contains("both networks"))
    #expect(try fitted(share: 2) == [light, 1] && remarks.count == 2)
    #expect(try fitted(passes: 2, share: 0.4) == [light, 2], "the passes that are wished run")
    #expect(try fitted(passes: 1) == [both, 1] && remarks.isEmpty)
    #expect(try fitted(wide: false) == [light, 2] && remarks.first?.contains("not there") == true)
    #expect(
      try fitted(.wide, passes: 2, share: 6) == [wideAlone, 2] && remarks.isEmpty, "what is wished is not measured")
    #expect(try fitted(.wide, share: 2) == [wideAlone, 1] && remarks.count == 1)
    // Two seconds at once.
    #expect(try fitted(.light, short: false) == [light, 1] && remarks.isEmpty)
    #expect(try fitted(short: false) == [light, 1] && remarks.first?.contains("two seconds at once") == true)
    for (networks, passes, share) in [(PluginControls.Networks.wide, nil, 0.1), (.light, nil, 0.3), (.light, 2, 0.1)] {
      let failure = #expect(throws: Failure.self) { try fitted(networks, passes: passes, short: false, share: share) }
      #expect(failure?.sentence.contains("two seconds at once") == true, "\(failure?.sentence ?? "")")
    }
  }

  @Test(
    arguments: [
      "", "load-module module-x\n", "#! no newline at the end", "\u{e9} \u{1F3A4}\n.include /etc/pulse/default.pa\n",
    ])
  func `PulseAudio's start script keeps every byte of the user's, has our lines once, and goes where it was ours alone`(
    own: String
  ) throws {
    // Not UTF-8, as an old editor writes it.
    let text = own.isEmpty ? Data() : Data(own.utf8) + Data([0xE9, UInt8(ascii: "\n")])
    let once = PulseAudioScript.adding(Self.pulseModules().script, to: text)
    #expect(PulseAudioScript.hasLines(once))
    #expect(PulseAudioScript.adding(Self.pulseModules().script, to: once) == once)
    #expect(once.starts(with: text))
    #expect(!String(decoding: once.dropFirst(text.count), as: UTF8.self).contains(".include"))
    #expect(PulseAudioScript.removing(from: once) == text)
    #expect(PulseAudioScript.removing(from: once.dropLast()) == text, "an editor took the last line's end")
    #expect(PulseAudioScript.removing(from: once.dropLast() + Data("\r\n".utf8)) == text)

    let made = PulseAudioScript.adding(Self.pulseModules().script, to: nil)
    let lines = String(decoding: made, as: UTF8.self).split(separator: "\n")
    #expect(lines[1] == ".include /etc/pulse/default.pa")
    #expect(PulseAudioScript.adding(Self.pulseModules().script, to: made) == made)
    #expect(PulseAudioScript.removing(from: made) == nil)
    // What was written into it by hand since then stays, and so does the system's script.
    let extended = made + Data("load-module module-x\n".utf8)
    let rest = try #require(PulseAudioScript.removing(from: extended))
    #expect(rest == Data(".include /etc/pulse/default.pa\nload-module module-x\n".utf8))
  }

  @Test
  func `the LADSPA plugin is looked for beside the program before it is where hosts look`() {
    let places = PulseAudioMicrophone.pluginPlaces(
      names: ["/opt/limpid/bin/limpid", "/home/u/.local/bin/limpid"],
      environment: ["HOME": "/home/u", "LADSPA_PATH": "/x:relative:/usr/lib/ladspa"])
    #expect(
      places == [
        "/opt/limpid/lib/ladspa/limpid.so", "/home/u/.local/lib/ladspa/limpid.so", "/x/limpid.so",
        "/usr/lib/ladspa/limpid.so", "/home/u/.ladspa/limpid.so", "/usr/local/lib/ladspa/limpid.so",
      ])
  }

  @Test
  func `the status on PulseAudio says what is missing between the microphone and its source`() {
    let sources = DeviceList(pulseAudio: Self.pulseSources, standard: "alsa_input.usb")
    let names = Self.pulseModules().modules.map(\.name)
    func lines(_ isInstalled: Bool, _ modules: [String]) -> [String] {
      PulseAudioStatus(isInstalled: isInstalled, microphones: sources, modules: modules).lines
    }
    #expect(
      lines(true, names) == [
        "Limpid (USB Microphone): no program listens", "\"USB Microphone: mobile\", 2 channels, the default",
      ])
    #expect(lines(true, names.filter { $0 != "module-loopback" })[1].contains("is not there"))
    #expect(lines(true, names.filter { $0 != "module-ladspa-sink" })[1].contains("plugin"))
    #expect(lines(false, names)[1].contains("next login"))
  }

  @Test
  func `the unit on PulseAudio acts on events of sources, and knows what the script has and PulseAudio has not`() throws
  {
    #expect(PulseAudioAttendant.concerns("Event 'change' on source #3\n"))
    #expect(!PulseAudioAttendant.concerns("Event 'new' on client #3\nEvent 'change' on source-output #1\n"))
    let sinks = "0\tlimpid-clean\tm\ts16le 1ch 48000Hz\tSUSPENDED\n2\tlimpid-enhancer\tm\tf 1ch 48000Hz\tIDLE\n"
    #expect(PulseAudio.isSuspended("limpid-clean", sinks))
    #expect(!PulseAudio.isSuspended("limpid-enhancer", sinks))

    let modules = Self.pulseModules().modules
    let script = PulseAudioScript.adding(
      Self.pulseModules().script, to: Data("load-module module-loopback source=other\n".utf8))
    #expect(
      PulseAudioAttendant.missingLoopback(["module-null-sink", "module-ladspa-sink"], script) == modules[2].arguments)
    #expect(PulseAudioAttendant.missingLoopback(modules.map(\.name), script) == nil)
    #expect(PulseAudioAttendant.missingLoopback([], Data("load-module module-loopback source=other\n".utf8)) == nil)
    #expect(
      PulseAudioMicrophone.unitText("/opt/a b/limpid").contains("\nExecStart=\"/opt/a b/limpid\" attend-microphone\n"))
  }

  @Test
  func `what was installed is removed, with the folders that are empty then, and nothing else`() throws {
    let scratch = try Scratch()
    for file in ["bin/limpid", "share/limpid/presets/live.toml", "share/man/man1/limpid.1", "share/man/man1/other.1"] {
      try scratch.write(Data("x".utf8), file)
    }
    let outside = try Scratch()
    let precious = try outside.write(Data("x".utf8), "precious")
    try scratch.write(
      Data(
        "bin/limpid\nshare/limpid/presets/live.toml\nshare/man/man1/limpid.1\n../\(outside.url.lastPathComponent)/precious\n"
          .utf8),
      "share/limpid/installed")
    let list = try #require(UninstallCommand.list(names: [scratch.path("bin/limpid")]))
    try UninstallCommand.remove(list)
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: scratch.url.path).sorted()
        == ["share", "share/man", "share/man/man1", "share/man/man1/other.1"])
    #expect(FileManager.default.fileExists(atPath: precious))
  }
}
