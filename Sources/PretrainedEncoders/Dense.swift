import NeuralLayers

/// y = W x + b on every row: for many rows off the audio path. `forward` does not allocate.
struct Dense: Sendable {
  let inputs: Int
  let outputs: Int
  private let linear: Linear
  private nonisolated(unsafe) let store = WeightStore()  // the memory of `linear`, never written again

  /// Reads `name.weight` and `name.bias`.
  ///
  /// - Parameter scaled: the first so many outputs are multiplied by the factor.
  init(
    _ name: String, inputs: Int, outputs: Int, hasBias: Bool = true, scaled: (outputs: Int, factor: Float) = (0, 1),
    read: TensorReader
  ) throws(ModelFileError) {
    var weight = try read("\(name).weight", [outputs, inputs])
    var bias = hasBias ? try read("\(name).bias", [outputs]) : [Float](repeating: 0, count: outputs)
    for i in 0..<scaled.outputs * inputs { weight[i] *= scaled.factor }
    for i in 0..<scaled.outputs { bias[i] *= scaled.factor }
    self.inputs = inputs
    self.outputs = outputs
    linear = Linear(inputs: inputs, outputs: outputs, weight: weight, bias: bias, store: store)
  }

  /// - Parameters:
  ///   - input: (rows, inputs).
  ///   - output: (rows, outputs), apart from the input; with `accumulate` the result is added to it.
  func forward(
    rows: Int, input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, accumulate: Bool = false
  ) { linear.forward(rows: rows, input: input, into: output, accumulate: accumulate) }
}
