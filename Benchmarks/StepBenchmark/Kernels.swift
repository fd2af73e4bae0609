import COpenBLAS
import Ground
import NeuralLayers

extension StepBenchmark {
  /// The kernels at the shipped network's sizes, and what one thread can reach: OpenBLAS sgemm, 768³.
  static func timeKernels(_ precision: ProductPrecision, _ report: inout Report) {
    openblas_set_num_threads(1)
    let n = 768
    let a = values(n * n, 1)
    var c = [Float](repeating: 0, count: n * n)
    report.add(
      "sgemm 768",
      microseconds(30) {
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(n), Int32(n), Int32(n), 1, a, Int32(n), a, Int32(n), 0, &c,
          Int32(n))
      }, multiplyAdds: n * n * n)

    let store = WeightStore()
    let output = FloatMemory(1 << 16)
    for (name, channels, taps, bands) in [
      ("convolution 2x3, 48 channels, 40 bands", 48, 2, 40), ("convolution 1x3, 48 channels, 40 bands", 48, 1, 40),
      ("convolution 2x3, 64 channels, 20 bands", 64, 2, 20), ("convolution 1x3, 64 channels, 20 bands", 64, 1, 20),
    ] {
      let layer = CausalConvolution(
        inputs: channels, outputs: channels, taps: taps, width: 3, bands: bands,
        weight: values(channels * channels * taps * 3, 0.1), bias: values(channels, 0.1),
        precision: precision, store: store)
      let history = FloatMemory(layer.historyCount)
      report.add(
        name, microseconds(2000) { layer.forward(history: history.base, frame: 1, into: output.base) },
        multiplyAdds: channels * channels * taps * 3 * bands)
    }

    let (bands, d, heads) = (20, 64, 4)
    let input = FloatMemory(bands * 128)
    for (i, value) in values(bands * 128, 1).enumerated() { input.base[i] = value }
    let scratch = FloatMemory(1 << 16)
    let gru = GatedRecurrentUnit(
      inputs: d, units: d, inputWeight: values(3 * d * d, 0.1), stateWeight: values(3 * d * d, 0.1),
      inputBias: values(3 * d, 0.1), stateBias: values(3 * d, 0.1), precision: precision, store: store)
    let state = FloatMemory(bands * d)
    report.add(
      "GRU, 64 units, 20 bands",
      microseconds(2000) { gru.forward(bands: bands, input: input.base, state: state.base, scratch: scratch.base) },
      multiplyAdds: bands * 6 * d * d)
    let square = values(d * d, 0.1)
    let bias = values(d, 0.1)
    let attention = SelfAttention(
      dimension: d, heads: heads, queryWeight: square, queryBias: bias, keyValueWeight: square + square,
      keyValueBias: bias + bias, outWeight: square, outBias: bias, precision: precision, store: store)
    // Bounded in number, so that what is added to the output stays finite.
    report.add(
      "self-attention, 4 heads, 20 bands",
      microseconds(2000) {
        attention.forward(bands: bands, input: input.base, addingTo: output.base, scratch: scratch.base)
      }, multiplyAdds: bands * (4 * d * d + 2 * bands * d))
    let cross = CrossAttention(
      dimension: d, heads: heads, tokens: 16, tokenDimension: d, queryWeight: square, queryBias: bias,
      keyValueWeight: square + square, keyValueBias: bias + bias, outWeight: square, outBias: bias, store: store)
    let folded = FloatMemory(cross.foldedCount)
    let foldScratch = FloatMemory(cross.foldScratchCount)
    cross.fold(tokens: values(16 * d, 1), count: 16, into: folded.base, scratch: foldScratch.base)
    report.add(
      "cross-attention, 16 tokens, 20 bands",
      microseconds(2000) {
        cross.forward(
          bands: bands, tokens: 16, folded: folded.base, input: input.base, addingTo: output.base, scratch: scratch.base
        )
      }, multiplyAdds: bands * 2 * d * heads * 16)
    // No matrix, so no GFLOP/s: the times speak.
    report.add(
      "norm, 20 bands of 64",
      microseconds(2000) { RMSNorm.forward(rows: bands, channels: d, input: input.base, into: output.base) })
    report.add("SiLU, 20 bands of 128", microseconds(2000) { applySiLU(input.base, bands * 128) })
  }
}
