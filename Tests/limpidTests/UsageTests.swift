import Foundation
import Testing
import TestSupport

/// limpid: wrong use, presets and the terminal.
@Suite struct UsageTests {
  let scratch: Scratch
  let input: String
  init() throws {
    scratch = try Scratch()
    input = try scratch.write(Wave(samples: Wave.sound(0.3)).data, "in.wav")
  }

  @Test func `wrong use is one sentence with the program's name, the remedy, and exit code 64`() throws {
    for (arguments, words) in [
      (["enhance"], ["inputs", "limpid enhance --help"]),
      (["enhance", input, "--stpes", "2"], ["--stpes", "--steps"]),
      (["enhance", input, "--steps", "two"], ["two", "steps"]),
      (["enhance", input, "--mix", "-1"], ["-1", "0 (the input) to 1"]),
      (["enhance", input, "--jobs", "0"], ["--jobs 0", "1 to 256"]),
      (["enhance", "-", input, "-o", "x"], ["standard input"]),
      (["enhance", input, "-o", "-", "--raw", "u8"], ["u8", "s16le"]),
      (["enhance", input, "-o", "-", "--raw", "s16le", "--json"], ["--json"]),
      (["enhance", "-", "-o", "-", "--raw", "s16le", "--rate", "7999"], ["7999", "8000"]),
      (["enhance", input, "-o", "x.wav", "--rate", "44100"], ["--rate", "--raw"]),
      (["enhance", input, "-o", "x.wav", "--channels", "7"], ["--channels", "--raw"]),
      (["enhance", input, input, "-o", "x.wav"], ["x.wav names a sound file", "folder", "x/"]),
      (["enhance", ".", "-o", "x.wav"], ["x.wav names a sound file", "folder"]),
      (["enhance", input, "--warm-up", "10.5"], ["--warm-up 10.5", "0 to 10"]),
      (["enhance", input, "--warm-up", "2", "--realtime"], ["--warm-up", "--realtime"]),
      (["enhance", "-", "-o", "x", "--raw", "s16le", "--warm-up", "2"], ["--warm-up", "standard input"]),
      (["enhance", input, "--noise-profile", "p", "--method", "wiener"], ["--noise-profile"]),
      (["enhance", input, "--precision", "half"], ["--precision 'half'", "auto, float32, bfloat16"]),
      (["bench", "--precision", "half"], ["--precision 'half'", "auto, float32, bfloat16"]),
      (["enhance", input, "--model", ""], ["a name is empty"]),
      (["enhance", input, "--second-model", ""], ["a name is empty"]),
      (["enhance", input, "--preset", ""], ["a name is empty"]),
      (["enhance", input, "--noise-profile", ""], ["a name is empty"]),
      (["enhance", input, "--save-noise-profile", ""], ["a name is empty"]),
      (["enhance", input, "--remove", ""], ["a name is empty"]),
      (["enhance", "-Q"], ["Unknown option '-Q'"]), (["learn", input, "--name", "x", "--from", "-1"], ["'-1'"]),
      (["nonsense"], ["no command 'nonsense'"]), ([input], ["no command", "limpid enhance \(input)"]),
      (["enhance", input, "--raw", "s16le", "-o", "x.wav"], ["--raw", "limpid enhance - --raw s16le < FILE"]),
      (["help", "nonsense"], ["nonsense", "limpid --help"]),
    ] {
      let result = try start(arguments)
      #expect(result.status == 64, "\(arguments): \(result.errors)")
      #expect(result.errors.hasPrefix("limpid: error: "), "\(result.errors)")
      #expect(result.errors.filter { $0 == "\n" }.count == 1, "\(result.errors)")
      for word in words { #expect(result.errors.contains(word), "\(result.errors)") }
      #expect(result.output.isEmpty)
    }
    #expect(scratch.names == ["in.wav"])
  }

  private func start(_ arguments: [String]) throws -> Run {
    let process = Process()
    process.executableURL = limpid
    process.arguments = arguments
    let (out, errors) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = out
    process.standardError = errors
    try process.run()
    let output = out.fileHandleForReading.readDataToEndOfFile()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Run(status: process.terminationStatus, output: output, errors: text)
  }

  /// --eta once changed the preset's sampler without a word.
  @Test func `--eta and --sampler lay themselves over the preset's sampler`() throws {
    let preset = try scratch.write(
      Data("model = \"\(identity)\"\nsampler = \"predictor-corrector\"\nsteps = 2\n".utf8), "pc.toml")
    let refused = try run("enhance", input, "--preset", preset, "--eta", "0.5")
    #expect(refused.status == 64 && refused.errors.contains("few-step"), "\(refused.errors)")
    let taken = try run("enhance", input, "--preset", preset, "--sampler", "few-step", "--eta", "0.5")
    #expect(taken.status == 0, "\(taken.errors)")
    let wrong = try scratch.write(
      Data("model = \"\(identity)\"\nsampler = \"probability-flow\"\neta = 0.5\n".utf8), "wrong.toml")
    let result = try run("enhance", input, "--preset", wrong, "--force")
    #expect(result.status == 78 && result.errors.contains("wrong.toml"), "\(result.errors)")
  }

  @Test
  func `the presets of the checkout are listed with their descriptions, and enhance with the weights that they name`()
    throws
  {
    let folder = tests.deletingLastPathComponent().appendingPathComponent("presets")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".toml") }
    #expect(files.sorted() == ["fast.toml", "gentle.toml", "live.toml", "quality.toml"])
    let listed = try run("presets", "--paths").text
    for file in files {
      let path = folder.appendingPathComponent(file).path
      #expect(listed.contains(path), "\(listed)")
      let out = scratch.path(file + ".wav")
      let result = try run("enhance", input, "-o", out, "--preset", path)
      #expect(result.status == 0, "\(result.errors)")
      let samples = try Wave(Data(contentsOf: URL(fileURLWithPath: out))).samples
      // Noise went, and not all of the sound.
      let left = errorInDecibels(samples, Wave.sound(0.3))
      #expect(left > -60 && left < 6, "\(file): \(left) dB")
    }
    // Weights that are not beside the preset are named in the complaint.
    let lost = try scratch.write(Data("model = \"models/nowhere.safetensors\"\n".utf8), "lost.toml")
    let refused = try run("enhance", input, "--preset", lost, "--force")
    #expect(refused.status == 78 && refused.errors.contains("nowhere.safetensors"), "\(refused.errors)")
  }

  static let script = URL(fileURLWithPath: "/usr/bin/script")

  @Test(.enabled(if: FileManager.default.fileExists(atPath: script.path), "script is not installed (Debian: bsdutils)"))
  func `a progress bar with the real-time factor stands on a terminal, within its width`() throws {
    let long = try scratch.write(Wave(samples: Wave.sound(8)).data, "long.wav")
    let command = "stty cols 60; '\(limpid.path)' enhance '\(long)' -o '\(scratch.path("out.wav"))' --method wiener"
    let text = try run("-qec", command, "/dev/null", program: Self.script).text
    let lines = text.components(separatedBy: "\r\u{1B}[K").filter { $0.contains("real-time factor") }
    #expect(!lines.isEmpty, "\(text)")
    #expect(lines.allSatisfy { $0.contains("█") || $0.contains("░") })
    #expect(lines.allSatisfy { $0.count < 60 })
    // On pipes there is silence.
    let quiet = try run("enhance", long, "-o", scratch.path("quiet.wav"), "--method", "wiener")
    #expect(quiet.errors == "" && quiet.text == "")
  }
}
