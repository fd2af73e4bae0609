import CKernels
import Foundation
import Ground
import KernelLevels
import NeuralLayers
import Testing
import TestSupport

/// Every layer against PyTorch, frame by frame where it has a state. Tolerance: -110 dB of the reference's RMS
/// (float32 sums of at most some hundred terms); at most -80 is required.
@Suite struct LayerTests {
  static let tolerance = -110.0

  @Test(arguments: ["dilated", "dilated_wide", "three_taps", "strided", "odd_stride", "sub_pixel"])
  func `a convolution fed frame by frame equals PyTorch's on the whole recording`(name: String) {
    atEveryKernelLevel {
      let (inputShape, input) = Golden.tensor("conv_\(name).input")  // (frames, bands, inputs)
      let (weightShape, weight) = Golden.tensor("conv_\(name).weight")
      let (outputShape, expected) = Golden.tensor("conv_\(name).output")
      let geometry = Golden.values("conv_\(name).geometry")
      let store = WeightStore()
      let layer = CausalConvolution(
        inputs: weightShape[1], outputs: weightShape[0], taps: weightShape[2], width: weightShape[3],
        dilation: Int(geometry[0]), stride: Int(geometry[1]), bands: inputShape[1], weight: weight,
        bias: Golden.values("conv_\(name).bias"), store: store)
      #expect(layer.outputBands == outputShape[1])
      let history = FloatMemory(layer.historyCount)
      let count = layer.outputBands * layer.outputs
      var output = unwritten(expected.count)
      for frame in 0..<inputShape[0] {
        let place = layer.input(history: history.base, frame: frame)
        for i in 0..<(layer.inputBands * layer.inputs) {
          place[i] = input[frame * layer.inputBands * layer.inputs + i]
        }
        output.withUnsafeMutableBufferPointer {
          layer.forward(history: history.base, frame: frame, into: $0.baseAddress! + frame * count)
        }
      }
      let error = errorInDecibels(output, expected)
      #expect(error < Self.tolerance, "\(error) dB at \(kernelLevelName)")
      withExtendedLifetime(store) {}
    }
  }

  @Test(arguments: [5, 24, 35]) func `the norm equals PyTorch's, plain and with scale and shift`(
    channels: Int
  ) {
    atEveryKernelLevel {
      let input = Golden.values("norm_\(channels).input")
      var output = unwritten(input.count)
      RMSNorm.forward(rows: 4, channels: channels, input: input, into: &output)
      #expect(errorInDecibels(output, Golden.values("norm_\(channels).plain")) < Self.tolerance)
      output = unwritten(input.count)
      RMSNorm.forward(
        rows: 4, channels: channels, input: input, scale: Golden.values("norm_\(channels).scale"),
        shift: Golden.values("norm_\(channels).shift"), into: &output)
      #expect(errorInDecibels(output, Golden.values("norm_\(channels).scaled")) < Self.tolerance)
      // A shift of its own for every row: subtracting the plain result leaves nothing.
      let shifts = Golden.values("norm_\(channels).plain").map { -$0 }
      RMSNorm.forward(rows: 4, channels: channels, input: input, shifts: shifts, into: &output)
      #expect(output.allSatisfy { abs($0) < 1e-6 })
    }
  }

  @Test(arguments: [7, 20]) func `the GRU equals PyTorch's, a batch of two included`(units: Int) {
    atEveryKernelLevel {
      let name = "gru_\(units)"
      let (shape, input) = Golden.tensor("\(name).input")  // (frames, bands, units)
      let expected = Golden.values("\(name).output")
      let store = WeightStore()
      let layer = GatedRecurrentUnit(
        inputs: units, units: units, inputWeight: Golden.values("\(name).weight_ih_l0"),
        stateWeight: Golden.values("\(name).weight_hh_l0"), inputBias: Golden.values("\(name).bias_ih_l0"),
        stateBias: Golden.values("\(name).bias_hh_l0"), store: store)
      let bands = shape[1]
      let count = bands * units
      let stride = count + 5
      let state = FloatMemory(2 * stride)
      let scratch = FloatMemory(2 * layer.scratchCount(bands: bands))
      var outputs: [[Float]] = [[], []]
      for frame in 0..<shape[0] {
        let both = Array(input[(frame * count)..<((frame + 1) * count)])
        layer.forward(
          bands: bands, items: 2, input: both + both, inputItemStride: count, state: state.base,
          stateItemStride: stride, scratch: scratch.base)
        for item in 0..<2 {
          outputs[item] += UnsafeBufferPointer(start: state.base + item * stride, count: count)
        }
      }
      #expect(errorInDecibels(outputs[0], expected) < Self.tolerance)
      #expect(outputs[0] == outputs[1])
      withExtendedLifetime(store) {}
    }
  }

