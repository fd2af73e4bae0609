import Diffusion
import Foundation
import Ground
import KernelLevels
import NeuralLayers
import ScoreModel
import Testing
import TestSupport

/// The whole network, frame by frame, against PyTorch on the whole recording. At most -80 dB is required.
@Suite struct GoldenTests {
  static let tolerance = -100.0
  static let times: [Float] = [1, 0.0817]
  static let timeNames = ["1.0", "0.0817"]

  @Test(arguments: ["sequence", "global", "none", "odd"], [-6, -40])
  func `a tiny network equals PyTorch's, conditional and not, at two times`(name: String, level: Int) throws {
    try atEveryKernelLevel {
      let golden = try Fixtures.golden(name)
      var network = ScoreNetwork(weights: try Fixtures.weights("tiny-\(name)"), times: Self.times, batch: 2)
      if golden.has("tokens") { network.setTokens(golden.values("tokens")) }
      for slot in 0..<2 {
        let outputs = run(
          &network, slot: slot, batch: 2, x: golden.values("x\(level)"), y: golden.values("y\(level)"))
        for (item, kind) in ["conditional", "unconditional"].enumerated() {
          let error = errorInDecibels(
            outputs[item], golden.values("\(kind)\(level).\(Self.timeNames[slot])"))
          #expect(error < Self.tolerance, "\(kind), slot \(slot): \(error) dB at \(kernelLevelName)")
        }
      }
    }
  }

  @Test(arguments: ["sequence", "global", "none", "odd"])
  func `parameters and multiply-adds are counted as the training program does`(name: String) throws {
    let weights = try Fixtures.weights("tiny-\(name)")
    func stated(_ key: String) -> Int? { weights.metadata.first { $0.key == key }?.value.integer }
    #expect(weights.parameterCount == stated("parameters"))
    #expect(
      weights.multiplyAddsPerFrame == stated("multiply_adds_per_frame"),
      "multiply_adds of network.py and NetworkConfiguration.multiplyAddsPerFrame count the same products")
  }

  @Test func `the network of the default size equals PyTorch's`() throws {
    try atEveryKernelLevel {
      let golden = try Fixtures.golden("full")
      let weights = try Self.fullWeights(golden)
      #expect(weights.parameterCount == golden.metadata["parameters"]?.integer)
      #expect(weights.multiplyAddsPerFrame == golden.metadata["multiply_adds_per_frame"]?.integer)
      let bins = 160
      var tokens = [Float](repeating: .nan, count: 16 * 64)
      weights.makeNoiseEncoder().encode(
        magnitudes: countedMagnitudes(2000, frames: 100, bins: bins), frameCount: 100, into: &tokens)
      let encoderError = errorInDecibels(tokens, golden.values("tokens"))
      #expect(encoderError < Self.tolerance, "encoder: \(encoderError) dB")

      var network = ScoreNetwork(weights: weights, times: [1], batch: 2)
      network.setTokens(tokens)
      for (i, level) in [-6, -40].enumerated() {
        let scale = Float(0.5 * pow(10, Double(level + 20) / 40))
        let y = counted(3000 + i, 5 * bins * 2).map { $0 * scale }
        let x = zip(y, counted(4000 + i, 5 * bins * 2)).map { $0 + $1 * 0.5 }
        network.reset()
        let outputs = run(&network, batch: 2, x: x, y: y)
        let error = max(
          errorInDecibels(outputs[0], golden.values("conditional\(level)")),
          errorInDecibels(outputs[1], golden.values("unconditional\(level)")))
        #expect(error < Self.tolerance, "\(level) dBFS: \(error) dB at \(kernelLevelName)")
      }
    }
  }

  /// The default configuration with weights that both sides make from a counter.
  static func fullWeights(_ golden: Golden) throws -> ScoreModelWeights {
    let metadata = golden.metadata
    var writer = SafetensorsWriter(metadata: [
      ("limpid", "{\"name\": \"full\", \"configuration\": \(metadata["configuration"]!.text)}")
    ])
    for (stream, entry) in metadata["tensors"]!.array!.enumerated() {
      let fields = entry.array!
      let shape = fields[1].array!.map { $0.integer! }
      let scale = Float(fields[2].double!)
      let offset = Float(fields[3].double!)
      let values =
        fields.count > 4
        ? fields[4].array!.map { Float($0.double!) }
        : counted(stream, shape.reduce(1, *)).map { $0 * scale + offset }
      writer.add(fields[0].string!, shape: shape, values: values)
    }
    return try ScoreModelWeights(file: try SafetensorsFile(bytes: writer.bytes(), path: "full"))
  }

  @Test(arguments: ["sequence", "global"], [25, 100, 200])
  func `a noise encoder equals PyTorch's for short and long references`(name: String, frames: Int) throws {
    try atEveryKernelLevel {
      let weights = try Fixtures.weights("tiny-\(name)")
      let encoder = weights.makeNoiseEncoder(maximumFrameCount: 200)
      var tokens = [Float](repeating: .nan, count: encoder.tokenFloatCount)
      encoder.encode(
        magnitudes: countedMagnitudes(frames, frames: frames, bins: 160), frameCount: frames, into: &tokens)
      let error = errorInDecibels(tokens, try Fixtures.golden("encoder-\(name)").values("tokens.\(frames)"))
      #expect(error < Self.tolerance, "\(error) dB at \(kernelLevelName)")
    }
  }

  @Test func `the encoder none gives the null condition`() throws {
    let weights = try Fixtures.weights("tiny-none")
    let encoder = weights.makeNoiseEncoder()
    var tokens = [Float](repeating: .nan, count: encoder.tokenFloatCount)
    encoder.encode(magnitudes: [0], frameCount: 1, into: &tokens)
    #expect(tokens == weights.nullTokens)
  }

  @Test(
    arguments: [
      ("one", 1, Float(0), Float(1)), ("four", 4, 0, 1), ("four_guided", 4, 0.5, 1.5),
    ], [-6, -40])
  func `a chain of one and four steps equals PyTorch's with the same noise`(
    chain: (name: String, steps: Int, eta: Float, guidance: Float), level: Int
  ) throws {
    try atEveryKernelLevel {
      let golden = try Fixtures.golden("chain")
      let kind = SamplerKind.fewStep(eta: chain.eta)
      let slotTimes = FrameSampler<ScoreNetwork>.slotTimes(
        kind: kind, maximumSteps: chain.steps, grid: .standard)
      var network = ScoreNetwork(
        weights: try Fixtures.weights("tiny-sequence"), times: slotTimes, batch: chain.guidance == 1 ? 1 : 2)
      network.setTokens(golden.values("tokens"))
      var sampler = FrameSampler(predictor: network, kind: kind, maximumSteps: chain.steps)
      sampler.guidance = chain.guidance
      let y = golden.values("y\(level)")
      let count = 320
      let frames = y.count / count
      let noise = golden.values("noise")  // (4, frames, bins, 2)
      let draws = kind.noiseCount(steps: chain.steps)
      var output: [Float] = []
      for frame in 0..<frames {
        var explicit: [Float] = []
        for draw in 0..<draws {
          let start = (draw * frames + frame) * count
          explicit += noise[start..<(start + count)]
        }
        var clean = [Float](repeating: .nan, count: count)
        let isFinite = explicit.withUnsafeBufferPointer {
          sampler.enhance(
            noisy: Array(y[(frame * count)..<((frame + 1) * count)]), explicitNoise: $0, into: &clean)
        }
        #expect(isFinite)
        output += clean
      }
      let error = errorInDecibels(output, golden.values("\(chain.name)\(level)"))
      #expect(error < Self.tolerance, "\(error) dB at \(kernelLevelName)")
    }
  }
}

