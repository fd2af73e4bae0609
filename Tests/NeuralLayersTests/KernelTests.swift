import CKernels
import Foundation
import Testing
import TestSupport

/// The kernels against plain loops in double precision, at every level that this processor runs.
@Suite struct KernelTests {
  static let levels = (0...2).filter { ck_level_is_supported(Int32($0)) }.map { Int32($0) }

  func at(_ level: Int32, _ body: () -> Void) {
    #expect(ck_level_force(level))
    body()
    ck_level_force(-1)
  }

  @Test(arguments: levels) func `the product equals plain loops for sizes around every tile`(level: Int32) {
    var random = SplitMix(1)
    for (rows, columns, depth) in [
      (1, 1, 1), (2, 15, 3), (3, 16, 5), (5, 17, 4), (6, 31, 2), (7, 32, 9), (9, 33, 7), (13, 47, 3),
      (14, 48, 6), (15, 64, 2), (20, 65, 5), (29, 100, 3),
    ] {
      let a = random.samples(rows * depth)
      let b = random.samples(depth * columns)
      let bias = random.samples((columns + 15) & ~15)
      var panels = unwritten(Int(ck_packed_count(1, depth, columns)))
      ck_pack(&panels, 1, 0, depth, columns, b, columns, 1)
      var c = unwritten(rows * (columns + 3))
      at(level) {
        a.withUnsafeBufferPointer { a in
          bias.withUnsafeBufferPointer { bias in
            panels.withUnsafeBufferPointer { panels in
              c.withUnsafeMutableBufferPointer { c in
                var product = ck_product()
                product.rows = rows
                product.columns = columns
                product.depth = depth
                product.taps = 1
                product.items = 1
                product.a.0 = a.baseAddress
                product.a_row_stride = depth
                product.panels = panels.baseAddress
                product.bias = bias.baseAddress
                product.c = c.baseAddress
                product.c_row_stride = columns + 3
                ck_multiply(&product)
                product.accumulate = true
                product.bias = nil
                ck_multiply(&product)
              }
            }
          }
        }
      }
      for r in 0..<rows {
        for n in 0..<columns {
          var sum = 0.0
          for k in 0..<depth { sum += Double(a[r * depth + k]) * Double(b[k * columns + n]) }
          #expect(abs(Double(c[r * (columns + 3) + n]) - (2 * sum + Double(bias[n]))) < 1e-5)
        }
        // What lies between the rows is nobody's to write.
        for n in columns..<columns + 3 { #expect(c[r * (columns + 3) + n].isNaN) }
      }
    }
  }

  @Test(arguments: levels) func `a row's result is the same to the bit however many rows run with it`(
    level: Int32
  ) {
    var random = SplitMix(2)
    let (depth, columns, most) = (37, 48, 40)
    let a = random.samples(most * depth)
    let b = random.samples(depth * columns)
    var panels = unwritten(Int(ck_packed_count(1, depth, columns)))
    ck_pack(&panels, 1, 0, depth, columns, b, columns, 1)
    func product(rows: Int) -> [Float] {
      var c = unwritten(rows * columns)
      at(level) {
        a.withUnsafeBufferPointer { a in
          panels.withUnsafeBufferPointer { panels in
            c.withUnsafeMutableBufferPointer { c in
              var product = ck_product()
              product.rows = rows
              product.columns = columns
              product.depth = depth
              product.taps = 1
              product.items = 1
              product.a.0 = a.baseAddress
              product.a_row_stride = depth
              product.panels = panels.baseAddress
              product.c = c.baseAddress
              product.c_row_stride = columns
              ck_multiply(&product)
            }
          }
        }
      }
      return c
    }
    let whole = product(rows: most)
    for rows in 1..<most { #expect(product(rows: rows) == Array(whole[..<(rows * columns)])) }
  }

  /// Of a GRU's update gate: with a candidate of tanh 0 = 0 the new state is the gate's share of the old one, 1.
  private func sigmoids(_ x: [Float]) -> [Float] {
    var state = [Float](repeating: 1, count: x.count)
    let zeros = [Float](repeating: 0, count: x.count)
    ck_gru_gates(1, x.count, zeros + x + zeros, zeros + zeros + zeros, &state)
    return state
  }

  /// Of a GRU's candidate: with an update gate of 0 it is the new state.
  private func hyperbolicTangents(_ x: [Float]) -> [Float] {
    var state = [Float](repeating: 0, count: x.count)
    let zeros = [Float](repeating: 0, count: x.count)
    let shut = [Float](repeating: -200, count: x.count)
    ck_gru_gates(1, x.count, zeros + shut + x, zeros + zeros + zeros, &state)
    return state
  }

  @Test(arguments: levels) func `exponential, sigmoid and tanh keep a relative accuracy of 1e-6`(level: Int32) {
    let x = Golden.values("functions.input")
    var y = unwritten(x.count)
    func worst(_ reference: [Float], where included: (Float) -> Bool = { _ in true }) -> Float {
      var worst: Float = 0
      for i in x.indices where included(x[i]) && abs(reference[i]) > 1e-37 {
        worst = max(worst, abs(y[i] - reference[i]) / abs(reference[i]))
      }
      return worst
    }
    at(level) { ck_exponential(x.count, x, &y) }
    #expect(worst(Golden.values("functions.exponential"), where: { $0 > -87 && $0 < 88 }) < 1e-6)
    at(level) { y = sigmoids(x) }
    #expect(worst(Golden.values("functions.sigmoid")) < 1e-6)
    at(level) { y = hyperbolicTangents(x) }
    #expect(worst(Golden.values("functions.tanh")) < 1e-6)
    y = x
    at(level) { ck_silu(y.count, &y) }
    #expect(worst(Golden.values("functions.silu"), where: { $0 > -88 }) < 1e-6)
  }

  @Test(arguments: levels) func `huge arguments saturate and NaN stays NaN`(level: Int32) {
    let x: [Float] = [.infinity, -.infinity, 3e38, -3e38, 89, -104, .nan]
    var y = unwritten(x.count)
    at(level) { ck_exponential(x.count, x, &y) }
    #expect(Array(y[..<6]) == [.infinity, 0, .infinity, 0, .infinity, 0])
    #expect(y[6].isNaN)
    at(level) { y = sigmoids(x) }
    #expect(Array(y[..<6]) == [1, 0, 1, 0, 1, 0])
    #expect(y[6].isNaN)
    at(level) { y = hyperbolicTangents(x) }
    #expect(Array(y[..<6]) == [1, -1, 1, -1, 1, -1])
    #expect(y[6].isNaN)
    var norm: [Float] = [1, 2, .nan]
    at(level) { ck_rms_norm(1, 3, norm, nil, nil, 0, &norm) }
    #expect(norm.allSatisfy { $0.isNaN })
  }

  @Test(arguments: levels) func `softmax sums to one for any number of keys`(level: Int32) {
    var random = SplitMix(3)
    for keys in [1, 2, 4, 5, 15, 16, 17, 40] {
      let x = random.samples(3 * keys).map { $0 * 30 }
      var y = x
      at(level) { ck_softmax(3, keys, &y) }
      for row in 0..<3 {
        let values = x[(row * keys)..<((row + 1) * keys)].map { Double($0) }
        let top = values.max()!
        let total = values.reduce(0) { $0 + exp($1 - top) }
        for k in 0..<keys {
          #expect(abs(Double(y[row * keys + k]) - exp(values[k] - top) / total) < 1e-6)
        }
      }
    }
  }

  @Test func `denormals are flushed on this thread and the setting is given back`() {
    // SiLU halves small numbers; a product written here would be folded by the optimiser.
    var flushed: [Float] = [.leastNormalMagnitude]
    var kept = flushed
    let saved = ck_flush_denormals()
    ck_silu(1, &flushed)
    ck_restore_denormals(saved)
    ck_silu(1, &kept)
    #expect(flushed[0] == 0)
    #expect(kept[0] > 0)
  }
}
