import Ground
import NeuralLayers

/// A convolution over (rows, columns) of a whole picture, square kernel, zero padding, with bias.
///
/// Patches are copied out, so many positions at a time that they stay near the processor, and multiplied by the packed
/// weights. `forward` does not allocate.
struct Convolution2D: Sendable {
  let inputs: Int
  let outputs: Int
  let kernel: Int
  let stride: Int
  let padding: Int
  private let patches: Linear  // from a patch to its outputs
  private nonisolated(unsafe) let store = WeightStore()  // the memory of `patches`, never written again

  /// Floats of scratch that `forward` takes.
  static let scratchCount = 1 << 20

  /// - Parameters:
  ///   - weight: (outputs, inputs, kernel, kernel), as PyTorch keeps it.
  ///   - bias: (outputs).
  init(
    inputs: Int, outputs: Int, kernel: Int, stride: Int, padding: Int, weight: [Float], bias: [Float]
  ) {
    let area = kernel * kernel
    precondition(weight.count == outputs * inputs * area && bias.count == outputs, "a convolution's sizes agree")
    precondition(area * inputs <= Self.scratchCount, "a patch fits the scratch")
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    var ordered = [Float](repeating: 0, count: weight.count)  // (outputs, kernel · kernel · inputs)
    for o in 0..<outputs {
      for i in 0..<inputs {
        for tap in 0..<area { ordered[(o * area + tap) * inputs + i] = weight[(o * inputs + i) * area + tap] }
      }
    }
    patches = Linear(inputs: area * inputs, outputs: outputs, weight: ordered, bias: bias, store: store)
  }

  /// Rows or columns that come out of so many.
  func outputSize(_ size: Int) -> Int { (size + 2 * padding - kernel) / stride + 1 }

  func multiplyAdds(rows: Int, columns: Int) -> Int {
    outputSize(rows) * outputSize(columns) * kernel * kernel * inputs * outputs
  }

  /// - Parameters:
  ///   - input: (rows, columns, inputs).
  ///   - output: (outputSize(rows), outputSize(columns), outputs).
  ///   - scratch: `scratchCount` floats.
  func forward(
    rows: Int, columns: Int, input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let newColumns = outputSize(columns)
    let positions = outputSize(rows) * newColumns
    let depth = kernel * kernel * inputs
    let most = Self.scratchCount / depth
    var first = 0
    while first < positions {
      let count = min(most, positions - first)
      var patch = scratch
      for position in first..<first + count {
        let top = position / newColumns * stride - padding
        let left = position % newColumns * stride - padding
        for row in top..<top + kernel {
          for column in left..<left + kernel {
            if row >= 0 && row < rows && column >= 0 && column < columns {
              copyFloats(input + (row * columns + column) * inputs, to: patch, count: inputs)
            } else {
              clearFloats(patch, count: inputs)
            }
            patch += inputs
          }
        }
      }
      patches.forward(rows: count, input: scratch, into: output + first * outputs)
      first += count
    }
  }
}
