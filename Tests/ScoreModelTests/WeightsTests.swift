import Diffusion
import Foundation
import NeuralLayers
import ScoreModel
import SignalProcessing
import Testing

/// What a weights file must hold, and what is said when it does not.
@Suite struct WeightsTests {
  /// A copy of a fixture with one thing changed.
  private func changed(
    _ fixture: String = "tiny-sequence", metadata: (String) -> String? = { $0 },
    tensor: (String, [Int], [Float]) -> (String, [Int], [Float])? = { ($0, $1, $2) }
  ) throws -> SafetensorsFile {
    let file = try SafetensorsFile(path: Fixtures.path(fixture))
    let text = metadata(file.metadata.first { $0.key == "limpid" }!.value)
    var writer = SafetensorsWriter(metadata: text.map { [("limpid", $0)] } ?? [("format", "pt")])
    for entry in file.tensors {
      if let (name, shape, values) = tensor(entry.name, entry.shape, try file.floats(entry)) {
        writer.add(name, shape: shape, values: values)
      }
    }
    return try SafetensorsFile(bytes: writer.bytes(), path: "w.safetensors")
  }

  private func message(_ file: SafetensorsFile) -> String {
    do {
      _ = try ScoreModelWeights(file: file)
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test func `the file describes itself`() throws {
    let weights = try Fixtures.weights("tiny-sequence")
    #expect(weights.name == "tiny-sequence")
    #expect(weights.parameterCount == weights.metadata.first { $0.key == "parameters" }?.value.integer)
    #expect(
      weights.multiplyAddsPerFrame
        == weights.metadata.first { $0.key == "multiply_adds_per_frame" }?.value.integer)
    #expect(weights.description.contains("noise encoder: sequence, 16 tokens of 8"))
    #expect(weights.description.contains("data: random numbers"))
    #expect(weights.configuration.channels == [8, 12])
  }

  @Test func `a tensor of another shape is named with both shapes`() throws {
    let file = try changed(tensor: { name, shape, values in
      name == "down.weight"
        ? (name, [shape[0], shape[1], 1, 3], Array(values[..<(12 * 8 * 3)])) : (name, shape, values)
    })
    #expect(
      message(file)
        == "w.safetensors: tensor down.weight is (12, 8, 1, 3), expected (12, 8, 1, 4); export the file anew")
  }

  @Test func `missing and unexpected tensors are named`() throws {
    let missing = try changed(tensor: { $0 == "up.bias" ? nil : ($0, $1, $2) })
    #expect(message(missing).hasPrefix("w.safetensors: tensor up.bias is missing, expected (16,)"))
    let renamed = try changed(
      "tiny-none", tensor: { $0 == "out_scale" ? ("out_scale", $1, $2) : ($0, $1, $2) })
    #expect(message(renamed) == "accepted")
    let file = try SafetensorsFile(path: Fixtures.path("tiny-none"))
    var writer = SafetensorsWriter(metadata: file.metadata)
    for entry in file.tensors { writer.add(entry.name, shape: entry.shape, values: try file.floats(entry)) }
    writer.add("optimizer.step", shape: [1], values: [1])
    let more = try SafetensorsFile(bytes: writer.bytes(), path: "w.safetensors")
    #expect(message(more).hasPrefix("w.safetensors: tensor optimizer.step has no place"))
  }

  @Test(arguments: [
    ("\"encoder\": \"clap\"", "\"encoder\": \"panns\"", "encoder is panns, but its tower is clap"),
    ("\"tower\": {", "\"spire\": {", "there is no configuration tower"),
    ("\"format\": 1, \"kind\"", "\"format\": 2, \"kind\"", "the tower has format 2"),
    ("\"window\": 4", "\"window\": 3", "tower window 3 does not divide stage 0's side of 16"),
    ("\"clip_samples\": 100000", "\"clip_samples\": 900000", "do not fit its picture of 64"),
    ("\"depths\": [2, 2, 2]", "\"depths\": [2, 2]", "depths and heads differ"),
    ("\"sample_rate\": 48000", "\"sample_rate\": 44100", "expected a multiple of 16000"),
  ])
  func `a tower that cannot be is refused by name`(old: String, new: String, words: String) throws {
    let said = message(
      try changed("tiny-clap", metadata: { $0.replacingOccurrences(of: old, with: new) }))
    #expect(said.hasPrefix("w.safetensors: ") && said.contains(words), "\(said)")
  }

