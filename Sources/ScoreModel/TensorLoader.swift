import NeuralLayers

/// Takes tensors out of a weights file by name and expected shape, and remembers which.
struct TensorLoader {
  let file: SafetensorsFile
  let store: WeightStore
  /// Of the layers read from here on.
  var precision = ProductPrecision.float32
  private var taken: Set<String> = []
  private(set) var parameterCount = 0

  init(file: SafetensorsFile, store: WeightStore) {
    self.file = file
    self.store = store
  }

  mutating func floats(_ name: String, _ shape: Int...) throws(ModelFileError) -> [Float] {
    try floats(name, shape: shape)
  }

  /// For readers that make their shapes themselves.
  mutating func floats(_ name: String, shape: [Int]) throws(ModelFileError) -> [Float] {
    let values = try file.floats(name, shape: shape)
    taken.insert(name)
    parameterCount += values.count
    return values
  }

  /// A tensor that is stored but not learned.
  mutating func constant(_ name: String, _ shape: Int...) throws(ModelFileError) -> [Float] {
    let values = try file.floats(name, shape: shape)
    taken.insert(name)
    return values
  }

  mutating func linear(_ name: String, inputs: Int, outputs: Int) throws(ModelFileError) -> Linear {
    let weight = try floats("\(name).weight", outputs, inputs)
    let bias = try floats("\(name).bias", outputs)
    return Linear(inputs: inputs, outputs: outputs, weight: weight, bias: bias, precision: precision, store: store)
  }

  /// A GRU of one layer, by PyTorch's names.
  mutating func recurrentUnit(_ name: String, inputs: Int, units: Int) throws(ModelFileError) -> GatedRecurrentUnit {
    GatedRecurrentUnit(
      inputs: inputs, units: units,
      inputWeight: try floats("\(name).weight_ih_l0", 3 * units, inputs),
      stateWeight: try floats("\(name).weight_hh_l0", 3 * units, units),
      inputBias: try floats("\(name).bias_ih_l0", 3 * units),
      stateBias: try floats("\(name).bias_hh_l0", 3 * units), precision: precision, store: store)
  }

  mutating func convolution(
    _ name: String, inputs: Int, outputs: Int, taps: Int = 1, width: Int, dilation: Int = 1, stride: Int = 1,
    bands: Int
  ) throws(ModelFileError) -> CausalConvolution {
    let weight = try floats("\(name).weight", outputs, inputs, taps, width)
    let bias = try floats("\(name).bias", outputs)
    return CausalConvolution(
      inputs: inputs, outputs: outputs, taps: taps, width: width, dilation: dilation, stride: stride,
      bands: bands, weight: weight, bias: bias, precision: precision, store: store)
  }

  mutating func encoderConvolution(
    _ name: String, inputs: Int, outputs: Int, timeStride: Int
  ) throws(ModelFileError) -> EncoderConvolution {
    let weight = try floats("\(name).weight", outputs, inputs, 3, 3)
    let bias = try floats("\(name).bias", outputs)
    let scale = try floats("\(name).scale", outputs)
    return EncoderConvolution(
      inputs: inputs, outputs: outputs, timeStride: timeStride, weight: weight, bias: bias, scale: scale)
  }

  /// Refuses a file that holds more than was taken: its configuration does not describe it.
  func finish() throws(ModelFileError) {
    for tensor in file.tensors where !taken.contains(tensor.name) {
      throw .unexpectedTensor(path: file.path, tensor: tensor.name)
    }
  }
}
