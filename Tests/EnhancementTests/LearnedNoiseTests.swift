import Foundation
import NeuralLayers
import ScoreModel
import Testing

@testable import Enhancement

/// Sounds that were learned: what is taken of them, what is made of them, and what that does.
@Suite struct LearnedNoiseTests {
  private func sound(_ seconds: Double = 1.5, rate: Int = 16_000, level: Float = 0.1) -> [Float] {
    (0..<Int(seconds * Double(rate))).map { n in
      let time = Double(n) / Double(rate)
      return level * Float(sin(2 * .pi * 300 * time) * (1 + 0.5 * sin(2 * .pi * 3 * time)))
    }
  }

  @Test func `pauses are not learned`() throws {
    let whole = try LearnedNoise(samples: sound(), sampleRate: 16_000)
    let gap = [Float](repeating: 1e-4, count: 16_000)
    let broken = try LearnedNoise(samples: sound(1) + gap + sound(1), sampleRate: 16_000)
    #expect(whole.heardFrames().count == 149)
    // Frames that the pause's edges cut are heard still.
    #expect((198...202).contains(broken.heardFrames().count))
    #expect(broken.heardFrames() == broken.heardFrames().sorted())
  }

  @Test func `how loud it was learned does not matter`() throws {
    let loud = try LearnedNoise(samples: sound(level: 0.5), sampleRate: 16_000).magnitudes(limit: 400)
    let soft = try LearnedNoise(samples: sound(level: 0.005), sampleRate: 16_000).magnitudes(limit: 400)
    #expect(loud.count == soft.count)
    #expect(zip(loud, soft).allSatisfy { abs($0 - $1) < 1e-3 })
    #expect(loud.max()! > 0.1)
  }

  @Test func `several sounds become one, of which each has its share, however soft it is`() throws {
    let loud = try LearnedNoise(samples: sound(5, level: 0.5), sampleRate: 16_000)
    let soft = try LearnedNoise(samples: whiteNoise(80_000).map { 0.0005 * $0 }, sampleRate: 16_000)
    let joined = LearnedNoise(joining: [loud, soft])
    #expect(LearnedNoise(joining: [soft]) == soft)
    #expect((400...402).contains(joined.heardFrames().count))
    let rows = joined.magnitudes(limit: 400)
    let bins = rows.count / 400
    func shape(_ rows: ArraySlice<Float>) -> [Float] {
      let sum = rows.reduce(0, +)
      return rows.map { $0 / sum }
    }
    for (part, sound) in [(rows[..<(198 * bins)], loud), (rows[(202 * bins)...], soft)] {
      let alone = sound.magnitudes(limit: 200)
      let expected = shape(sound == loud ? alone[..<(198 * bins)] : alone[(alone.count - part.count)...])
      // The frames of the second begin one later: compared on the mean over time.
      for bin in 0..<bins {
        let means = [shape(part), expected].map { shape in
          stride(from: bin, to: shape.count, by: bins).reduce(0) { $0 + shape[$1] }
        }
        #expect(abs(means[0] - means[1]) < 0.002, "bin \(bin)")
      }
    }
  }

  @Test(arguments: [8000, 44_100, 48_000])
  func `any rate is brought to the model's`(rate: Int) throws {
    let noise = try LearnedNoise(samples: sound(2, rate: rate), sampleRate: rate)
    #expect(abs(noise.duration - 2) < 0.01)
    let expected = sound(2)
    let middle = 8_000..<24_000
    let error = middle.reduce(0.0) { $0 + pow(Double(noise.samples[$1] - expected[$1]), 2) }
    let power = middle.reduce(0.0) { $0 + pow(Double(expected[$1]), 2) }
    // Half a sample of rounding at 300 Hz is (π · 300 / 16000)² of the power.
    #expect(error < 0.0035 * power, "aligned in time, too")
  }

