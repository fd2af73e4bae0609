import Enhancement
import Foundation
import Testing
import TestSupport

/// limpid enhance.
@Suite struct EnhanceTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test(arguments: [(16_000, 1, 16), (48_000, 2, 24), (44_100, 1, 16), (8_000, 1, 16)])
  func `keeps length, rate, channels and bit depth, and lines up with the input`(rate: Int, channels: Int, bits: Int)
    throws
  {
    let sound = Wave(
      rate: rate, channels: channels, bits: bits, samples: Wave.sound(0.8, rate: rate, channels: channels))
    let input = try scratch.write(sound.data, "in.wav")
    let result = try run("enhance", input, "-o", scratch.path("out.wav"), "--model", identity)
    #expect(result.status == 0, "\(result.errors)")
    let out = try Wave(Data(contentsOf: URL(fileURLWithPath: scratch.path("out.wav"))))
    #expect(out.rate == rate && out.channels == channels && out.bits == bits)
    #expect(out.samples.count == sound.samples.count)
    // Only the noise between 7.2 and 8 kHz (and above) that the resamplers take differs; out of line by one sample the
    // error would be 10 dB higher still.
    let limit = rate == 16_000 ? -60.0 : rate == 8_000 ? -20.0 : -13.0
    #expect(errorInDecibels(out.samples, sound.samples) < limit)
    #expect(scratch.names == ["in.wav", "out.wav"])
  }

  @Test(arguments: ["clap", "panns"])
  func `a model with CLAP's or PANNs' tower in it listens to the noise and says so`(name: String) throws {
    let model = tests.appendingPathComponent("ScoreModelTests/Fixtures/tiny-\(name).safetensors").path
    let info = try run("info", model)
    #expect(info.status == 0 && info.text.contains("\(name), an embedding of"), "\(info.text)\(info.errors)")
    let noise = Wave.noise(4)
    let input = try scratch.write(Wave(samples: noise).data, "in.wav")
    let result = try run(
      "enhance", input, "-o", scratch.path("out.wav"), "--model", model, "--preset", "live", "--noise-selection", "spp",
      "--json")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.text.contains("\"noiseReferenceRefreshes\" : 3"), "\(result.text)")
    let out = try Wave(Data(contentsOf: URL(fileURLWithPath: scratch.path("out.wav"))))
    #expect(out.samples.count == noise.count)
  }

  @Test func `a file's beginning is heard before it is enhanced, unless the preset is live or the warm-up 0`() throws {
    let noise = Wave(rate: 48_000, channels: 2, samples: Wave.noise(3, rate: 48_000))
    let input = try scratch.write(noise.data, "in.wav")
    var sounds: [String: [Float]] = [:]
    var frames: Set<String> = []
    for name in ["default", "none", "live"] {
      let output = scratch.path("\(name).wav")
      let result =
        switch name {
        case "default": try run("enhance", input, "-o", output, "--method", "wiener", "--json")
        case "none": try run("enhance", input, "-o", output, "--method", "wiener", "--json", "--warm-up", "0")
        default: try run("enhance", input, "-o", output, "--method", "wiener", "--json", "--preset", "live")
        }
      #expect(result.status == 0, "\(result.errors)")
      frames.insert(String(try #require(result.text.firstMatch(of: /"frames" : \d+/)).output))
      sounds[name] = try Wave(Data(contentsOf: URL(fileURLWithPath: output))).samples
      #expect(sounds[name]!.count == noise.samples.count)
    }
    #expect(sounds["default"] != sounds["none"] && sounds["live"] == sounds["none"])
    #expect(frames.count == 1, "what was heard beforehand is not counted: \(frames)")
  }

  @Test func `--precision and a preset's precision are one; a processor that has no bfloat16 is told so`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.5)).data, "in.wav")
    let model = tests.appendingPathComponent("EnhancementTests/Fixtures/tiny.safetensors").path
    let plain = try scratch.write(Data("model = \"\(model)\"\n".utf8), "plain.toml")
    let rounding = try scratch.write(Data("model = \"\(model)\"\nprecision = \"bfloat16\"\n".utf8), "rounding.toml")
    let wrong = try scratch.write(Data("model = \"\(model)\"\nprecision = \"half\"\n".utf8), "wrong.toml")
    let refused = try run("enhance", input, "-o", scratch.path("out.wav"), "--preset", wrong)
    #expect(refused.status == 78)
    #expect(refused.errors.contains("'precision' must be one of \"auto\", \"float32\", \"bfloat16\""))

    let fastest = ["--precision", "\(EnhancementModel.Precision.fastest)"]
    for (name, precision) in [("auto.wav", []), ("fastest.wav", fastest)] {
      let result = try run(["enhance", input, "-o", scratch.path(name), "--preset", plain] + precision)
      #expect(result.status == 0, "\(result.errors)")
    }
    let same = try ["auto", "fastest"].map { try Data(contentsOf: URL(fileURLWithPath: scratch.path("\($0).wav"))) }
    #expect(same[0] == same[1], "auto is what is faster")

    let first = try run("enhance", input, "-o", scratch.path("1.wav"), "--preset", plain, "--precision", "bfloat16")
    guard EnhancementModel.Precision.bfloat16.isSupported else {
      #expect(first.status == 78)
      #expect(
        first.errors
          == "limpid: error: this processor has no AVX512_BF16, which the precision bfloat16 needs; choose float32\n")
      return
    }
    for (name, preset, options) in [
      ("2.wav", rounding, []), ("3.wav", rounding, ["--precision", "float32"]),
      ("4.wav", plain, ["--precision", "float32"]),
    ] {
      let result = try run(["enhance", input, "-o", scratch.path(name), "--preset", preset] + options)
      #expect(result.status == 0, "\(result.errors)")
    }
    let sounds = try (1...4).map { try Data(contentsOf: URL(fileURLWithPath: scratch.path("\($0).wav"))) }
    #expect(sounds[0] == sounds[1] && sounds[2] == sounds[3] && sounds[0] != sounds[2])
  }

  @Test func `the same seed gives the same bytes`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.5)).data, "in.wav")
    for name in ["a.wav", "b.wav"] {
      try run("enhance", input, "-o", scratch.path(name), "--model", identity, "--steps", "2", "--eta", "1")
    }
    let bytes = try ["a.wav", "b.wav"].map { try Data(contentsOf: URL(fileURLWithPath: scratch.path($0))) }
    #expect(bytes[0] == bytes[1] && bytes[0].count > 1000)
  }

  @Test func `without -o the output is NAME.clean.EXT beside the input, and is not written over`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.3)).data, "in.wav")
    #expect(try run("enhance", input, "--method", "wiener").status == 0)
    #expect(scratch.names == ["in.clean.wav", "in.wav"])
    let again = try run("enhance", input, "--method", "wiener")
    #expect(again.status == 73 && again.errors.contains("--force"))
    #expect(try run("enhance", input, "--method", "wiener", "--force").status == 0)
  }

  @Test func `a folder's files keep their places; one bad file does not keep the others from being done`() throws {
    let sound = Wave(samples: Wave.sound(0.3)).data
    try scratch.write(sound, "in/a.wav")
    try scratch.write(sound, "in/deep/b.wav")
    try scratch.write(Data("nothing".utf8), "in/c.wav")
    try scratch.write(Data("text".utf8), "in/notes.txt")
    let result = try run("enhance", scratch.path("in"), "-o", scratch.path("out"), "--method", "wiener")
    #expect(result.status == 65)
    #expect(result.errors.contains("c.wav"))
    let out = scratch.url.appendingPathComponent("out")
    #expect(FileManager.default.fileExists(atPath: out.appendingPathComponent("a.wav").path))
    #expect(FileManager.default.fileExists(atPath: out.appendingPathComponent("deep/b.wav").path))
    #expect(!FileManager.default.fileExists(atPath: out.appendingPathComponent("c.wav").path))
  }

  @Test func `raw PCM goes through a pipe with its length kept`() throws {
    let samples = Wave.sound(0.5)
    let raw = Data(Wave(samples: samples).data.dropFirst(44))
    let result = try run(
      "enhance", "-", "-o", "-", "--raw", "s16le", "--rate", "16000", "--model", identity, input: raw)
    #expect(result.status == 0 && result.errors == "", "nothing but samples on a pipe: \(result.errors)")
    #expect(result.output.count == raw.count)
    let values = (0..<samples.count).map { n in
      Float(Int16(bitPattern: UInt16(result.output[2 * n]) | UInt16(result.output[2 * n + 1]) << 8)) / 32_768
    }
    #expect(errorInDecibels(values, samples) < -60)
  }

  @Test func `--json is a report that parses, with sane figures`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(1)).data, "in.wav")
    let result = try run("enhance", input, "-o", scratch.path("out.wav"), "--model", identity, "--json")
    let parsed = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
    let file = try #require((parsed?["files"] as? [[String: Any]])?.first)
    #expect(file["durationInSeconds"] as? Double == 1)
    #expect(file["latencyInSamples"] as? Int == 319)
    #expect((file["frames"] as? Int ?? 0) >= 100)
    let times = try #require(file["frameTime"] as? [String: Double])
    #expect(times["medianInMilliseconds"]! > 0 && times["medianInMilliseconds"]! <= times["p99InMilliseconds"]!)
  }

  @Test func `mix 0 gives the input; an attenuation limit of 0 dB too`() throws {
    let sound = Wave(samples: Wave.sound(0.4))
    let input = try scratch.write(sound.data, "in.wav")
    for option in [["--mix", "0"], ["--attenuation-limit", "0"]] {
      let result = try run(
        "enhance", input, "-o", scratch.path("out.wav"), "--force", "--method", "wiener", option[0], option[1])
      #expect(result.status == 0, "\(result.errors)")
      #expect(
        try Wave(Data(contentsOf: URL(fileURLWithPath: scratch.path("out.wav")))).samples == Wave(sound.data).samples)
    }
  }

  @Test func `silence in gives silence out; full scale and DC give finite output`() throws {
    let square = (0..<8000).map { Float($0 / 40 % 2 == 0 ? 1 : -1) }
    for (name, samples) in [
      ("silence", [Float](repeating: 0, count: 8000)), ("dc", [Float](repeating: 1, count: 8000)), ("square", square),
    ] {
      let input = try scratch.write(Wave(bits: 32, isFloat: true, samples: samples).data, name + ".wav")
      let result = try run("enhance", input, "-o", scratch.path(name + "-out.wav"), "--model", identity)
      #expect(result.status == 0, "\(result.errors)")
      let out = try Wave(Data(contentsOf: URL(fileURLWithPath: scratch.path(name + "-out.wav")))).samples
      #expect(out.count == 8000 && out.allSatisfy { $0.isFinite })
      if name == "silence" { #expect(out.allSatisfy { $0 == 0 }) }
    }
  }

  @Test func `a noise profile is saved, described and used`() throws {
    let input = try scratch.write(Wave(samples: Wave.noise(3)).data, "noise.wav")
    let profile = scratch.path("room.safetensors")
    let saved = try run(
      "enhance", input, "-o", scratch.path("a.wav"), "--model", identity, "--noise-selection", "spp",
      "--save-noise-profile", profile)
    #expect(saved.status == 0, "\(saved.errors)")
    #expect(try run("info", profile).text.contains("noise profile"))
    let used = try run("enhance", input, "-o", scratch.path("b.wav"), "--model", identity, "--noise-profile", profile)
    #expect(used.status == 0, "\(used.errors)")
  }

  /// The test's thread blocks signals, and its child once inherited that: Ctrl-C did nothing.
  @Test func `Ctrl-C in the middle leaves nothing behind`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(120)).data, "long.wav")
    let process = Process()
    process.executableURL = limpid
    process.arguments = ["enhance", input, "-o", scratch.path("out.wav"), "--model", identity, "--steps", "8"]
    process.standardError = FileHandle.nullDevice
    try process.run()
    // Wait until it has begun to write, then interrupt it.
    let deadline = Date(timeIntervalSinceNow: 20)
    while scratch.names.count < 2, Date() < deadline { usleep(10_000) }
    #expect(scratch.names.count == 2, "the unfinished output stands under a name of its own")
    #expect(!scratch.names.contains("out.wav"))
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(scratch.names == ["long.wav"])
  }

  static let qemu = URL(fileURLWithPath: "/usr/bin/qemu-x86_64")

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: qemu.path), "qemu-x86_64 is not installed (Debian: qemu-user)"))
  func `the whole binary runs on a processor without AVX`() throws {
    let sound = Wave(samples: Wave.sound(0.2))
    let input = try scratch.write(sound.data, "in.wav")
    let result = try run(
      "-cpu", "Nehalem", limpid.path, "enhance", input, "-o", scratch.path("out.wav"), "--model", identity,
      program: Self.qemu)
    #expect(result.status == 0, "\(result.errors)")
    let out = try Wave(Data(contentsOf: URL(fileURLWithPath: scratch.path("out.wav")))).samples
    #expect(errorInDecibels(out, sound.samples) < -60)
  }
}
