import NeuralLayers

/// y = W x + b on every row: for many rows off the audio path. `forward` does not allocate.
struct Dense: Sendable {
  let inputs: Int
  let outputs: Int
  private let matrix: PackedMatrix

  /// Reads `name.weight` and `name.bias`.
  ///
  /// - Parameter scaled: the first so many outputs are multiplied by the factor.
  init(
    _ name: String, inputs: Int, outputs: Int, hasBias: Bool = true, scaled: (outputs: Int, factor: Float) = (0, 1),
    read: TensorReader
  ) throws(ModelFileError) {
    var weight = try read("\(name).weight", [outputs, inputs])
    var bias = hasBias ? try read("\(name).bias", [outputs]) : []
    for i in 0..<scaled.outputs * inputs { weight[i] *= scaled.factor }
    for i in 0..<min(scaled.outputs, bias.count) { bias[i] *= scaled.factor }
    self.inputs = inputs
    self.outputs = outputs
    matrix = PackedMatrix(
      depth: inputs, columns: outputs, source: weight, depthStride: 1, columnStride: inputs, bias: bias)
  }

  /// - Parameters:
  ///   - input: (rows, inputs).
  ///   - output: (rows, outputs), apart from the input; with `accumulate` the result is added to it.
  func forward(
    rows: Int, input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, accumulate: Bool = false
  ) { matrix.multiply(rows: rows, input, into: output, accumulate: accumulate) }
}