/// Encoders that hear the reference through a pre-trained tower.
@Suite struct TowerEncoderTests {
  static func samples(_ hops: Int) -> [Float] { counted(hops, hops * 160).map { $0 * 0.1 } }

  static func tokens(_ encoder: any NoiseEncoder, _ samples: [Float], hops: Int) -> [Float] {
    var tokens = [Float](repeating: .nan, count: encoder.tokenFloatCount)
    encoder.encode(samples, frameCount: hops, into: &tokens)
    return tokens
  }

  @Test(arguments: ["clap", "panns"], [24, 60, 199])
  func `the tokens equal PyTorch's for short and long references`(name: String, hops: Int) throws {
    try atEveryKernelLevel {
      let encoder = try Fixtures.weights("tiny-\(name)").makeNoiseEncoder(maximumFrameCount: 200)
      #expect(encoder.hears == .samples && encoder.tokenFloatCount == 6 * 8)
      let error = errorInDecibels(
        Self.tokens(encoder, Self.samples(hops), hops: hops),
        try Fixtures.golden("tower-\(name)").values("tokens.\(hops)"))
      #expect(error < -100, "\(error) dB at \(kernelLevelName)")
    }
  }

  @Test(arguments: ["clap", "panns"]) func `a reference longer than the tower's room gives its newest part`(
    name: String
  ) throws {
    let encoder = try Fixtures.weights("tiny-\(name)").makeNoiseEncoder(maximumFrameCount: 400)
    let long = Self.samples(400)
    let whole = Self.tokens(encoder, long, hops: 400)
    var changed = long
    for n in 0..<160 { changed[n] += 0.05 }  // 4 s are more than the small CLAP's 2.1 s
    let isHeard = Self.tokens(encoder, changed, hops: 400) != whole
    #expect(isHeard == (name == "panns"))
    changed = long
    for n in 399 * 160..<400 * 160 { changed[n] += 0.05 }
    #expect(Self.tokens(encoder, changed, hops: 400) != whole)
  }

  @Test func `a model tells which tower it has`() throws {
    let weights = try Fixtures.weights("tiny-clap")
    #expect(weights.description.contains("noise encoder: clap, an embedding of 24 as 6 tokens of 8"))
    #expect(weights.parameterCount == weights.metadata.first { $0.key == "parameters" }?.value.integer)
  }
}
