import Foundation
import Testing
import TestSupport

@testable import limpid

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

  private func recording(in scratch: Scratch) throws -> String {
    try scratch.write(Wave(rate: 16_000, channels: 1, samples: Wave.sound(1.5, channels: 1)).data, "voice.wav")
  }

  /// The name of what was learned meant a file of that name, without a word.
  @Test func `a name is not that of a file, and a word that is both is refused`() throws {
    let scratch = try Scratch()
    let home = ["XDG_DATA_HOME": scratch.path("data")]
    let voice = try recording(in: scratch)
    for name in ["voice.wav", "talk.M4A", "tv.safetensors"] {
      let refused = try run("learn", voice, "--name", name, environment: home)
      #expect(refused.status == 64 && refused.errors.contains("taken for a file"), "\(refused.errors)")
    }
    #expect(try run("learn", voice, "--name", "take.1", environment: home).status == 0)
    func removing(_ word: String) throws -> Run {
      try run(
        "-c",
        "cd \"$1\" && exec \"$0\" enhance voice.wav -o x.wav --force --model \"$2\" --preset live --remove \"$3\"",
        limpid.path, scratch.url.path, learner, word, program: URL(fileURLWithPath: "/bin/bash"), environment: home)
    }
    #expect(try removing("take.1").status == 0)
    try FileManager.default.copyItem(atPath: voice, toPath: scratch.path("take.1"))
    let both = try removing("take.1")
    #expect(both.status == 64 && both.errors.contains("give ./take.1 or"), "\(both.errors)")
    #expect(try removing("./take.1").status == 0)
    #expect(try removing(scratch.path("data/limpid/profiles/take.1.safetensors")).status == 0)
  }

  /// A folder of such a name went with all that was in it.
  @Test func `forgetting removes files and links alone`() throws {
    let scratch = try Scratch()
    let home = ["XDG_DATA_HOME": scratch.path("data")]
    let kept = try scratch.write(Data("mine".utf8), "data/limpid/profiles/tv.safetensors/kept")
    let refused = try run("profiles", "remove", "tv", environment: home)
    #expect(refused.status == 73 && refused.errors.contains("is no file"), "\(refused.errors)")
    #expect(FileManager.default.fileExists(atPath: kept))
    let link = scratch.path("data/limpid/profiles/link.safetensors")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: kept)
    #expect(try run("profiles", "remove", "link", environment: home).status == 0)
    #expect(FileManager.default.fileExists(atPath: kept) && !FileManager.default.fileExists(atPath: link))
  }

  /// The last one's was kept, and all ended with 0.
  @Test func `of several that learn one name at once one does`() throws {
    let scratch = try Scratch()
    let result = try run(
      "-c",
      "for n in 1 2 3 4 5 6 7 8; do \"$0\" learn \"$1\" --name tv > /dev/null 2>&1 & jobs=\"$jobs $!\"; done; "
        + "for job in $jobs; do wait $job; echo $?; done",
      limpid.path, try recording(in: scratch), program: URL(fileURLWithPath: "/bin/bash"),
      environment: ["XDG_DATA_HOME": scratch.path("data")])
    #expect(result.text.split(separator: "\n").sorted() == ["0"] + Array(repeating: "73", count: 7), "\(result.text)")
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path("data/limpid/profiles"))
    #expect(left == ["tv.safetensors"])
  }

  /// Each was a warning, or nothing, and an end with 0.
  @Test func `a list that cannot be read or printed is an error; a reader that has seen enough is none`() throws {
    let scratch = try Scratch()
    let home = ["XDG_DATA_HOME": scratch.path("data")]
    let bash = URL(fileURLWithPath: "/bin/bash")
    #expect(try run("learn", recording(in: scratch), "--name", "tv", environment: home).status == 0)
    let full = try run("-c", "exec \"$0\" profiles > /dev/full", limpid.path, program: bash, environment: home)
    #expect(full.status == 74 && full.errors.hasPrefix("limpid: error: standard output"), "\(full.errors)")
    let quick = try run(
      "-c", "\"$0\" profiles | true; exit ${PIPESTATUS[0]}", limpid.path, program: bash, environment: home)
    #expect(quick.status == 0 && quick.errors.isEmpty, "\(quick.errors)")
    try scratch.write(Data("damaged".utf8), "data/limpid/profiles/a.safetensors")
    let damaged = try run("profiles", environment: home)
    #expect(damaged.status == 0 && damaged.text == "tv  1.5 s\n" && damaged.errors.contains("warning"))

    try scratch.write(Data(), "other/limpid/profiles")
    let other = ["XDG_DATA_HOME": scratch.path("other")]
    for arguments in [["profiles"], ["enhance", scratch.path("voice.wav"), "--model", learner, "--remove", "tv"]] {
      let refused = try run(arguments, environment: other)
      #expect(refused.status == 66 && refused.errors.contains("cannot be read"), "\(arguments): \(refused.errors)")
    }
  }

  /// Without HOME it was a folder of the root's, and a relative XDG_DATA_HOME another one for every folder.
  @Test func `the folder of what was learned is in the XDG data folder, by its rules`() {
    func folder(_ environment: [String: String]) -> String { ProfileStore.folder(environment: environment).path }
    #expect(folder(["XDG_DATA_HOME": "/d", "HOME": "/h"]) == "/d/limpid/profiles")
    for data in ["", "relative"] {
      #expect(folder(["XDG_DATA_HOME": data, "HOME": "/h"]) == "/h/.local/share/limpid/profiles")
    }
    for environment in [[:], ["HOME": ""]] as [[String: String]] {
      #expect(folder(environment) == NSHomeDirectory() + "/.local/share/limpid/profiles")
    }
  }

  @Test func `a span is learned, and what cannot be is refused with a sentence`() throws {
    let scratch = try Scratch()
    let home = ["XDG_DATA_HOME": scratch.path("data")]
    let voice = try scratch.write(
      Wave(rate: 16_000, channels: 1, samples: Wave.sound(3, channels: 1)).data, "voice.wav")
    #expect(
      try run("learn", voice, "--name", "a", "--from", "0:01", "--to", "2.5", environment: home).text.contains("1.5 s"))
    for (arguments, words) in [
      (["--from", "2", "--to", "1"], "exchange them"), (["--to", "0"], "at the beginning"),
      (["--from", "1", "--to", "0:01"], "the time of --from"),
    ] {
      let refused = try run(["learn", voice, "--name", "b"] + arguments, environment: home)
      #expect(refused.status == 64 && refused.errors.contains(words), "\(arguments): \(refused.errors)")
    }
    for (arguments, code) in [
      (["learn", voice, "--name", "../up"], 64), (["learn", voice, "--name", "b", "--from", "soon"], 64),
      (["learn", voice, "--name", "b", "--from", "2", "--to", "1"], 64),
      (["learn", voice, "--name", "b", "--from", "9"], 64),
      (["learn", voice, "--name", "b", "--from", "1e18"], 64), (["learn", voice, "--name", "b", "--to", "1e30"], 64),
      (["learn", voice, "--name", "b", "--to", "0.2"], 65), (["learn", scratch.path("none.wav"), "--name", "b"], 66),
      (["profiles", "remove", "b"], 78),
      (["enhance", voice, "-o", scratch.path("x.wav"), "--model", identity, "--remove", "a"], 64),
      (["enhance", voice, "-o", scratch.path("x.wav"), "--model", "narrow"], 78),
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