  /// Sizes that no tensor's shape shows (clip, picture, hop, filters …) may become anything.
  @Test(arguments: ["clap", "panns"]) func `a tower of damaged sizes is refused or runs, never a trap`(
    name: String
  ) throws {
    let file = try SafetensorsFile(path: Fixtures.path("tiny-\(name)"))
    let text = file.metadata.first { $0.key == "limpid" }!.value
    let start = text.range(of: "\"tower\": {")!.upperBound
    let digits = text.indices.filter { $0 > start && text[$0].isNumber }
    let samples = TowerEncoderTests.samples(24)
    var seed: UInt64 = 9
    func random(_ limit: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % limit
    }
    var accepted = 0
    for _ in 0..<40 {
      let place = digits[random(digits.count)]
      let digit = Array("0123456789")[random(10)]
      let damaged = try changed(
        "tiny-\(name)", metadata: { $0.replacingCharacters(in: place...place, with: String(digit)) })
      guard let weights = try? ScoreModelWeights(file: damaged) else { continue }
      accepted += 1
      let tokens = TowerEncoderTests.tokens(weights.makeNoiseEncoder(), samples, hops: 24)
      #expect(tokens.allSatisfy { $0.isFinite })
    }
    #expect((3..<37).contains(accepted), "\(accepted)")
  }

  /// Time strides and channels alone make its memory: nothing of it shows in the file's size.
  @Test(arguments: ["tiny-sequence", "tiny-global"]) func `an encoder that needs too much memory is refused`(
    fixture: String
  ) throws {
    func said(strides: String) throws -> String {
      message(
        try changed(
          fixture,
          metadata: {
            $0.replacingOccurrences(of: "[4, 6, 8, 8]", with: "[2048, 2048, 8, 8]")
              .replacingOccurrences(of: "[2, 2, 1, 1]", with: strides)
          }))
    }
    #expect(try said(strides: "[1, 1, 1, 1]").hasPrefix("w.safetensors: the noise encoder needs too much memory; "))
    #expect(try said(strides: "[2, 2, 1, 1]").contains("expected (2048, 1, 3, 3)"))
  }

  @Test func `text of a file does not steer the terminal`() throws {
    let file = try changed(metadata: {
      $0.replacingOccurrences(of: #""name": "tiny-sequence""#, with: #""name": "\u001b[31mred\u009b""#)
        .replacingOccurrences(of: #""licence": ""#, with: #""lic\u0007ence": "\u001b]0;x\n\u007f"#)
    })
    let weights = try ScoreModelWeights(file: file)
    #expect(weights.name == "\u{FFFD}[31mred\u{FFFD}")
    let licence = weights.details.first { $0.label == "lic\u{FFFD}ence" }
    #expect(licence?.value == "\u{FFFD}]0;x\u{FFFD}\u{FFFD}GPL-3.0-or-later")
    #expect(weights.details.contains { $0.label == "name" && $0.value == weights.name })
  }

  @Test func `a tower alone is no model, and says what it is for`() throws {
    let json = "{\"format\": 1, \"kind\": \"panns\"}"
    let tower = SafetensorsWriter(metadata: [("limpid_tower", json)])
    let said = message(try SafetensorsFile(bytes: tower.bytes(), path: "w.safetensors"))
    #expect(
      said == "w.safetensors: a pre-trained tower, not a model; train a model with it (--tower of tools/training)")
  }

  @Test func `a tower's tensor of another shape is named`() throws {
    let file = try changed(
      "tiny-panns",
      tensor: { $0 == "encoder.tower.linear.bias" ? ($0, [$1[0] - 1], Array($2.dropLast())) : ($0, $1, $2) })
    #expect(
      message(file) == "w.safetensors: tensor encoder.tower.linear.bias is (19,), expected (20,); export the file anew")
  }

  @Test func `NaN in a tensor is refused`() throws {
    let file = try changed(tensor: { name, shape, values in
      (name, shape, name == "stem.bias" ? [.nan] + values.dropFirst() : values)
    })
    #expect(message(file).contains("stem.bias holds NaN"))
  }

