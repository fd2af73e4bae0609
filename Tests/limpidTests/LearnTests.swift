import Foundation
import Testing
import TestSupport

/// `limpid learn`, `profiles`, `--remove`: names, files, refusals.
/// limpid learn.
@Suite struct LearnTests {
  private let learner = tests.appendingPathComponent("EnhancementTests/Fixtures/tiny-learned.safetensors").path

  @Test
  func `what was learned is removed by its name, by its file and from a recording alike, and then forgotten`() throws {
    let scratch = try Scratch()
    let home = ["XDG_DATA_HOME": scratch.path("data")]
    let voice = try scratch.write(
      Wave(rate: 16_000, channels: 1, samples: Wave.sound(1.5, channels: 1)).data, "voice.wav")
    let noisy = try scratch.write(
      Wave(rate: 16_000, channels: 1, samples: Wave.sound(2, channels: 1)).data, "noisy.wav")
    let learned = try run("learn", voice, "--name", "tv", environment: home)
    #expect(learned.status == 0 && learned.text.contains("--remove tv"), "\(learned.errors)")
    #expect(try run("profiles", environment: home).text == "tv  1.5 s\n")
    let file = scratch.path("data/limpid/profiles/tv.safetensors")
    #expect(try run("info", file).text.contains("1.50 s"))
    #expect(try run("learn", voice, "--name", "tv", environment: home).status == 73, "it is there already")
    #expect(try run("learn", voice, "--name", "tv", "--force", environment: home).status == 0)

    var outputs: [Data] = []
    for (n, remove) in ["tv", file, voice, nil].enumerated() {
      let output = scratch.path("\(n).wav")
      let options = remove.map { ["--remove", $0] } ?? []
      let done = try run(
        ["enhance", noisy, "-o", output, "--model", learner, "--preset", "live"] + options, environment: home)
      #expect(done.status == 0, "\(done.errors)")
      outputs.append(try Data(contentsOf: URL(fileURLWithPath: output)))
    }
    #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2] && outputs[0] != outputs[3])

    #expect(try run("profiles", "remove", "tv", environment: home).status == 0)
    #expect(try run("profiles", environment: home).text.isEmpty)
    let gone = try run(
      "enhance", noisy, "-o", scratch.path("x.wav"), "--model", learner, "--remove", "tv", environment: home)
    #expect(gone.status == 78 && gone.errors.contains("limpid learn"), "\(gone.errors)")
    #expect(!scratch.names.contains("x.wav"))
  }

  @Test func `a span is learned, and what cannot be is refused with a sentence`() throws {
    let scratch = try Scratch()
    let home = ["XDG_DATA_HOME": scratch.path("data")]
    let voice = try scratch.write(
      Wave(rate: 16_000, channels: 1, samples: Wave.sound(3, channels: 1)).data, "voice.wav")
    #expect(
      try run("learn", voice, "--name", "a", "--from", "0:01", "--to", "2.5", environment: home).text.contains("1.5 s"))
    for (arguments, code) in [
      (["learn", voice, "--name", "../up"], 64), (["learn", voice, "--name", "b", "--from", "soon"], 64),
      (["learn", voice, "--name", "b", "--from", "2", "--to", "1"], 64),
      (["learn", voice, "--name", "b", "--from", "9"], 64),
      (["learn", voice, "--name", "b", "--from", "1e18"], 64), (["learn", voice, "--name", "b", "--to", "1e30"], 64),
      (["learn", voice, "--name", "b", "--to", "0.2"], 65), (["learn", scratch.path("none.wav"), "--name", "b"], 66),
      (["profiles", "remove", "b"], 78),
      (["enhance", voice, "-o", scratch.path("x.wav"), "--model", identity, "--remove", "a"], 64),
      (["enhance", voice, "-o", scratch.path("x.wav"), "--model", "narrow"], 64),
      (["enhance", voice, "-o", scratch.path("x.wav"), "--method", "wiener", "--remove", "a"], 64),
    ] {
      let done = try run(arguments, environment: home)
      #expect(done.status == code, "\(arguments): \(done.status) \(done.errors)")
      #expect(
        done.errors.hasPrefix("limpid: error: ") && done.errors.split(separator: "\n").count == 1, "\(done.errors)")
    }
    #expect(!scratch.names.contains("x.wav"))
  }
}
