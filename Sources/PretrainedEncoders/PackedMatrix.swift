import CKernels
import NeuralLayers

/// Weights packed once for CKernels' matrix product, with their bias: C (+)= A · B + bias.
///
/// CKernels rather than OpenBLAS, although nothing here runs on the audio path: it takes no lock, and it finds the
/// processor's vectors where Debian's OpenBLAS 0.3.21 does not know a processor's model and falls back to SSE3.
// Unchecked: never written after init.
final class PackedMatrix: @unchecked Sendable {
  let depth: Int
  let columns: Int
  private let panels: FloatMemory
  private let bias: FloatMemory  // (columns)

  /// - Parameters:
  ///   - source: element (k, n) is source[k · depthStride + n · columnStride].
  ///   - bias: (columns); empty for none.
  init(
    depth: Int, columns: Int, source: UnsafePointer<Float>, depthStride: Int, columnStride: Int, bias: [Float] = []
  ) {
    precondition(bias.isEmpty || bias.count == columns, "a bias has a number for every column")
    self.depth = depth
    self.columns = columns
    panels = FloatMemory(ck_packed_count(1, depth, columns))
    ck_pack(panels.base, 1, 0, depth, columns, source, depthStride, columnStride)
    self.bias = FloatMemory(columns)
    for n in bias.indices { self.bias.base[n] = bias[n] }
  }

  /// - Parameters:
  ///   - a: (rows, depth).
  ///   - c: (rows, columns), apart from `a`; with `accumulate` the product is added to it.
  func multiply(
    rows: Int, _ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, accumulate: Bool = false
  ) {
    multiplyPacked(
      rows: rows, depth: depth, columns: columns, a, pitch: depth, panels: panels.base, bias: bias.base, into: c,
      pitch: columns, accumulate: accumulate)
  }
}

/// C (+)= A · B + bias for B packed into panels; rows of A and C lie `pitch` floats apart.
func multiplyPacked(
  rows: Int, depth: Int, columns: Int, _ a: UnsafePointer<Float>, pitch aPitch: Int, panels: UnsafePointer<Float>,
  bias: UnsafePointer<Float>?, into c: UnsafeMutablePointer<Float>, pitch cPitch: Int, accumulate: Bool
) {
  var product = ck_product()
  product.rows = rows
  product.columns = columns
  product.depth = depth
  product.taps = 1
  product.items = 1
  product.a.0 = a
  product.a_row_stride = aPitch
  product.panels = panels
  product.bias = bias
  product.c = c
  product.c_row_stride = cPitch
  product.accumulate = accumulate
  ck_multiply(&product)
}
