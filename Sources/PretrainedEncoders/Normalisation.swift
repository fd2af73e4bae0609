import Glibc
import NeuralLayers

/// (x − mean)/√(variance + 1e-5) over the channels of each row, then scale and shift: PyTorch's LayerNorm.
struct LayerNorm: Sendable {
  let channels: Int
  private let scale: [Float]
  private let shift: [Float]

  /// Reads `name.weight` and `name.bias`.
  init(_ name: String, channels: Int, read: TensorReader) throws(ModelFileError) {
    self.channels = channels
    scale = try read("\(name).weight", [channels])
    shift = try read("\(name).bias", [channels])
  }

  /// One row; the output may be the input.
  func forward(_ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
    var sum: Float = 0
    for c in 0..<channels { sum += input[c] }
    let mean = sum / Float(channels)
    var squares: Float = 0
    for c in 0..<channels { squares += (input[c] - mean) * (input[c] - mean) }
    let factor = 1 / (squares / Float(channels) + 1e-5).squareRoot()
    scale.withUnsafeBufferPointer { scale in
      shift.withUnsafeBufferPointer { shift in
        for c in 0..<channels { output[c] = (input[c] - mean) * factor * scale[c] + shift[c] }
      }
    }
  }
}

/// x = x·Φ(x), the exact GELU, in place.
func gaussianErrorLinear(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
  for n in 0..<count { x[n] = 0.5 * x[n] * (1 + erff(x[n] * 0.707_106_77)) }
}
