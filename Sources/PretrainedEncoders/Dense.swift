import COpenBLAS
import NeuralLayers

/// y = W x + b on every row, by OpenBLAS: for many rows off the audio path. `forward` does not allocate.
struct Dense: Sendable {
  let inputs: Int
  let outputs: Int
  private let weight: [Float]  // (outputs, inputs)
  private let bias: [Float]  // (outputs), or empty

  /// - Parameters:
  ///   - weight: (outputs, inputs), as PyTorch keeps it.
  ///   - bias: (outputs); empty for none.
  init(inputs: Int, outputs: Int, weight: [Float], bias: [Float]) {
    precondition(
      weight.count == inputs * outputs && (bias.isEmpty || bias.count == outputs), "a linear layer's sizes agree")
    self.inputs = inputs
    self.outputs = outputs
    self.weight = weight
    self.bias = bias
    openblas_set_num_threads(1)
  }

  /// Reads `name.weight` and `name.bias`.
  init(
    _ name: String, inputs: Int, outputs: Int, hasBias: Bool = true, read: TensorReader
  ) throws(ModelFileError) {
    let weight = try read("\(name).weight", [outputs, inputs])
    let bias = hasBias ? try read("\(name).bias", [outputs]) : []
    self.init(inputs: inputs, outputs: outputs, weight: weight, bias: bias)
  }

  /// - Parameters:
  ///   - input: (rows, inputs).
  ///   - output: (rows, outputs), apart from the input; with `accumulate` the result is added to it.
  func forward(
    rows: Int, input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, accumulate: Bool = false
  ) {
    if !bias.isEmpty {
      bias.withUnsafeBufferPointer { bias in
        for row in 0..<rows {
          let target = output + row * outputs
          if accumulate {
            for o in 0..<outputs { target[o] += bias[o] }
          } else {
            copyFloats(from: bias.baseAddress!, to: target, outputs)
          }
        }
      }
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs), 1, input, Int32(inputs),
      weight, Int32(inputs), bias.isEmpty && !accumulate ? 0 : 1, output, Int32(outputs))
  }
}
