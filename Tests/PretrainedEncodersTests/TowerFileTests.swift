import Foundation
import NeuralLayers
import Testing

@testable import PretrainedEncoders

/// What a tower's file must hold, and the tower's arithmetic at its edges.
@Suite struct TowerFileTests {
  private func message(_ file: SafetensorsFile) -> String {
    do {
      _ = try TowerFile(file: file)
      return "accepted"
    } catch { return "\(error)" }
  }

  private func changed(_ name: String, text: (String) -> String?, adding extra: String? = nil) throws -> SafetensorsFile
  {
    let file = try Fixtures.file("tower-\(name)")
    let metadata = text(file.metadata.first { $0.key == "limpid_tower" }!.value)
    var writer = SafetensorsWriter(metadata: metadata.map { [("limpid_tower", $0)] } ?? [("format", "pt")])
    for tensor in file.tensors { writer.add(tensor.name, shape: tensor.shape, values: try file.floats(tensor)) }
    if let extra { writer.add(extra, shape: [1], values: [1]) }
    return try SafetensorsFile(bytes: writer.bytes(), path: "t.safetensors")
  }

  @Test func `what is no tower is refused in a sentence`() throws {
    #expect(message(try changed("panns", text: { $0 })) == "accepted")
    #expect(message(try changed("panns", text: { _ in nil })).contains("no \"limpid_tower\" entry"))
    #expect(message(try changed("panns", text: { "{" + $0 })).contains("is not JSON"))
    #expect(
      message(try changed("panns", text: { _ in "{\"format\": 1, \"kind\": \"yamnet\"}" })).contains(
        "expected clap or panns"))
    #expect(message(try changed("panns", text: { $0 }, adding: "fc_audioset")).contains("fc_audioset has no place"))
    #expect(message(try changed("clap", text: { _ in "[]" })).contains("is not a JSON object"))
  }

  /// Each block has 256 MB of them, which come of a table of 1 MB.
  @Test func `the position biases of all blocks together have a limit`() throws {
    func said(depths: String) throws -> String {
      let text =
        #"{"format": 1, "kind": "clap", "sample_rate": 16000, "fft_length": 64, "hop_length": 64, "mel_bins": 64, "#
        + #""minimum_frequency": 50, "maximum_frequency": 8000, "clip_samples": 4000, "image": 64, "patch": 2, "#
        + #""width": 64, "depths": \#(depths), "heads": [64], "window": 32, "feed_forward_factor": 1, "embedding": 8}"#
      do {
        _ = try TowerConfiguration(json: try JSONReader.read(text), path: "t.safetensors")
        return "accepted"
      } catch { return "\(error)" }
    }
    #expect(try said(depths: "[1]") == "accepted")
    #expect(try said(depths: "[2]").contains("tower image, width, window and depths take too much memory"))
  }

  @Test(arguments: ["panns", "clap"]) func `silence and one sample give finite embeddings`(name: String) throws {
    let tower = try Fixtures.tower(name)
    for samples in [[Float](repeating: 0, count: 4000), [0.5]] {
      #expect(embedding(tower, samples).allSatisfy { $0.isFinite })
    }
  }

  @Test(arguments: ["panns", "clap"]) func `a tower gives the same bits again, whatever it heard before`(name: String)
    throws
  {
    let weights = try Fixtures.tower(name).weights
    let samples = try Golden(name).values("samples")
    let tower = weights.makeTower(maximumSampleCount: samples.count)
    var first = [Float](repeating: .nan, count: tower.embeddingDimension)
    var other = first
    var again = first
    tower.embed(samples, count: 3000, into: &first)
    tower.embed(samples, count: samples.count, into: &other)
    tower.embed(samples, count: 3000, into: &again)
    #expect(first == again && first != other)
  }

  @Test func `the error function of GELU holds everywhere`() {
    var x = (-1200...1200).map { Float($0) / 100 }
    let expected = x.map { Float(0.5 * Double($0) * erfc(-Double($0) / 2.0.squareRoot())) }
    var scratch = [Float](repeating: .nan, count: x.count)
    gaussianErrorLinear(&x, x.count, scratch: &scratch)
    for i in x.indices { #expect(abs(x[i] - expected[i]) < 1e-6, "\(Float(i - 1200) / 100)") }
  }
}