  @Test(arguments: [
    ("\"format\": 1", "\"format\": 2", "format 2"),
    ("\"bins\": 160", "\"bins\": 161", "do not divide 161 bins"),
    ("\"bins\": 160", "\"bins\": 1e2", "bins is not a whole number"),
    ("\"heads\": 2", "\"heads\": 5", "does not divide 12 channels"),
    ("\"heads\": 2", "\"heads\": 0", "heads is 0, expected 1 to 64"),
    ("\"channels\": [8, 12]", "\"channels\": [8, 12, 16]", "has 3 entries, expected 2"),
    ("\"channels\": [8, 12]", "\"channels\": [8, -12]", "channels holds -12"),
    ("\"inner_dilations\": [3, 4]", "\"inner_dilations\": []", "inner_dilations has 0 entries"),
    ("\"encoder\": \"sequence\"", "\"encoder\": \"wave\"", "expected one of none, global, sequence"),
    ("\"encoder_time_strides\": [2, 2, 1, 1]", "\"encoder_time_strides\": [2]", "differ in length"),
    ("\"tokens\": 16", "\"tokens\": 17", "null_tokens is (16, 8), expected (17, 8)"),
    ("\"embedding\": 16", "\"embeddings\": 16", "embedding is not a whole number"),
    ("{\"configuration\"", "{\"settings\"", "has no configuration"),
    ("{\"configuration\"", "{\"configuration", "not JSON"),
  ])
  func `a configuration that makes no sense is refused in a sentence`(old: String, new: String, part: String)
    throws
  {
    let file = try changed(metadata: { text in
      let range = text.firstRange(of: old)!
      return text.replacingCharacters(in: range, with: new)
    })
    let text = message(file)
    #expect(text.hasPrefix("w.safetensors: ") && text.contains(part), "\(text)")
  }

  private static let format =
    #""format": {"sample_rate": 16000, "fft_length": 320, "hop_length": 160, "bins": 160, "compression_factor": 0.15, "#
    + #""compression_exponent": 0.5, "theta": 1.5, "sigma_min": 0.05, "sigma_max": 0.5, "times": [1.0, 0.5]}, "#

  private func stating(_ format: String) throws -> SafetensorsFile {
    try changed(metadata: { $0.replacingCharacters(in: $0.startIndex...$0.startIndex, with: "{" + format) })
  }

  @Test func `a format is read`() throws {
    let weights = try ScoreModelWeights(file: try stating(Self.format))
    #expect(weights.format.frame == .standard)
    #expect(weights.format.grid.times == [1, 0.5])
    #expect(weights.description.contains("frames: 320 samples every 160 at 16000 Hz"))
    #expect(!weights.metadata.contains { $0.key == "format" })
    #expect(try Fixtures.weights("tiny-sequence").format == .standard)
  }

  @Test func `a format may say from which end the network hears`() throws {
    for (direction, text) in [(ModelFormat.Direction.forward, "forward"), (.backward, "backward")] {
      let stated = Self.format.replacingCharacters(
        in: Self.format.firstRange(of: "\"theta\"")!, with: "\"direction\": \"\(text)\", \"theta\"")
      let weights = try ScoreModelWeights(file: try stating(stated))
      #expect(weights.format.direction == direction)
      #expect(weights.description.contains("hears: recordings from their end") == (direction == .backward))
    }
    #expect(try ScoreModelWeights(file: try stating(Self.format)).format.direction == .forward)
  }

