import Foundation
import Testing
import TestSupport

/// The mean of two networks.
@Suite struct SecondModelTests {
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private var tiny: String { tests.appendingPathComponent("EnhancementTests/Fixtures/tiny.safetensors").path }
  private var narrow: String { tests.appendingPathComponent("EnhancementTests/Fixtures/tiny-8k.safetensors").path }

  private func enhanced(_ input: String, _ name: String, _ options: String...) throws -> [Float] {
    let output = scratch.path(name + ".wav")
    let result = try run(["enhance", input, "-o", output, "--force"] + options)
    #expect(result.status == 0, "\(result.errors)")
    return try Wave(Data(contentsOf: URL(fileURLWithPath: output))).samples
  }

  @Test(arguments: [(16_000, 1), (48_000, 2)])
  func `two networks are heard, and one twice is itself`(rate: Int, channels: Int) throws {
    let sound = Wave(
      rate: rate, channels: channels, bits: 24, samples: Wave.sound(1.5, rate: rate, channels: channels))
    let input = try scratch.write(sound.data, "in.wav")
    let first = try enhanced(input, "first", "--model", tiny)
    let second = try enhanced(input, "second", "--model", identity)
    let both = try enhanced(input, "both", "--model", tiny, "--second-model", identity)
    #expect(first.count == both.count && first != second && both != first && both != second)
    #expect(try enhanced(input, "twice", "--model", tiny, "--second-model", tiny) == first)
  }

  @Test func `presets have two networks, one that is named runs alone`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(1)).data, "in.wav")
    let report = scratch.path("report")
    func models(_ options: String...) throws -> String {
      let result = try run(["enhance", input, "-o", report + ".wav", "--force", "--json"] + options)
      #expect(result.status == 0, "\(result.errors)")
      return result.text
    }
    #expect(try models().contains("\"secondModel\" : \"limpid-wide\""))
    #expect(try !models("--model", "light").contains("secondModel"))
    #expect(try !models("--second-model", "none").contains("secondModel"))
    #expect(try models("--preset", "live").contains("\"secondModel\" : \"limpid-wide\""))
    #expect(try !models("--preset", "live", "--second-model", "none").contains("secondModel"))
    #expect(try models("--model", "wide", "--second-model", "light").contains("\"secondModel\" : \"limpid-sequence\""))
    // At the pace of a device as well.
    #expect(try models("--realtime").contains("\"secondModel\" : \"limpid-wide\""))
  }

  @Test func `what was learned is removed by the network that can, alone`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(1)).data, "in.wav")
    let lead = try scratch.write(Wave(samples: Wave.sound(2)).data, "lead.wav")
    let alone = try enhanced(input, "alone", "--model", "wide", "--remove", lead)
    let result = try run(
      "enhance", input, "-o", scratch.path("out.wav"), "--remove", lead, "--json", "--backward-model", "none")
    #expect(result.status == 0 && result.text.contains("\"model\" : \"limpid-wide\""), "\(result.text)\(result.errors)")
    #expect(!result.text.contains("secondModel"))
    #expect(try Wave(Data(contentsOf: URL(fileURLWithPath: scratch.path("out.wav")))).samples == alone)
    let light = try run("enhance", input, "-o", scratch.path("no.wav"), "--model", "light", "--remove", lead)
    #expect(light.status != 0 && light.errors.contains("wide"), "\(light.errors)")
  }

  @Test func `two networks that do not go together are refused with a sentence`() throws {
    let input = try scratch.write(Wave(samples: Wave.sound(0.5)).data, "in.wav")
    func refusal(_ options: String...) throws -> String {
      let result = try run(["enhance", input, "-o", scratch.path("out.wav")] + options)
      #expect(result.status != 0)
      return result.errors
    }
    #expect(
      try refusal("--model", tiny, "--second-model", narrow).contains(
        "no mean; choose two models of one format"))
    #expect(
      try refusal("--method", "wiener", "--second-model", "wide").contains("runs no network; leave --second-model"))
    #expect(try refusal("--second-model", "broad").contains("there is no model 'broad'"))
    #expect(try refusal("--second-model", "").contains("a name is empty"))
    let preset = try scratch.write(Data("method = \"wiener\"\nsecond-model = \"wide\"\n".utf8), "wiener.toml")
    #expect(try refusal("--preset", preset).contains("remove the key 'second-model'"))
    #expect(!scratch.names.contains("out.wav"))
  }
}
