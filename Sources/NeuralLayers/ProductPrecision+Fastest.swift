import Ground

extension ProductPrecision {
  /// The one whose products take clearly less time on this processor; `float32` where there is little between them.
  ///
  /// Measured, as having AVX512_BF16 does not tell: with it a Zen multiplies twice as many numbers in an instruction as
  /// without, and a Xeon starts half as many instructions. Once in a process, in a millisecond, under a lock: not for the real-time path.
  package static var fastest: ProductPrecision {
    bfloat16.isSupported && bfloat16Gains ? .bfloat16 : .float32
  }

  /// Of float32's time, that bfloat16 may take at the most: for less it is not worth the rounding, and two measurements on
  /// one machine would differ.
  static let largestShare = 0.85

  private static let bfloat16Gains = bfloat16.isSupported && bfloat16Share() < largestShare

  /// The time of a product in bfloat16 as a share of the same in float32: of each the shortest of many in turns, which
  /// other work on the machine leaves alone.
  static func bfloat16Share() -> Double {
    // A frame's bands through a GRU's gates, about.
    let (rows, inputs, outputs) = (20, 128, 384)
    let store = WeightStore()
    let weight = (0..<inputs * outputs).map { Float($0 % 61) / 61 - 0.5 }
    let bias = [Float](repeating: 0.1, count: outputs)
    let input = FloatMemory(rows * inputs)
    let output = FloatMemory(rows * outputs)
    for n in 0..<rows * inputs { input.base[n] = Float(n % 53) / 53 - 0.5 }
    let layers = [ProductPrecision.float32, .bfloat16].map {
      Linear(inputs: inputs, outputs: outputs, weight: weight, bias: bias, precision: $0, store: store)
    }
    var shortest = [UInt64](repeating: .max, count: layers.count)
    for _ in 0..<40 {
      for (n, layer) in layers.enumerated() {
        let start = monotonicNanoseconds()
        layer.forward(rows: rows, input: input.base, into: output.base)
        shortest[n] = min(shortest[n], monotonicNanoseconds() - start)
      }
    }
    withExtendedLifetime(store) {}
    return Double(shortest[1]) / Double(max(shortest[0], 1))
  }
}