  @Test(arguments: [(12, 3), (34, 2)]) func `self-attention equals PyTorch's`(dimension: Int, heads: Int) {
    atEveryKernelLevel {
      let name = "self_\(dimension)"
      let (shape, input) = Golden.tensor("\(name).input")
      let store = WeightStore()
      let layer = SelfAttention(
        dimension: dimension, heads: heads, queryWeight: Golden.values("\(name).query_weight"),
        queryBias: Golden.values("\(name).query_bias"),
        keyValueWeight: Golden.values("\(name).key_value_weight"),
        keyValueBias: Golden.values("\(name).key_value_bias"), outWeight: Golden.values("\(name).out_weight"),
        outBias: Golden.values("\(name).out_bias"), store: store)
      let scratch = FloatMemory(layer.scratchCount(bands: shape[0], items: 2))
      var output = [Float](repeating: 0, count: 2 * input.count)
      layer.forward(
        bands: shape[0], items: 2, input: input + input, addingTo: &output, scratch: scratch.base)
      let error = errorInDecibels(Array(output[..<input.count]), Golden.values("\(name).output"))
      #expect(error < Self.tolerance, "\(error) dB at \(kernelLevelName)")
      #expect(output[..<input.count] == output[input.count...])
      withExtendedLifetime(store) {}
    }
  }

  @Test(arguments: [(12, 3), (18, 2), (32, 4)])
  func `cross-attention with folded tokens equals PyTorch's`(dimension: Int, heads: Int) {
    atEveryKernelLevel {
      let name = "cross_\(dimension)"
      let (shape, input) = Golden.tensor("\(name).input")
      let (tokenShape, tokens) = Golden.tensor("\(name).tokens")
      let store = WeightStore()
      let layer = CrossAttention(
        dimension: dimension, heads: heads, tokens: tokenShape[0], tokenDimension: tokenShape[1],
        queryWeight: Golden.values("\(name).query_weight"), queryBias: Golden.values("\(name).query_bias"),
        keyValueWeight: Golden.values("\(name).key_value_weight"),
        keyValueBias: Golden.values("\(name).key_value_bias"), outWeight: Golden.values("\(name).out_weight"),
        outBias: Golden.values("\(name).out_bias"), store: store)
      let folded = FloatMemory(layer.foldedCount)
      let scratch = FloatMemory(max(layer.foldScratchCount, layer.scratchCount(bands: shape[0])))
      layer.fold(tokens: tokens, count: tokenShape[0], into: folded.base, scratch: scratch.base)
      var output = [Float](repeating: 0, count: input.count)
      layer.forward(
        bands: shape[0], tokens: tokenShape[0], folded: folded.base, input: input, addingTo: &output,
        scratch: scratch.base)
      let error = errorInDecibels(output, Golden.values("\(name).output"))
      #expect(error < Self.tolerance, "\(error) dB at \(kernelLevelName)")
      withExtendedLifetime(store) {}
    }
  }

  @Test(arguments: [1, 3]) func `an encoder block equals PyTorch's`(inputs: Int) {
    atEveryKernelLevel {
      let name = "encoder_\(inputs)"
      let (shape, input) = Golden.tensor("\(name).input")
      let (outputShape, expected) = Golden.tensor("\(name).output")
      let layer = EncoderConvolution(
        inputs: inputs, outputs: outputShape[2], timeStride: Int(Golden.values("\(name).stride")[0]),
        weight: Golden.values("\(name).weight"), bias: Golden.values("\(name).bias"),
        scale: Golden.values("\(name).scale"))
      #expect(layer.outputFrames(shape[0]) == outputShape[0])
      #expect(layer.outputBands(shape[1]) == outputShape[1])
      var output = unwritten(expected.count)
      var scratch = unwritten(layer.scratchCount(frames: shape[0], bands: shape[1]))
      layer.forward(frames: shape[0], bands: shape[1], input: input, into: &output, scratch: &scratch)
      let error = errorInDecibels(output, expected)
      #expect(error < Self.tolerance, "\(error) dB at \(kernelLevelName)")
    }
  }

  @Test(arguments: [1, 7, 33, 50]) func `adaptive pooling cuts as PyTorch does, up and down`(frames: Int) {
    atEveryKernelLevel {
      let (shape, input) = Golden.tensor("pool_\(frames).input")
      let expected = Golden.values("pool_\(frames).output")
      var output = unwritten(expected.count)
      AdaptiveAveragePool.forward(
        frames: shape[0], bands: shape[1], channels: shape[2], input: input, outputFrames: 16, outputBands: 4,
        into: &output)
      #expect(errorInDecibels(output, expected) < Self.tolerance)
    }
  }
}
