import Foundation
import Testing
import TestSupport

/// Bad input: one clear sentence, an exit code that is not 0, nothing left behind.
/// limpid refuses.
@Suite struct RefusalTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  /// Runs `limpid enhance` on `input` and expects the code, the words, one line, and no output.
  func refuses(_ arguments: String..., code: Int32, words: [String], sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    let before = scratch.names
    let process = Process()
    process.executableURL = limpid
    process.arguments = ["enhance"] + arguments
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == code, "\(text)", sourceLocation: sourceLocation)
    #expect(text.hasPrefix("limpid: error: ") || text.hasPrefix("Error: "), "\(text)", sourceLocation: sourceLocation)
    for word in words { #expect(text.contains(word), "\(text)", sourceLocation: sourceLocation) }
    if text.hasPrefix("limpid: error: ") {
      #expect(text.split(separator: "\n").count == 1, "\(text)", sourceLocation: sourceLocation)
    }
    #expect(scratch.names == before, sourceLocation: sourceLocation)
  }

  var out: String { scratch.path("out.wav") }

  @Test func `a file that is missing, no audio, empty or cut short`() throws {
    try refuses(scratch.path("no.wav"), "-o", out, code: 66, words: ["no.wav", "no such file"])
    let text = try scratch.write(Data("this is no sound".utf8), "text.wav")
    try refuses(text, "-o", out, "--method", "wiener", code: 65, words: ["text.wav"])
    let empty = try scratch.write(Data(), "empty.wav")
    try refuses(empty, "-o", out, "--method", "wiener", code: 65, words: ["empty.wav"])
    let whole = Wave(samples: Wave.sound(1)).data
    let short = try scratch.write(whole.prefix(20_000), "short.wav")
    try refuses(
      short, "-o", out, "--method", "wiener", "--strict", code: 65, words: ["short.wav", "promises", "bytes are there"])
  }

  @Test func `a header of 0 Hz or 33 channels`() throws {
    var zero = Wave(samples: Wave.sound(0.1)).data
    zero.replaceSubrange(24..<28, with: [0, 0, 0, 0])
    try refuses(try scratch.write(zero, "zero.wav"), "-o", out, "--method", "wiener", code: 65, words: ["zero.wav"])
    let wide = Wave(channels: 33, samples: Wave.sound(0.1, channels: 33)).data
    try refuses(try scratch.write(wide, "wide.wav"), "-o", out, "--method", "wiener", code: 65, words: ["33"])
  }

  @Test func `samples that are not finite are enhanced as zeros, with a warning that counts them`() throws {
    var samples = Wave.sound(0.5)
    samples[1000] = .nan
    samples[1001] = .infinity
    let input = try scratch.write(Wave(bits: 32, isFloat: true, samples: samples).data, "nan.wav")
    let result = try run("enhance", input, "-o", out, "--model", identity)
    #expect(result.status == 0)
    #expect(result.errors.contains("warning") && result.errors.contains("2 samples"))
    let enhanced = try Wave(Data(contentsOf: URL(fileURLWithPath: out))).samples
    #expect(enhanced.allSatisfy { $0.isFinite })
  }

  @Test func `weights that are cut short, of the wrong shape, or no weights at all`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.1)).data, "in.wav")
    let good = try Data(contentsOf: URL(fileURLWithPath: identity))
    let cut = try scratch.write(good.prefix(good.count - 100), "cut.safetensors")
    try refuses(input, "-o", out, "--model", cut, code: 78, words: ["cut.safetensors", "cut short"])
    let noise = try scratch.write(Data((0..<500).map { UInt8($0 % 251) }), "noise.safetensors")
    try refuses(input, "-o", out, "--model", noise, code: 78, words: ["noise.safetensors"])
    // Swap the sizes of one tensor: as many bytes, another shape.
    let text = String(decoding: good, as: Unicode.ASCII.self)
    let entry = try #require(text.firstRange(of: #/"stem\.weight":\{[^}]*"shape":\[(\d+),(\d+)/#))
    let match = try #require(text[entry].firstMatch(of: #/\[(\d+),(\d+)/#))
    try #require(match.1 != match.2, "the fixture's stem is square; choose another tensor")
    let offset = text.distance(from: text.startIndex, to: match.range.lowerBound)
    var wrong = good
    wrong.replaceSubrange(
      offset..<(offset + text.distance(from: match.range.lowerBound, to: match.range.upperBound)),
      with: Data("[\(match.2),\(match.1)".utf8))
    let shape = try scratch.write(wrong, "shape.safetensors")
    try refuses(input, "-o", out, "--model", shape, code: 78, words: ["stem.weight", "expected"])
    try refuses(input, "-o", out, "--model", scratch.path("none.safetensors"), code: 78, words: ["no such file"])
  }

  @Test func `a preset with an unknown key, a wrong type, a value out of range, or no TOML`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.1)).data, "in.wav")
    for (text, words) in [
      ("method = \"wiener\"\nstep = 2\n", ["'step'", "did you mean 'steps'"]),
      ("method = \"wiener\"\nsteps = \"two\"\n", ["'steps'", "whole number"]),
      ("method = \"wiener\"\nsteps = 9\n", ["9 steps", "1 to 8"]),
      ("method = \"wiener\"\nmix = 1.5\n", ["mix"]),
      ("method = \"magic\"\n", ["'method'", "wiener"]),
      ("method = \n", ["line 1"]),
    ] {
      let preset = try scratch.write(Data(text.utf8), "bad.toml")
      try refuses(input, "-o", out, "--preset", preset, code: 78, words: ["bad.toml"] + words)
    }
    try refuses(input, "-o", out, "--preset", "nonesuch", code: 78, words: ["nonesuch", "live"])
  }

  /// Steps that only the model knows to be too many were said to be wrong use, and an empty name a folder's.
  @Test func `a preset whose networks or steps do not fit, which options could mend`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.1)).data, "in.wav")
    let model = "model = \"\(identity)\"\n"
    for (text, words) in [
      (model + "steps = 9\n", ["1 to 8"]), ("model = \"\"\n", ["'model'", "weights file"]),
      (model + "second-model = \"\"\n", ["'second-model'"]), (model + "backward-model = \"\"\n", ["'backward-model'"]),
      (model + "backward-second-model = \"\"\n", ["'backward-second-model'"]),
    ] {
      let preset = try scratch.write(Data(text.utf8), "bad.toml")
      try refuses(input, "-o", out, "--preset", preset, code: 78, words: ["bad.toml"] + words)
    }
    let steps = try scratch.write(Data((model + "steps = 2\n").utf8), "bad.toml")
    try refuses(input, "-o", out, "--preset", steps, "--steps", "9", code: 64, words: ["1 to 8"])
    let alone = try scratch.write(
      Data((model + "second-model = \"none\"\nbackward-model = \"none\"\n").utf8), "alone.toml")
    let result = try run("enhance", input, "-o", out, "--preset", alone)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func `an output that cannot be written, exists, or is the input, also through links`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.1)).data, "in.wav")
    try refuses(input, "-o", input, "--force", "--method", "wiener", code: 73, words: ["never overwritten"])
    try FileManager.default.createSymbolicLink(atPath: scratch.path("soft.wav"), withDestinationPath: input)
    try FileManager.default.linkItem(atPath: input, toPath: scratch.path("hard.wav"))
    for link in ["soft.wav", "hard.wav"] {
      try refuses(
        input, "-o", scratch.path(link), "--force", "--method", "wiener", code: 73, words: ["never overwritten"])
    }
    let missing = scratch.path("missing/out.wav")
    try refuses(input, "-o", missing, "--method", "wiener", code: 73, words: ["no such folder"])
    try refuses(input, "-o", "/proc/none/out.wav", "--method", "wiener", code: 73, words: ["/proc/none"])
    try refuses(input, "-o", scratch.path("out.xyz"), "--method", "wiener", code: 73, words: ["xyz"])
  }

  @Test func `options out of range name the range`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.1)).data, "in.wav")
    try refuses(input, "-o", out, "--steps", "9", "--model", identity, code: 64, words: ["1 to 8"])
    try refuses(input, "-o", out, "--guidance", "-1", "--model", identity, code: 64, words: ["0 to 10"])
    try refuses(input, "-o", out, "--cfg_scale", "-1", "--model", identity, code: 64, words: ["0 to 10"])
    try refuses(input, "-o", out, "--sampler", "magic", code: 64, words: ["few-step"])
    try refuses("", "-o", out, code: 64, words: ["a name is empty"])
    try refuses(input, "-o", "", code: 64, words: ["a name is empty"])
  }
}
