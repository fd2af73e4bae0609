import Enhancement
import Foundation
import Testing
import TestSupport

/// Files that are heard from their end as well.
@Suite struct BackwardModelTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func fixture(_ name: String) -> String {
    tests.appendingPathComponent("EnhancementTests/Fixtures/\(name).safetensors").path
  }

  private func backward(_ name: String) throws -> String {
    try scratch.write(
      backwardWeights(Data(contentsOf: URL(fileURLWithPath: fixture(name)))), "\(name)-backward.safetensors")
  }

  private func write(_ samples: [Float], _ name: String, rate: Int) throws -> String {
    try scratch.write(Wave(rate: rate, bits: 32, isFloat: true, samples: samples).data, name)
  }

  private func enhanced(_ input: String, _ options: String...) throws -> [Float] {
    let output = scratch.path("out-\(UUID().uuidString).wav")
    let result = try run(["enhance", input, "-o", output, "--model", fixture("tiny")] + options)
    #expect(result.status == 0, "\(result.errors)")
    return try Wave(Data(contentsOf: URL(fileURLWithPath: output))).samples
  }

  @Test(arguments: [(16_000, "1.7"), (48_000, "2"), (44_100, "0")])
  func `a file becomes the mean of both ways`(rate: Int, warmUp: String) throws {
    let samples = Wave.sound(1.9, rate: rate, channels: 1)
    let there = try enhanced(try write(samples, "in.wav", rate: rate), "--warm-up", warmUp)
    let turned = try enhanced(
      try write(samples.reversed(), "turned.wav", rate: rate), "--warm-up", warmUp, "--passes", "1")
    let both = try enhanced(
      scratch.path("in.wav"), "--warm-up", warmUp, "--backward-model", try backward("tiny"))
    #expect(bits(both) == bits(mean(there, Array(turned.reversed()), rate: rate)))
    #expect(both != there)
  }

  @Test func `the way back is the mean of two networks`() throws {
    let samples = Wave.sound(1.9, rate: 16_000, channels: 1)
    let input = try write(samples, "in.wav", rate: 16_000)
    let there = try enhanced(input)
    let turned = try enhanced(
      try write(samples.reversed(), "turned.wav", rate: 16_000), "--second-model", identity, "--passes", "1")
    let (first, second) = (try backward("tiny"), try backward("identity"))
    let both = try enhanced(input, "--backward-model", first, "--backward-second-model", second)
    #expect(bits(both) == bits(mean(there, Array(turned.reversed()), rate: 16_000)))
    let alone = try enhanced(input, "--backward-model", first)
    #expect(try enhanced(input, "--backward-model", first, "--backward-second-model", "none") == alone)
    #expect(both != alone)
    #expect(try enhanced(input, "--backward-model", second) != both)
  }

  /// As `Enhancement` has it, of two sounds of one channel that lie on the same samples.
  private func mean(_ there: [Float], _ back: [Float], rate: Int) -> [Float] {
    var mean = WayMean(sampleRate: rate, channelCount: 1, offset: 0)
    let late = [Float](repeating: 0, count: mean.latencyInSamples)
    var sound = there + late
    sound.withUnsafeMutableBufferPointer { mean.process($0.baseAddress!, back + late, count: $0.count) }
    return Array(sound[late.count...])
  }

  @Test(arguments: [11_025, 22_050])
  func `a file's two ways line up where the resamplers' delay is no whole number`(rate: Int) throws {
    let samples = (0..<(2 * rate)).map { n in
      let t = Double(n) / Double(rate)
      return Float(0.1 * sin(2 * .pi * min(6000, 0.3 * Double(rate)) * t) * sin(.pi * t / 2) * sin(.pi * t / 2))
    }
    let input = try write(samples, "in.wav", rate: rate)
    func output(_ options: String...) throws -> [Float] {
      let path = scratch.path("out.wav")
      let result = try run(["enhance", input, "-o", path, "--force", "--model", identity] + options)
      #expect(result.status == 0, "\(result.errors)")
      return try Wave(Data(contentsOf: URL(fileURLWithPath: path))).samples
    }
    let there = try output()
    #expect(errorInDecibels(try output("--backward-model", try backward("identity")), there) < -50)
  }

  @Test func `a file of several windows comes out whole, and so do its picture and its report`() throws {
    let samples = Wave.sound(80, rate: 8000, channels: 2)
    let input = try scratch.write(Wave(rate: 8000, channels: 2, bits: 24, samples: samples).data, "in.wav")
    let output = scratch.path("out.wav")
    let result = try run(
      "enhance", input, "-o", output, "--model", identity, "--backward-model", try backward("identity"), "--json",
      "--figure", scratch.path("out.png"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.text.contains("\"backwardModel\" : \""))
    #expect(scratch.names.contains("out.png"))
    let out = try Wave(Data(contentsOf: URL(fileURLWithPath: output)))
    #expect(out.samples.count == samples.count)
    #expect(errorInDecibels(out.samples[16000...], samples[16000...]) < -25, "the resampler's band")
  }

  @Test func `the preset for files has it, networks that are named have not`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(1)).data, "in.wav")
    func report(_ options: String...) throws -> String {
      let result = try run(["enhance", input, "-o", scratch.path("report.wav"), "--force", "--json"] + options)
      #expect(result.status == 0, "\(result.errors)")
      return result.text
    }
    let name = "\"backwardModel\" : \"limpid-wide-backward\""
    let second = "\"backwardSecondModel\" : \"limpid-sequence-backward\""
    let light = "\"backwardModel\" : \"limpid-sequence-backward\""
    #expect(try report("--preset", "fast").contains(light))
    #expect(try report("--backward-second-model", "light").contains(second))
    for options in [
      [], ["--model", "light", "--backward-model", "wide"], ["--backward-model", "wide"],
      ["--preset", "quality", "--backward-second-model", "none"],
    ] {
      let result = try run(["enhance", input, "-o", scratch.path("report.wav"), "--force", "--json"] + options)
      #expect(result.text.contains(name) && !result.text.contains("backwardSecondModel"), "\(options)")
    }
    let named = try report("--model", "light", "--backward-model", "wide", "--backward-second-model", "light")
    #expect(named.contains(name) && named.contains(second))
    for options in [
      ["--model", "light"], ["--second-model", "none"], ["--backward-model", "none"], ["--preset", "live"],
      ["--method", "wiener", "--second-model", "none"], ["--realtime"],
    ] {
      let result = try run(["enhance", input, "-o", scratch.path("report.wav"), "--force", "--json"] + options)
      #expect(result.status == 0 && !result.text.contains("backwardModel"), "\(options) \(result.errors)")
    }
    // A preset of one's own, beside none of our weights, finds them by name.
    let preset = try scratch.write(
      Data("backward-model = \"wide\"\nbackward-second-model = \"light\"\n".utf8), "own.toml")
    let own = try report("--preset", preset)
    #expect(own.contains(name) && own.contains(second))
    // Who names one network of the way back means that one.
    #expect(try !report("--preset", preset, "--backward-model", "wide").contains("backwardSecondModel"))
    #expect(try !report("--preset", preset, "--model", "light").contains("backwardModel"))
  }

  @Test func `what was learned is removed on the way back, too`() throws {
    let (sound, lead) = (Wave.sound(1.5, rate: 16_000, channels: 1), Wave.sound(2, rate: 16_000, channels: 1))
    let learned = try write(lead, "lead.wav", rate: 16_000)
    let input = try write(sound, "in.wav", rate: 16_000)
    let model = fixture("tiny-learned")
    func output(_ options: String..., of input: String = input) throws -> [Float] {
      let path = scratch.path("out-\(UUID().uuidString).wav")
      let result = try run(["enhance", input, "-o", path, "--model", model] + options)
      #expect(result.status == 0, "\(result.errors)")
      return try Wave(Data(contentsOf: URL(fileURLWithPath: path))).samples
    }
    let turned = try backward("tiny-learned")
    let there = try output("--remove", learned)
    let both = try output("--remove", learned, "--backward-model", turned)
    // The same network hears both from their end.
    let back = try output(
      "--passes", "1", "--remove", write(lead.reversed(), "lead-turned.wav", rate: 16_000),
      of: write(sound.reversed(), "turned.wav", rate: 16_000))
    #expect(bits(both) == bits(mean(there, Array(back.reversed()), rate: 16_000)))
    #expect(try output("--backward-model", turned) != both)
    // Of two networks the one that can hears it alone.
    #expect(
      try output("--remove", learned, "--backward-model", backward("tiny"), "--backward-second-model", turned) == both)
    // A network that cannot, and the decision which of two voices speaks, leave the way there alone.
    #expect(try output("--remove", learned, "--backward-model", try backward("tiny")) == there)
    let heard = try output("--remove", learned, "--learned-voices", "heard")
    #expect(try output("--remove", learned, "--learned-voices", "heard", "--backward-model", turned) == heard)
  }

  @Test func `a network of the other direction is refused, and so is a way back where there is none`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.5)).data, "in.wav")
    func refusal(_ status: Int32, _ options: String...) throws -> String {
      let result = try run(["enhance", input, "-o", scratch.path("out.wav")] + options)
      #expect(result.status == status, "\(options): \(result.errors)")
      #expect(result.errors.split(separator: "\n").count <= 2, "\(result.errors)")
      return result.errors
    }
    let back = try backward("tiny")
    #expect(try refusal(78, "--backward-model", fixture("tiny")).contains("hears sound as it comes"))
    #expect(try refusal(78, "--model", back).contains("name it with --backward-model"))
    #expect(try refusal(78, "--second-model", back).contains("name it with --backward-model"))
    #expect(try refusal(78, "--backward-second-model", fixture("tiny")).contains("hears sound as it comes"))
    #expect(try refusal(78, "--backward-model", "small").contains("there is no model 'small'"))
    #expect(try refusal(78, "--backward-second-model", "small").contains("give wide, light or a .safetensors file"))
    #expect(try refusal(64, "--backward-model", "").contains("a name is empty"))
    #expect(try refusal(64, "--backward-second-model", "").contains("a name is empty"))
    for options in [["--backward-model", "none"], ["--model", "light"]] {
      let result = try run(
        ["enhance", input, "-o", scratch.path("out.wav"), "--backward-second-model", "wide"] + options)
      #expect(result.status == 64 && result.errors.contains("has no first beside it"), "\(result.errors)")
    }
    #expect(
      try refusal(64, "--method", "wiener", "--second-model", "none", "--backward-model", "wide").contains(
        "runs no network"))
    #expect(
      try refusal(64, "--method", "wiener", "--backward-second-model", "wide").contains("leave --backward-second-model")
    )
    #expect(try refusal(64, "--realtime", "--backward-model", "wide").contains("is for files"))
    #expect(try refusal(64, "--realtime", "--backward-second-model", "wide").contains("is for files"))
    let preset = try scratch.write(Data("method = \"wiener\"\nbackward-model = \"wide\"\n".utf8), "wiener.toml")
    #expect(try refusal(78, "--preset", preset).contains("remove the key 'backward-model'"))
    let second = try scratch.write(Data("backward-second-model = \"wide\"\n".utf8), "second.toml")
    #expect(try refusal(78, "--preset", second).contains("add the key 'backward-model'"))
    let live = try run("live", "--explain-latency", "--model", back)
    #expect(live.status == 78 && live.errors.contains("--backward-model"), "\(live.errors)")
    let pipe = try run(
      "enhance", "-", "-o", scratch.path("out.wav"), "--backward-model", "wide", input: Wave(samples: [0]).data)
    #expect(pipe.status == 64 && pipe.errors.contains("is for files"))
    #expect(!scratch.names.contains("out.wav"))
  }

  @Test func `an archive knows by which network it was heard from its end`() throws {
    try scratch.write(Wave(samples: Wave.sound(0.5)).data, "in/a.wav")
    func enhance(_ options: String...) throws -> Run {
      try run(
        [
          "enhance", scratch.path("in"), "-o", scratch.path("out/"), "--skip-done", "--json", "--model",
          fixture("tiny"),
        ]
          + options)
    }
    let back = try backward("tiny")
    #expect(try enhance("--backward-model", back).text.contains("backwardModel"))
    #expect(try enhance("--backward-model", back).text.contains("\"durationInSeconds\""))
    let again = try enhance("--backward-model", back)
    #expect(again.text.contains("\"skipped\" : [\n    {"), "\(again.text)")
    let second = try enhance("--backward-model", back, "--backward-second-model", backward("identity"))
    #expect(!second.text.contains("\"skipped\" : [\n    {"), "\(second.text)")
    let without = try enhance()
    #expect(!without.text.contains("\"skipped\" : [\n    {"), "\(without.text)")
  }
}
