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
    for name in ["live", "quality", "gentle"] {
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
}