  @Test func `what cannot be learned from is refused with a sentence`() {
    #expect(throws: LearnedNoiseError.tooShort(seconds: 0.29)) {
      try LearnedNoise(samples: sound(0.3), sampleRate: 16_000)
    }
    #expect(throws: LearnedNoiseError.tooShort(seconds: 0)) {
      try LearnedNoise(samples: [Float](repeating: 0, count: 16_000), sampleRate: 16_000)
    }
    #expect(throws: LearnedNoiseError.notFinite) { try LearnedNoise(samples: sound() + [.nan], sampleRate: 16_000) }
    #expect(throws: LearnedNoiseError.unsupportedSampleRate(4000)) {
      try LearnedNoise(samples: sound(), sampleRate: 4000)
    }
    #expect("\(LearnedNoiseError.tooShort(seconds: 0.29))".contains("at least 0.6 s"))
  }

  @Test func `a file is its owner's alone, and whole or refused`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "limpid-learned-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "tv.safetensors").path
    let noise = try LearnedNoise(samples: sound(), sampleRate: 16_000)
    try noise.save(to: path)
    #expect(try LearnedNoise(path: path) == noise)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(throws: LearnedNoiseError.missing(path: path + "x")) { try LearnedNoise(path: path + "x") }
    let bytes = try Data(contentsOf: URL(filePath: path))
    for (length, name) in [(100, "cut"), (bytes.count - 4, "short")] {
      let damaged = folder.appending(path: name).path
      try bytes.prefix(length).write(to: URL(filePath: damaged))
      #expect(throws: LearnedNoiseError.self) { try LearnedNoise(path: damaged) }
    }
    #expect(throws: LearnedNoiseError.self, "a weights file is no sound") {
      try LearnedNoise(path: fixture("tiny-learned.safetensors").path)
    }
    #expect(throws: LearnedNoiseError.self) { try noise.save(to: folder.path + "/none/tv.safetensors") }
  }

  @Test func `a model without tokens for it says so`() throws {
    let noise = try LearnedNoise(samples: sound(), sampleRate: 16_000)
    #expect(throws: EnhancementError.noLearnedTokens(model: "tiny")) { try tinyModel().learnedTokens([noise]) }
    #expect(try tinyModel().hearsLearnedNoise == false)
    #expect(try tinyModel().learnedTokens([]) == nil, "nothing was asked")
  }

  /// `tiny-learned` at 8 kHz.
  private func narrowModel(fftLength: Int, hopLength: Int) throws -> EnhancementModel {
    let file = try SafetensorsFile(path: fixture("tiny-learned.safetensors").path)
    let format =
      #""format": {"sample_rate": 8000, "fft_length": \#(fftLength), "hop_length": \#(hopLength), "bins": 160, "#
      + #""compression_factor": 0.15, "compression_exponent": 0.5, "theta": 1.5, "sigma_min": 0.05, "sigma_max": 0.5, "#
      + #""times": [1.0, 0.6]}, "#
    var writer = SafetensorsWriter(
      metadata: file.metadata.map { ($0.key, $0.key == "limpid" ? "{" + format + $0.value.dropFirst() : $0.value) })
    for tensor in file.tensors { writer.add(tensor.name, shape: tensor.shape, values: try file.floats(tensor)) }
    let stated = try SafetensorsFile(bytes: writer.bytes(), path: "narrow.safetensors")
    return try EnhancementModel(weights: try ScoreModelWeights(file: stated))
  }

  /// What lies above the model's band, and what is shorter than its frame.
  @Test func `a sound that a model hears nothing in is refused`() throws {
    let high = (0..<32_000).map { (n: Int) -> Float in
      let time = Double(n) / 16_000
      // Without a click at either end.
      let rise: Double = sin(Double.pi * time / 2)
      let tone: Double = sin(2 * Double.pi * 6500 * time)
      return Float(0.003 * rise * rise * tone)
    }
    let low = try LearnedNoise(samples: sound(2), sampleRate: 16_000)
    for (frame, hop, samples) in [(320, 160, high), (8192, 256, sound(0.8))] {
      let model = try narrowModel(fftLength: frame, hopLength: hop)
      let noise = try LearnedNoise(samples: samples, sampleRate: 16_000)
      #expect(model.hears(low) && !model.hears(noise))
      #expect(try model.learnedTokens([low]) != nil)
      for sounds in [[noise], [low, noise]] {
        #expect(throws: LearnedNoiseError.tooShort(seconds: 0)) { try model.learnedTokens(sounds) }
      }
      #expect(try tinyModel("tiny-learned").learnedTokens([noise]) != nil)
    }
  }

  /// Forgotten is as if nothing had been learned: to the bit, once the network's memory of it is gone, here from the start.
  @Test func `it changes the output, and forgetting undoes it`() throws {
    let model = try tinyModel("tiny-learned")
    let tokens = try model.learnedTokens([try LearnedNoise(samples: sound(), sampleRate: 16_000)])
    let two = try model.learnedTokens([
      try LearnedNoise(samples: sound(), sampleRate: 16_000),
      try LearnedNoise(samples: whiteNoise(16_000), sampleRate: 16_000),
    ])
    #expect(two != nil && two != tokens)
    let input = whiteNoise(8_000)
    var outputs: [[Float]] = []
    for change in [[nil], [tokens], [tokens, nil], [two]] as [[LearnedTokens?]] {
      var enhancer = try MultichannelEnhancer(
        model: model, settings: EnhancementSettings(), sampleRate: 16_000, channelCount: 1)
      for tokens in change { enhancer.setLearnedTokens(tokens) }
      var output = input
      output.withUnsafeMutableBufferPointer { enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0) }
      outputs.append(output)
    }
    #expect(outputs[2] == outputs[0])
    #expect(largestDifference(outputs[1], outputs[0]) > 1e-4)
    #expect(largestDifference(outputs[3], outputs[1]) > 1e-6)
  }
}
