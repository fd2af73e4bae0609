import Foundation
import TestSupport
import Testing

@testable import limpid

@Suite("The virtual microphone")
struct MicrophoneTests {
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
  private static let dump = Data(
    """
    [\(node(40, "alsa_input.usb", "USB Microphone")), \(port(40, 1, "capture_FR")), \(port(40, 0, "capture_FL")),
     \(node(41, "alsa_input.pci", "Built-in Audio")), \(port(41, 0, "capture_MONO")),
     \(port(41, 0, "input_MONO", direction: "in")),
     \(node(42, "limpid-microphone", "Limpid (USB Microphone)", kind: "Audio/Source/Virtual")),
     \(node(43, "speakers", "Speakers", kind: "Audio/Sink")),
     {"id": 50, "type": "PipeWire:Interface:Metadata", "metadata": [
       {"subject": 0, "key": "default.audio.source", "type": "Spa:String:JSON", "value": {"name": "alsa_input.pci"}}]}]
    """.utf8)

  @Test
  func `the microphone is the default one, or the one that is named, never our own or a loudspeaker`() throws {
    let graph = try #require(PipeWireGraph(Self.dump))
    #expect(graph.microphones.map(\.name) == ["alsa_input.usb", "alsa_input.pci"])
    #expect(try graph.microphone(nil).name == "alsa_input.pci")
    #expect(try graph.microphone("usb micro").ports == ["capture_FL", "capture_FR"])
    #expect(try graph.microphone("alsa_input.usb").description == "USB Microphone")
    for (wanted, words) in [
      ("Limpid", "no microphone"), ("Speakers", "\"Built-in Audio\""), ("alsa_input", "say more"),
    ] {
      let failure = #expect(throws: Failure.self) { try graph.microphone(wanted) }
      #expect(failure?.sentence.contains(words) == true, "\(failure?.sentence ?? "")")
    }
    #expect(PipeWireGraph(Data("no".utf8)) == nil)
  }

  @Test
  func `a name with quotes, percent and dollar signs stays one word of the unit and one string of PipeWire's`() throws {
    let source = PipeWireGraph.Source(
      id: 1, name: "x", description: "50% \"Mic\" $5 \\ a'b", ports: ["capture_FL"], state: "")
    let files = MicrophoneFiles(
      source, ports: ["capture_FL"], executable: "/opt/a b/limpid", options: ["--mix", "0.5"])
    let start = try #require(files.unitText.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
    #expect(start.contains(#""50%% \"Mic\" $$5 \\ a'b:capture_FL""#), "\(start)")
    #expect(
      start.contains(#""Limpid (50%% \"Mic\" $$5 \\ a'b):input_MONO" "--control" %t/limpid-microphone "--mix" "0.5""#))
    #expect(files.unitText.contains("ConditionFileIsExecutable=/opt/a b/limpid\n"))
    #expect(files.nodeText.contains(#"node.description = "Limpid (50% \"Mic\" $5 \\ a'b)""#))
    #expect(files.handCommand.contains(#"'50% "Mic" $5 \ a'\''b:capture_FL'"#), "\(files.handCommand)")
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
