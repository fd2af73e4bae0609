import CKernels
import Ground

/// y = W x + b on every row, for several items that share the weights.
///
/// A plain value that points into a `WeightStore`. `forward` neither allocates nor locks.
package struct Linear: Sendable {
  package let inputs: Int
  package let outputs: Int
  private let matrix: PackedMatrix
  private nonisolated(unsafe) let bias: UnsafePointer<Float>

  /// - Parameters:
  ///   - weight: (outputs, inputs), as PyTorch keeps it.
  ///   - bias: (outputs).
  package init(
    inputs: Int, outputs: Int, weight: [Float], bias: [Float], precision: ProductPrecision = .float32,
    store: WeightStore
  ) {
    precondition(weight.count == inputs * outputs && bias.count == outputs, "a linear layer's sizes agree")
    self.inputs = inputs
    self.outputs = outputs
    matrix = PackedMatrix(taps: 1, depth: inputs, columns: outputs, precision: precision, store: store) {
      ck_pack($0, 1, 0, inputs, outputs, weight, 1, inputs)
    }
    self.bias = store.copy(bias)
  }

  /// Rows of an item are contiguous: input (items, rows, inputs), output (items, rows, outputs), items
  /// `inputItemStride` and `outputItemStride` floats apart. With `accumulate` the result is added to the output.
  @_noLocks
  package func forward(
    rows: Int, items: Int = 1, input: UnsafePointer<Float>, inputItemStride: Int = 0,
    into output: UnsafeMutablePointer<Float>, outputItemStride: Int = 0, accumulate: Bool = false
  ) {
    var product = ck_product()
    product.rows = rows
    product.columns = outputs
    product.depth = inputs
    product.taps = 1
    product.items = items
    product.a.0 = input
    product.a_row_stride = inputs
    product.a_item_stride = inputItemStride
    matrix.set(in: &product)
    product.bias = bias
    product.c = output
    product.c_row_stride = outputs
    product.c_item_stride = outputItemStride
    product.accumulate = accumulate
    multiply(&product)
  }
}
