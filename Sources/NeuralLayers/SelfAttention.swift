import CKernels
import Ground

/// Multi-head attention of the bands of one frame among themselves.
///
/// A plain value that points into a `WeightStore`. `forward` neither allocates nor locks.
package struct SelfAttention: Sendable {
  package let dimension: Int
  package let heads: Int
  private let queryKeyValue: Linear
  private let out: Linear

  /// Weights as PyTorch keeps them: query (d, d), key and value together (2 d, d), out (d, d).
  ///
  /// - Parameter precision: of the products with these weights; those of queries, keys and values are float32.
  package init(
    dimension: Int, heads: Int, queryWeight: [Float], queryBias: [Float], keyValueWeight: [Float],
    keyValueBias: [Float], outWeight: [Float], outBias: [Float], precision: ProductPrecision = .float32,
    store: WeightStore
  ) {
    precondition(dimension % heads == 0, "the heads share the dimension evenly")
    self.dimension = dimension
    self.heads = heads
    queryKeyValue = Linear(
      inputs: dimension, outputs: 3 * dimension, weight: queryWeight + keyValueWeight,
      bias: queryBias + keyValueBias, precision: precision, store: store)
    out = Linear(
      inputs: dimension, outputs: dimension, weight: outWeight, bias: outBias, precision: precision,
      store: store)
  }

  /// Floats of scratch for so many bands and items.
  package func scratchCount(bands: Int, items: Int) -> Int {
    items * 4 * dimension * bands + Int(ck_self_attention_scratch(bands, dimension / heads))
  }

  /// Adds the attention's output to `output`: (items, bands, dimension), like the input, contiguous.
  @_noLocks
  package func forward(
    bands: Int, items: Int = 1, input: UnsafePointer<Float>, addingTo output: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let rows = items * bands
    let projected = scratch
    let mixed = projected + rows * 3 * dimension
    let keys = mixed + rows * dimension
    queryKeyValue.forward(rows: rows, input: input, into: projected)
    for item in 0..<items {
      attend(
        bands, heads, dimension / heads, projected + item * bands * 3 * dimension, keys,
        mixed + item * bands * dimension)
    }
    out.forward(rows: rows, input: mixed, into: output, accumulate: true)
  }
}
