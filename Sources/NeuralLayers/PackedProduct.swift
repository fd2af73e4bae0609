import CKernels
import Ground

/// C (+)= A · B + bias for B packed into panels; rows of A and C lie `pitch` floats apart.
@_noLocks
package func multiplyPacked(
  rows: Int, depth: Int, columns: Int, _ a: UnsafePointer<Float>, pitch aPitch: Int, panels: UnsafePointer<Float>,
  bias: UnsafePointer<Float>?, into c: UnsafeMutablePointer<Float>, pitch cPitch: Int, accumulate: Bool = false
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
  multiply(&product)
}
