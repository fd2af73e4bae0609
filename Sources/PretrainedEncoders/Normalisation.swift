import Ground
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
///
/// Φ by Abramowitz and Stegun's 7.1.26: erf z = 1 − (a₁t + … + a₅t⁵)·e^(−z²), t = 1/(1 + 0.3275911 z) for z ≥ 0, within
/// 1.5e-7; the tail is what the formula gives, so it does not cancel.
///
/// - Parameter scratch: `count` floats.
func gaussianErrorLinear(_ x: UnsafeMutablePointer<Float>, _ count: Int, scratch: UnsafeMutablePointer<Float>) {
  for n in 0..<count { scratch[n] = -0.5 * x[n] * x[n] }
  exponentials(scratch, into: scratch, count: count)
  for n in 0..<count {
    let t = 1 / (1 + 0.231_641_9 * abs(x[n]))  // 0.3275911/√2
    var p: Float = 1.061_405_429
    p = p * t - 1.453_152_027
    p = p * t + 1.421_413_741
    p = p * t - 0.284_496_736
    p = p * t + 0.254_829_592
    let tail = 0.5 * p * t * scratch[n]  // 1 − Φ(|x|)
    x[n] = x[n] * (x[n] < 0 ? tail : 1 - tail)
  }
}
