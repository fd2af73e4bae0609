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

  /// It ended well, with half a script for a shell to read.
  @Test func `help, version and completions that cannot be written are a failure`() throws {
    for arguments in ["--version", "--help", "help enhance", "--generate-completion-script bash"] {
      let result = try run(
        "-c", "'\(limpid.path)' \(arguments) > /dev/full", program: URL(fileURLWithPath: "/bin/sh"))
      #expect(result.status == 74 && result.errors.contains("standard output"), "\(arguments): \(result.errors)")
    }
  }

  @Test func `help is whole where a width of nothing is stated`() throws {
    let whole = try run("--help", environment: ["COLUMNS": "80"]).text
    for columns in ["0", "-5", "wide", "3"] {
      #expect(try run("--help", environment: ["COLUMNS": columns]).text.contains("Exit codes"), "\(columns)")
    }
    #expect(whole.contains("Exit codes"))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/bin/bash"), "bash is not installed"))
  func `bash completes names of presets, networks and files`() throws {
    let scratch = try Scratch()
    for name in ["out put.wav", "mine.safetensors", "text.txt"] { try scratch.write(Data(), name) }
    try FileManager.default.createDirectory(atPath: scratch.path("outer"), withIntermediateDirectories: true)
    let script = scratch.path("completions")
    try run("--generate-completion-script", "bash").output.write(to: URL(fileURLWithPath: script))
    func completed(_ words: String...) throws -> [String] {
      let line = """
        PATH='\(limpid.deletingLastPathComponent().path)':$PATH; source '\(script)'; cd '\(scratch.url.path)'
        COMP_WORDS=(limpid \(words.map { "'\($0)'" }.joined(separator: " "))); COMP_CWORD=\(words.count)
        COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}; _limpid limpid '\(words.last!)' '\(words.dropLast().last!)'; printf '%s\\n' "${COMPREPLY[@]}"
        """
      let result = try run("-c", line, program: URL(fileURLWithPath: "/bin/bash"))
      return result.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    #expect(try completed("enhance", "a.wav", "-o", "ou").contains { $0.hasPrefix("outer") })
    #expect(try completed("enhance", "--preset", "qu") == ["quality"])
    #expect(try completed("live", "--model", "w") == ["wide"])
    #expect(try completed("live", "--model", "m") == ["mine.safetensors"])
    #expect(try completed("enhance", "--second-model", "n") == ["none"])
    #expect(try completed("enhance", "--raw", "s16") == ["s16le"])
    #expect(try completed("bench", "--precision", "bf") == ["bfloat16"])
  }

  @Test func `a network of no known name is no weights, as a preset of none is no preset`() throws {
    let scratch = try Scratch()
    let input = try scratch.write(Wave(samples: Wave.sound(0.3)).data, "in.wav")
    for option in ["--model", "--second-model", "--backward-model", "--preset"] {
      let result = try run("enhance", input, "-o", scratch.path("out.wav"), option, "nosuch")
      #expect(result.status == 78 && result.errors.contains("'nosuch'"), "\(option): \(result.errors)")
    }
  }

  @Test func `sound through a named pipe is told the way in`() throws {
    let scratch = try Scratch()
    let pipe = scratch.path("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    let named = try run("enhance", pipe, "-o", scratch.path("out.wav"))
    #expect(named.status == 66 && named.errors.contains("limpid enhance -"), "\(named.errors)")
    for command in [["info", "-"], ["figure", "-"], ["learn", "-", "--name", "x"]] {
      let result = try run(command)
      #expect(result.status == 66 && result.errors.contains("only limpid enhance"), "\(command): \(result.errors)")
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
