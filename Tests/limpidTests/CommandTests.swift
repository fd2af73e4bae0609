import Foundation
import Testing
import TestSupport

/// limpid.
@Suite struct CommandTests {
  @Test func `prints its version and a help that names every command`() throws {
    #expect(try run("--version").text.hasPrefix("limpid "))
    let help = try run("--help").text
    for word in ["enhance", "presets", "info", "Exit codes"] { #expect(help.contains(word)) }
    let enhance = try run("enhance", "--help").text
    for word in ["--preset", "--steps", "--guidance", "--attenuation-limit", "--noise-profile", "--raw"] {
      #expect(enhance.contains(word))
    }
  }

  @Test func `lists the presets of the checkout, each with a line`() throws {
    let lines = try run("presets").text.split(separator: "\n")
    for name in ["fast", "live", "quality", "gentle"] {
      let line = try #require(lines.first { $0.hasPrefix(name + " ") })
      #expect(line.count > name.count + 20)
    }
  }

  @Test func `describes a weights file and a sound file`() throws {
    let weights = try run("info", identity)
    #expect(weights.status == 0 && weights.text.contains("parameters"), "\(weights.errors)")
    let scratch = try Scratch()
    let sound = try scratch.write(Wave(rate: 44_100, channels: 2, samples: Wave.sound(0.1, channels: 2)).data, "a.wav")
    let text = try run("info", sound).text
    #expect(text.contains("44100 Hz") && text.contains("WAV"))
    #expect(try run("info", scratch.path("none")).status == 66)
  }

  @Test func `LIMPID_PRESETS comes before the checkout's presets`() throws {
    let scratch = try Scratch()
    try scratch.write(Data("method = \"wiener\"\ndescription = \"mine\"\n".utf8), "live.toml")
    let text = try run("presets", environment: ["LIMPID_PRESETS": scratch.url.path]).text
    #expect(text.contains("mine"))
  }

  @Test
  func `presets are found beside the program, and beside a link to it`() throws {
    let scratch = try Scratch()
    try scratch.write(Data("method = \"wiener\"\ndescription = \"beside\"\n".utf8), "share/limpid/presets/beside.toml")
    try FileManager.default.createDirectory(atPath: scratch.path("bin"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(atPath: scratch.path("elsewhere"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: scratch.path("bin/limpid"), withDestinationPath: limpid.path)
    // A relative link to the link, on the PATH.
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("elsewhere/limpid"), withDestinationPath: "../bin/limpid")
    for program in ["bin/limpid", "elsewhere/limpid"] {
      let found = try run("presets", "--paths", program: scratch.url.appendingPathComponent(program))
      #expect(found.text.contains("beside") && found.text.contains("live"), "\(program): \(found.text) \(found.errors)")
    }
    let path = try run(
      "-c", "limpid presets", program: URL(fileURLWithPath: "/bin/sh"),
      environment: ["PATH": scratch.path("elsewhere") + ":/usr/bin:/bin"])
    #expect(path.text.contains("beside"))
    let help = try run("presets", "--help", program: scratch.url.appendingPathComponent("bin/limpid")).text
    for place in ["$LIMPID_PRESETS", scratch.path("share/limpid/presets"), "/usr/share/limpid/presets"] {
      // Help is broken at 80 columns.
      #expect(help.filter { !$0.isWhitespace }.contains(place), "\(place): \(help)")
    }
  }

  @Test
  func `a copy of a preset of ours works where it lies, and one without a model uses the light one`() throws {
    let scratch = try Scratch()
    let presets = tests.deletingLastPathComponent().appendingPathComponent("presets")
    try scratch.write(try Data(contentsOf: presets.appendingPathComponent("gentle.toml")), "limpid/presets/copy.toml")
    try scratch.write(Data("attenuation-limit = 12\n".utf8), "limpid/presets/short.toml")
    try scratch.write(Data("model = \"wide\"\n".utf8), "limpid/presets/named.toml")
    let sound = try scratch.write(Wave(rate: 16_000, channels: 1, samples: Wave.sound(0.1, channels: 1)).data, "a.wav")
    for preset in ["copy", "short", "named"] {
      let made = try run(
        "enhance", sound, "-o", scratch.path(preset + ".wav"), "--preset", preset,
        environment: ["XDG_CONFIG_HOME": scratch.url.path])
      #expect(made.status == 0, "\(preset): \(made.errors)")
    }
    let copy = try Data(contentsOf: URL(fileURLWithPath: scratch.path("copy.wav")))
    #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.path("named.wav"))) != copy)
  }
}
