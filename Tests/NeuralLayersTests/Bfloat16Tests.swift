import CKernels
import Foundation
import Ground
import NeuralLayers
import Testing
import TestSupport

/// Products in bfloat16. The kernel against plain loops in double precision over rounded operands; the layers against
/// PyTorch with the same roundings (tools/golden/bfloat16.py).
@Suite(.enabled(if: ck_has_bfloat16(), "this processor has no AVX512_BF16")) struct Bfloat16Tests {
  /// To the nearest, ties to even.
  static func rounded(_ x: Float) -> Float {
    Float(bitPattern: (x.bitPattern &+ 0x7fff &+ (x.bitPattern >> 16 & 1)) & 0xffff_0000)
  }

  /// One product; A's rows `stride` apart, items `itemStride`. The result's rows are 3 further apart than they are long.
  static func product(
    rows: Int, columns: Int, depth: Int, stride: Int, taps: Int = 1, items: Int = 1, itemStride: Int = 0, a: [Float],
    tapOffset: Int = 0, pairs: [UInt32], bias: [Float]? = nil, accumulatingOn old: [Float]? = nil
  ) -> [Float] {
    var result = old ?? unwritten(items * rows * (columns + 3))
    a.withUnsafeBufferPointer { a in
      pairs.withUnsafeBufferPointer { pairs in
        (bias ?? [0]).withUnsafeBufferPointer { values in
          result.withUnsafeMutableBufferPointer { c in
            var product = ck_product()
            product.rows = rows
            product.columns = columns
            product.depth = depth
            product.taps = taps
            product.items = items
            product.a.0 = a.baseAddress
            product.a.1 = a.baseAddress! + tapOffset
            product.a.2 = a.baseAddress! + 2 * tapOffset
            product.a.3 = a.baseAddress! + 3 * tapOffset
            product.a_row_stride = stride
            product.a_item_stride = itemStride
            product.pairs = pairs.baseAddress
            product.bias = bias == nil ? nil : values.baseAddress
            product.c = c.baseAddress
            product.c_row_stride = columns + 3
            product.c_item_stride = rows * (columns + 3)
            product.accumulate = old != nil
            ck_multiply(&product)
          }
        }
      }
    }
    return result
  }

  static func pairs(taps: Int = 1, depth: Int, columns: Int, _ b: [Float]) -> [UInt32] {
    var panels = unwritten(Int(ck_packed_count(taps, depth, columns)))
    for tap in 0..<taps {
      ck_pack(&panels, taps, tap, depth, columns, Array(b[(tap * depth * columns)...]), columns, 1)
    }
    var pairs = [UInt32](repeating: .max, count: Int(ck_pairs_count(taps, depth, columns)))
    ck_pack_pairs(&pairs, taps, depth, columns, panels)
    return pairs
  }

  /// Rows that overlap, touch or lie apart, odd and even depths, taps, items, and more than the kernel rounds at once.
  @Test(arguments: [
    (1, 1, 1, 1, 1, 1), (2, 15, 3, 3, 2, 1), (3, 16, 6, 2, 1, 2), (5, 17, 5, 2, 3, 1), (6, 31, 12, 3, 2, 2),
    (7, 32, 9, 14, 1, 1), (9, 33, 8, 11, 4, 2), (13, 47, 32, 32, 1, 1), (14, 48, 48, 16, 2, 1), (20, 192, 64, 64, 1, 2),
    (29, 100, 17, 5, 1, 1), (40, 48, 144, 48, 2, 1), (41, 20, 3000, 3000, 1, 1), (25, 20, 2001, 100, 2, 1),
    (300, 5, 200, 150, 2, 2), (2, 3, 8192, 7, 4, 1),
  ]) func `the product equals plain loops over rounded operands`(
    sizes: (rows: Int, columns: Int, depth: Int, stride: Int, taps: Int, items: Int)
  ) {
    let (rows, columns, depth, stride, taps, items) = sizes
    var random = SplitMix(7)
    let tapOffset = rows * stride + depth + 1
    let itemStride = taps * tapOffset + 3
    let a = random.samples(items * itemStride)
    let b = random.samples(taps * depth * columns)
    let bias = random.samples((columns + 15) & ~15)
    let pairs = Self.pairs(taps: taps, depth: depth, columns: columns, b)
    let once = Self.product(
      rows: rows, columns: columns, depth: depth, stride: stride, taps: taps, items: items, itemStride: itemStride,
      a: a,
      tapOffset: tapOffset, pairs: pairs, bias: bias)
    let (ra, rb) = (a.map { Double(Self.rounded($0)) }, b.map { Double(Self.rounded($0)) })
    for item in 0..<items {
      for r in 0..<rows {
        let row = (item * rows + r) * (columns + 3)
        for n in 0..<columns {
          var sum = Double(bias[n])
          var size = abs(sum)
          for tap in 0..<taps {
            let place = item * itemStride + tap * tapOffset + r * stride
            for k in 0..<depth {
              let term = ra[place + k] * rb[(tap * depth + k) * columns + n]
              sum += term
              size += abs(term)
            }
          }
          // Each of the chain's additions rounds to 2⁻²⁴ of a partial sum, which is at most `size`; of so many random
          // roundings the root of their number counts, twelve times over.
          let tolerance = 12 * Double(taps * depth + 1).squareRoot() * 0x1p-24 * size
          #expect(abs(Double(once[row + n]) - sum) <= tolerance)
        }
        // What lies between the rows is nobody's to write.
        for n in columns..<columns + 3 { #expect(once[row + n].isNaN) }
      }
    }
  }

  @Test func `the product adds to what is there`() {
    var random = SplitMix(8)
    let (rows, columns, depth) = (5, 37, 6)
    let a = random.samples(rows * depth)
    let pairs = Self.pairs(depth: depth, columns: columns, random.samples(depth * columns))
    let plain = Self.product(rows: rows, columns: columns, depth: depth, stride: depth, a: a, pairs: pairs)
    let sum = Self.product(
      rows: rows, columns: columns, depth: depth, stride: depth, a: a, pairs: pairs, accumulatingOn: plain)
    for (twice, once) in zip(sum, plain) where !once.isNaN { #expect(twice == 2 * once) }
  }

  @Test func `values are rounded to the nearest, ties to even`() {
    // 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷, 1 + 3 · 2⁻⁸ between 1 + 2⁻⁷ and 1 + 2⁻⁶.
    let cases: [(Float, Float)] = [
      (0x1.01p0, 1), (0x1.03p0, 0x1.04p0), (0x1.0101p0, 0x1.02p0), (-0x1.01p0, -1), (0x1.fep127, 0x1.fep127),
      (0x1p-126, 0x1p-126), (0, 0),
    ]
    for (x, expected) in cases {
      #expect(Self.rounded(x) == expected)
      let one = Self.pairs(depth: 1, columns: 1, [1])
      #expect(Self.product(rows: 1, columns: 1, depth: 1, stride: 1, a: [x], pairs: one)[0] == expected)
      let weight = Self.pairs(depth: 1, columns: 1, [x])
      #expect(Self.product(rows: 1, columns: 1, depth: 1, stride: 1, a: [1], pairs: weight)[0] == expected)
    }
  }

  /// A pair's second half would be the next row's first value, and NaN times the zero weight is NaN.
  @Test func `what follows a row of odd depth is not read`() {
    let pairs = Self.pairs(depth: 3, columns: 2, [1, 2, 3, 4, 5, 6])
    let result = Self.product(
      rows: 2, columns: 2, depth: 3, stride: 4, a: [1, 1, 1, .nan, 2, 2, 2, .infinity], pairs: pairs)
    #expect([result[0], result[1], result[5], result[6]] == [9, 12, 18, 24])
    let close = Self.product(rows: 2, columns: 2, depth: 3, stride: 3, a: [1, 1, 1, .nan, 2, 2], pairs: pairs)
    #expect(close[0] == 9 && close[1] == 12 && close[5].isNaN)
    #expect(pairs.count == 32 && pairs[16...].allSatisfy { $0 >> 16 == 0 }, "the weights' last row is zeros")
  }

  @Test func `NaN and infinity come through`() {
    let pairs = Self.pairs(depth: 2, columns: 1, [1, 1])
    let result = Self.product(
      rows: 3, columns: 1, depth: 2, stride: 2, a: [.nan, 1, .infinity, 1, 1, 1], pairs: pairs)
    #expect(result[0].isNaN && result[4] == .infinity && result[8] == 2)
  }

  @Test func `a row's result is the same to the bit however many rows run with it`() {
    var random = SplitMix(9)
    let (depth, columns, most) = (38, 48, 40)
    let a = random.samples(most * depth)
    let pairs = Self.pairs(depth: depth, columns: columns, random.samples(depth * columns))
    func product(_ rows: Int) -> [Float] {
      Self.product(rows: rows, columns: columns, depth: depth, stride: depth, a: a, pairs: pairs).filter { !$0.isNaN }
    }
    let whole = product(most)
    #expect(whole.count == most * columns)
    for rows in 1..<most { #expect(product(rows) == Array(whole[..<(rows * columns)])) }
  }

  @Test func `a lower level has no bfloat16`() {
    #expect(ProductPrecision.bfloat16.isSupported)
    #expect(ck_level_force(Int32(ck_level_v3.rawValue)))
    defer { ck_level_force(-1) }
    #expect(!ProductPrecision.bfloat16.isSupported)
    #expect(ProductPrecision.float32.isSupported)
  }
}

/// Layers of one product see exactly PyTorch's operands: -110 dB, as in float32.
@Suite(.enabled(if: ck_has_bfloat16(), "this processor has no AVX512_BF16")) struct Bfloat16LayerTests {
  static let expected: SafetensorsFile = {
    let url = Bundle.module.url(forResource: "Fixtures/layers-bfloat16", withExtension: "safetensors")!
    return try! SafetensorsFile(path: url.path)
  }()
  static func output(_ name: String) -> [Float] { try! expected.floats(expected.tensor("\(name).output")!) }

  @Test(arguments: ["dilated", "dilated_wide", "three_taps", "strided", "odd_stride", "sub_pixel"])
  func `a convolution equals PyTorch's with the same roundings`(name: String) {
    let (inputShape, input) = Golden.tensor("conv_\(name).input")
    let (weightShape, weight) = Golden.tensor("conv_\(name).weight")
    let geometry = Golden.values("conv_\(name).geometry")
    let store = WeightStore()
    let layer = CausalConvolution(
      inputs: weightShape[1], outputs: weightShape[0], taps: weightShape[2], width: weightShape[3],
      dilation: Int(geometry[0]), stride: Int(geometry[1]), bands: inputShape[1], weight: weight,
      bias: Golden.values("conv_\(name).bias"), precision: .bfloat16, store: store)
    let history = FloatMemory(layer.historyCount)
    let (inputCount, count) = (layer.inputBands * layer.inputs, layer.outputBands * layer.outputs)
    var output = unwritten(inputShape[0] * count)
    for frame in 0..<inputShape[0] {
      let place = layer.input(history: history.base, frame: frame)
      for i in 0..<inputCount { place[i] = input[frame * inputCount + i] }
      output.withUnsafeMutableBufferPointer {
        layer.forward(history: history.base, frame: frame, into: $0.baseAddress! + frame * count)
      }
    }
    let error = errorInDecibels(output, Self.output("conv_\(name)"))
    #expect(error < -110, "\(error) dB")
    withExtendedLifetime(store) {}
  }

  /// From the second frame on the state, which differs by float32's roundings, is rounded: a value close to the middle
  /// between two bfloat16 can go the other way. One in some ten thousand does, and is then 2⁻⁹ off.
  @Test(arguments: [7, 20]) func `the GRU equals PyTorch's with the same roundings`(units: Int) {
    let name = "gru_\(units)"
    let (shape, input) = Golden.tensor("\(name).input")
    let store = WeightStore()
    let layer = GatedRecurrentUnit(
      inputs: units, units: units, inputWeight: Golden.values("\(name).weight_ih_l0"),
      stateWeight: Golden.values("\(name).weight_hh_l0"), inputBias: Golden.values("\(name).bias_ih_l0"),
      stateBias: Golden.values("\(name).bias_hh_l0"), precision: .bfloat16, store: store)
    let count = shape[1] * units
    let state = FloatMemory(count)
    let scratch = FloatMemory(layer.scratchCount(bands: shape[1]))
    var output: [Float] = []
    for frame in 0..<shape[0] {
      layer.forward(
        bands: shape[1], input: Array(input[(frame * count)..<((frame + 1) * count)]), state: state.base,
        scratch: scratch.base)
      output += UnsafeBufferPointer(start: state.base, count: count)
    }
    let expected = Self.output(name)
    let first = errorInDecibels(Array(output[..<count]), Array(expected[..<count]))
    #expect(first < -110, "\(first) dB")
    let error = errorInDecibels(output, expected)
    #expect(error < -80, "\(error) dB")
    withExtendedLifetime(store) {}
  }

  /// The last projection rounds a result of the first: as with the GRU.
  @Test(arguments: [(12, 3), (34, 2)]) func `self-attention equals PyTorch's with the same roundings`(
    dimension: Int, heads: Int
  ) {
    let name = "self_\(dimension)"
    let (shape, input) = Golden.tensor("\(name).input")
    let store = WeightStore()
    let layer = SelfAttention(
      dimension: dimension, heads: heads, queryWeight: Golden.values("\(name).query_weight"),
      queryBias: Golden.values("\(name).query_bias"), keyValueWeight: Golden.values("\(name).key_value_weight"),
      keyValueBias: Golden.values("\(name).key_value_bias"), outWeight: Golden.values("\(name).out_weight"),
      outBias: Golden.values("\(name).out_bias"), precision: .bfloat16, store: store)
    let scratch = FloatMemory(layer.scratchCount(bands: shape[0], items: 1))
    var output = [Float](repeating: 0, count: input.count)
    layer.forward(bands: shape[0], input: input, addingTo: &output, scratch: scratch.base)
    let error = errorInDecibels(output, Self.output(name))
    #expect(error < -80, "\(error) dB")
    withExtendedLifetime(store) {}
  }
}

/// Also on processors that have no bfloat16.
@Suite struct FastestPrecisionTests {
  @Test func `the fastest precision is one that the processor has, and the same whenever it is asked for`() {
    let fastest = ProductPrecision.fastest
    #expect(fastest.isSupported)
    #expect((0..<100).allSatisfy { _ in ProductPrecision.fastest == fastest })
  }

  @Test func `a thread on a level without bfloat16 is told float32`() {
    #expect(ck_level_force(0))
    defer { ck_level_force(-1) }
    #expect(ProductPrecision.fastest == .float32)
  }
}
