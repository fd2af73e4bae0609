import Diffusion
import Foundation
import Ground
import KernelLevels
import NeuralLayers
import ScoreModel
import Testing
import TestSupport

/// The weights that the presets name, against the PyTorch network they were exported from
/// (`python -m training.export --golden`).
@Suite struct ShippedModelTests {
  @Test func `the shipped weights give what PyTorch gives`() throws {
    try atEveryKernelLevel {
      let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      let weights = try ScoreModelWeights(
        path: checkout.appendingPathComponent("presets/models/limpid-sequence.safetensors").path)
      let golden = try Fixtures.golden("shipped")
      let magnitudes = golden.values("magnitudes")
      var tokens = [Float](repeating: .nan, count: golden.values("tokens").count)
      weights.makeNoiseEncoder().encode(
        magnitudes: magnitudes, frameCount: magnitudes.count / 160, into: &tokens)
      let encoderError = errorInDecibels(tokens, golden.values("tokens"))
      #expect(encoderError < -80, "encoder: \(encoderError) dB")

      var network = ScoreNetwork(weights: weights, times: golden.values("t"), batch: 2)
      network.setTokens(tokens)
      let outputs = run(&network, slot: 0, batch: 2, x: golden.values("x"), y: golden.values("y"))
      for (item, kind) in ["conditional", "unconditional"].enumerated() {
        let error = errorInDecibels(outputs[item], golden.values(kind))
        #expect(error < -80, "\(kind): \(error) dB at \(kernelLevelName)")
      }
    }
  }
}
