import ScoreModel

/// The work that tools/count-work counts: 20 steps, 5 guided ones, one change of tokens, one reference of 50 frames.
///
/// The same instructions every time. Its name is the one that callgrind switches its counting on and off by.
func runCountedWork(_ weights: ScoreModelWeights) {
  let c = weights.configuration
  let input = StepBenchmark.values(50 * 2 * c.bins, 0.3)
  let magnitudes = input.map { abs($0) }
  var output = [Float](repeating: 0, count: 4 * c.bins)
  var network = ScoreNetwork(weights: weights, times: [1], batch: 2)
  let encoder = weights.makeNoiseEncoder(maximumFrameCount: 50)
  var tokens = [Float](repeating: 0, count: encoder.tokenFloatCount)
  countedWork(&network, encoder, input, magnitudes, &tokens, &output)
  // The result is used, so no part of the work can be left out.
  print(output.allSatisfy(\.isFinite) ? "done" : "not finite")
}

@inline(never)
func countedWorkMarker(_ body: UnsafeMutableRawPointer) {
  body.assumingMemoryBound(to: (() -> Void).self).pointee()
}

private func countedWork(
  _ network: inout ScoreNetwork, _ encoder: any NoiseEncoder, _ input: [Float], _ magnitudes: [Float],
  _ tokens: inout [Float], _ output: inout [Float]
) {
  let bins = network.bins
  withUnsafeMutablePointer(to: &network) { network in
    tokens.withUnsafeMutableBufferPointer { tokens in
      output.withUnsafeMutableBufferPointer { output in
        input.withUnsafeBufferPointer { input in
          nonisolated(unsafe) let (network, tokens, output, input) = (network, tokens, output, input)
          var body: () -> Void = {
            encoder.encode(magnitudes: magnitudes, frameCount: 50, into: tokens.baseAddress!)
            network.pointee.setTokens(UnsafePointer(tokens.baseAddress!))
            for frame in 0..<25 {
              let x = input.baseAddress! + frame * 2 * bins
              network.pointee.predict(
                slot: 0, batch: frame < 20 ? 1 : 2, state: x, noisy: x + 2 * bins, into: output.baseAddress!)
            }
          }
          withUnsafeMutablePointer(to: &body) { countedWorkMarker(UnsafeMutableRawPointer($0)) }
        }
      }
    }
  }
}