  @Test(arguments: [
    ("320", "321", "the format's frame is 321 samples, expected an even number from 16 to 8192"),
    ("320", "16384", "the format's frame is 16384 samples, expected an even number"),
    ("_length\": 160", "_length\": 150", "the format's hop of 150 samples does not divide its frame of 320"),
    ("_length\": 160", "_length\": 320", "the format's hop of 320 samples does not divide its frame of 320 into two"),
    ("_length\": 160", "_length\": 0", "the format's hop of 0 samples"),
    ("_length\": 160", "_length\": 10", "the format's hop of 10 samples at 16000 Hz is not from 1 to 62.5 ms"),
    ("bins\": 160", "bins\": 161", "the format has 161 bins, expected 8 to 160, half of its frame of 320 samples"),
    ("bins\": 160", "bins\": 80", "the network takes 160 bins, its format has 80"),
    ("16000", "7999", "the format's sample rate is 7999 Hz, expected 8000 to 48000"),
    ("16000", "96000", "the format's sample rate is 96000 Hz, expected 8000 to 48000"),
    ("16000", "16000.5", "format sample_rate is 16000.5, expected a whole number"),
    ("16000", "99999999999999", "format sample_rate is 99999999999999, expected a whole number"),
    ("16000", "\(Int.min)", "format sample_rate is \(Int.min), expected a whole number"),
    ("0.15", "0", "the format's compression factor is 0.0, expected 0.001 to 1000"),
    ("t\": 0.5", "t\": 2", "the format's compression exponent is 2.0, expected 0.1 to 1"),
    ("0.15", "\"loud\"", "format compression_factor is \"loud\", expected a number"),
    ("1.5", "-1", "theta -1.0, sigma from 0.05 to 0.5 is no diffusion process"),
    ("0.05", "0.7", "theta 1.5, sigma from 0.7 to 0.5 is no diffusion process"),
    ("[1.0, 0.5]", "[]", "the time grid is empty"),
    ("[1.0, 0.5]", "[0.5, 1]", "time 2 of the grid is 1.0, not below the one before it"),
    ("[1.0, 0.5]", "[2, 1]", "time 1 of the grid is 2.0"),
    ("[1.0, 0.5]", "[1, null]", "format times holds null, expected numbers"),
    ("[1.0, 0.5]", "1", "format times is not a list"),
    ("[1.0, 0.5]", "[1, 1e-30, 1e-31]", "the format's process has no noise left at time 1e-30, expected a later one"),
    ("\"theta\": 1.5, ", "", "format theta is missing, expected a number"),
    (
      "\"theta\"", "\"direction\": \"sideways\", \"theta\"",
      "format direction is \"sideways\", expected forward or backward"
    ),
    ("\"theta\"", "\"direction\": 1, \"theta\"", "format direction is 1, expected forward or backward"),
  ])
  func `a format that cannot be is refused in a sentence`(old: String, new: String, part: String) throws {
    let range = try #require(Self.format.firstRange(of: old))
    let text = message(try stating(Self.format.replacingCharacters(in: range, with: new)))
    #expect(text.hasPrefix("w.safetensors: ") && text.contains(part), "\(text)")
    #expect(text.hasSuffix("export the file with tools/training of the same version"))
  }

  @Test func `a file without our metadata is no weights file`() throws {
    #expect(message(try changed(metadata: { _ in nil })).contains("no weights of Limpid"))
  }

  @Test func `hundreds of damaged configurations give an error or weights, never a trap`() throws {
    let configuration = try SafetensorsFile(path: Fixtures.path("tiny-odd")).metadata.first { $0.key == "limpid" }!
      .value
    let speaker =
      #""speaker": {"format": 1, "bins": 90, "stride": 3, "width": 11, "embedding": 5, "slots": 3}, "#
    let text = "{" + Self.format + speaker + String(configuration.dropFirst())
    func read(_ text: String) {
      guard let json = try? JSONReader.read(text) else { return }
      if let part = json["configuration"] {
        _ = try? NetworkConfiguration(json: part, path: "x").multiplyAddsPerFrame
      }
      if let part = json[ModelFormat.key] { _ = try? ModelFormat(json: part, path: "x") }
      if let part = json[SpeakerConfiguration.key] { _ = try? SpeakerConfiguration(json: part, bins: 90, path: "x") }
    }
    #expect(try JSONReader.read(text)[SpeakerConfiguration.key] != nil, "undamaged it is read")
    let numbers = text.split { !$0.isNumber }
    #expect(numbers.count > 40)
    for number in numbers {
      for value in [Int.min, Int.max, -1, 0, 1 << 31] {
        read(text.replacingCharacters(in: number.startIndex..<number.endIndex, with: "\(value)"))
      }
    }
    let characters = Array("0123456789-{}[]\",:e. ")
    var seed: UInt64 = 5
    func random(_ limit: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % limit
    }
    for _ in 0..<300 {
      var damaged = Array(text)
      damaged[random(damaged.count)] = characters[random(characters.count)]
      read(String(damaged))
    }
  }
}
