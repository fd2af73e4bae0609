import Ground
import NeuralLayers

/// h + conv(1×3)(SiLU(conv(2×3, dilated in time)(condition(norm(h))))).
///
/// A plain value; `forward` neither allocates nor locks. The state is the first convolution's history.
struct ResidualBlock {
  let bands: Int
  let channels: Int
  /// Where this block's (1 + scale), shift begin among all norms'.
  let normOffset: Int
  /// Floats of the state of one item, on whole cache lines.
  let stateCount: Int
  /// Floats of `padded`, scratch that is zero at first and used by this kind of block alone, for one item.
  let paddedCount: Int
  private let conv1: CausalConvolution
  private let conv2: CausalConvolution

  init(
    loader: inout TensorLoader, name: String, bands: Int, channels: Int, dilation: Int, normOffset: Int
  ) throws(ModelFileError) {
    self.bands = bands
    self.channels = channels
    self.normOffset = normOffset
    conv1 = try loader.convolution(
      "\(name).conv1", inputs: channels, outputs: channels, taps: 2, width: 3, dilation: dilation,
      bands: bands)
    conv2 = try loader.convolution(
      "\(name).conv2", inputs: channels, outputs: channels, width: 3, bands: bands)
    stateCount = conv1.historyCount
    paddedCount = conv2.historyCount
  }

  /// h: (items, bands, channels), contiguous. State of frame number `frame` - 1 becomes that of `frame`.
  @_noLocks
  func forward(
    items: Int, frame: Int, h: UnsafeMutablePointer<Float>, norms: UnsafePointer<Float>,
    normsItemStride: Int, state: UnsafeMutablePointer<Float>, stateItemStride: Int,
    padded: UnsafeMutablePointer<Float>
  ) {
    let count = bands * channels
    let inside = conv2.input(history: padded, frame: 0)
    for item in 0..<items {
      let scale = norms + item * normsItemStride + normOffset
      RMSNorm.forward(
        rows: bands, channels: channels, input: h + item * count, scale: scale, shift: scale + channels,
        into: conv1.input(history: state + item * stateItemStride, frame: frame))
    }
    conv1.forward(
      history: state, historyItemStride: stateItemStride, items: items, frame: frame, into: inside,
      outputItemStride: paddedCount)
    for item in 0..<items { applySiLU(inside + item * paddedCount, count) }
    conv2.forward(
      history: padded, historyItemStride: paddedCount, items: items, frame: 0, into: h,
      outputItemStride: count, accumulate: true)
  }
}
