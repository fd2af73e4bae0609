import CKernels
import Foundation
import NeuralLayers
import Testing
import TestSupport

/// Kernels that take several rows together, against the formula in double precision, at sizes that leave some over.
extension KernelTests {
  @Test(arguments: levels) func `self-attention is the formula for any number of rows and any dimension`(level: Int32) {
    var random = SplitMix(5)
    for (rows, heads, dimension) in [
      (1, 1, 1), (3, 2, 5), (4, 1, 16), (7, 2, 17), (17, 3, 4), (20, 4, 16), (33, 1, 40),
    ] {
      let model = heads * dimension
      let qkv = random.samples(rows * 3 * model).map { 3 * $0 }
      var out = unwritten(rows * model)
      var scratch = unwritten(ck_self_attention_scratch(rows, dimension))
      at(level) { ck_self_attention(rows, heads, dimension, qkv, &scratch, &out) }
      for head in 0..<heads {
        func value(_ part: Int, _ row: Int, _ d: Int) -> Double {
          Double(qkv[row * 3 * model + part * model + head * dimension + d])
        }
        for r in 0..<rows {
          let scores = (0..<rows).map { k in
            (0..<dimension).reduce(0) { $0 + value(0, r, $1) * value(1, k, $1) } / Double(dimension).squareRoot()
          }
          let weights = scores.map { exp($0 - scores.max()!) }
          let total = weights.reduce(0, +)
          for d in 0..<dimension {
            let expected = (0..<rows).reduce(0) { $0 + weights[$1] * value(2, $1, d) } / total
            #expect(abs(Double(out[r * model + head * dimension + d]) - expected) < 2e-5)
          }
        }
      }
    }
  }

  @Test(arguments: levels) func `self-attention of one query is the same to the bit beside others`(level: Int32) {
    var random = SplitMix(6)
    let (rows, dimension) = (7, 16)
    var qkv = random.samples(rows * 3 * dimension)
    // The last query, alone in the rest of the rows, moves to the first place among four.
    func attended() -> [Float] {
      var out = unwritten(rows * dimension)
      var scratch = unwritten(ck_self_attention_scratch(rows, dimension))
      at(level) { ck_self_attention(rows, 1, dimension, qkv, &scratch, &out) }
      return out
    }
    let alone = attended()[(6 * dimension)...]
    for d in 0..<dimension { qkv[d] = qkv[6 * 3 * dimension + d] }
    #expect(Array(attended()[..<dimension]) == Array(alone))
  }

  @Test(arguments: [(1, 1, 1), (1, 2, 2), (2, 5, 1), (5, 7, 2), (6, 8, 2)])
  func `an encoder block is the formula at every edge`(frames: Int, bands: Int, timeStride: Int) {
    var random = SplitMix(7)
    let (inputs, outputs) = (3, 18)
    let weight = random.samples(outputs * inputs * 9)
    let bias = random.samples(outputs)
    let scale = random.samples(outputs)
    let input = random.samples(frames * bands * inputs)
    let layer = EncoderConvolution(
      inputs: inputs, outputs: outputs, timeStride: timeStride, weight: weight, bias: bias, scale: scale)
    let (newFrames, newBands) = (layer.outputFrames(frames), layer.outputBands(bands))
    var output = unwritten(newFrames * newBands * outputs)
    var scratch = unwritten(layer.scratchCount(frames: frames, bands: bands))
    layer.forward(frames: frames, bands: bands, input: input, into: &output, scratch: &scratch)
    for t in 0..<newFrames {
      for f in 0..<newBands {
        let sums = (0..<outputs).map { o in
          var sum = Double(bias[o])
          for (i, dt, df) in (0..<inputs).flatMap({ i in (0..<9).map { (i, $0 / 3, $0 % 3) } }) {
            let (time, band) = (t * timeStride + dt - 1, f * 2 + df - 1)
            guard (0..<frames).contains(time), (0..<bands).contains(band) else { continue }
            sum +=
              Double(input[(time * bands + band) * inputs + i]) * Double(weight[(o * inputs + i) * 9 + dt * 3 + df])
          }
          return sum
        }
        let rms = (sums.reduce(0) { $0 + $1 * $1 } / Double(outputs) + 1e-6).squareRoot()
        for o in 0..<outputs {
          let x = sums[o] / rms * Double(scale[o])
          #expect(abs(Double(output[(t * newBands + f) * outputs + o]) - x / (1 + exp(-x))) < 1e-5)
        }
      }
    }
  }
}
