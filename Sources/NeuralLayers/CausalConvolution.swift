import CKernels
import Ground

/// A convolution over (time, bands) that sees the past only: dilated in time, strided in bands.
///
/// A frame is (bands, channels), zero-padded in bands. The rows of a padded frame, taken `stride` bands apart and
/// `width` bands long, overlap; as a matrix of overlapping rows the frame is multiplied by the packed weights as it
/// lies, with no copy. Every tap in time is one more such product, on a frame kept in the history.
///
/// The caller writes a frame at `input(history:frame:)`, then calls `forward`. A history is `historyCount` floats,
/// all zero at the start; with one tap in time it holds no memory and may be shared. More outputs than channels,
/// read as more bands, make it a sub-pixel layer: the memory is already in that order.
///
/// A plain value that points into a `WeightStore`. `forward` neither allocates nor locks.
package struct CausalConvolution: Sendable {
  package let inputs: Int
  package let outputs: Int
  /// Taps in time, 1...4; the last one is the newest frame.
  package let taps: Int
  /// Taps in bands.
  package let width: Int
  package let dilation: Int
  package let stride: Int
  package let inputBands: Int
  package let outputBands: Int
  /// Bands of zeros on either side: (width - stride + 1) / 2, as the reference network pads.
  package let padding: Int
  /// Frames that the history holds, the newest included.
  package let historyFrames: Int
  /// Floats of the history of one item.
  package let historyCount: Int
  private let frameCount: Int  // floats of one padded frame
  private let matrix: PackedMatrix
  private nonisolated(unsafe) let bias: UnsafePointer<Float>

  /// - Parameters:
  ///   - weight: (outputs, inputs, taps, width), as PyTorch keeps it.
  ///   - bias: (outputs).
  package init(
    inputs: Int, outputs: Int, taps: Int, width: Int, dilation: Int = 1, stride: Int = 1, bands: Int,
    weight: [Float], bias: [Float], precision: ProductPrecision = .float32, store: WeightStore
  ) {
    precondition((1...4).contains(taps), "a convolution has one to four taps in time")
    precondition(
      weight.count == outputs * inputs * taps * width && bias.count == outputs,
      "a convolution's sizes agree")
    self.inputs = inputs
    self.outputs = outputs
    self.taps = taps
    self.width = width
    self.dilation = dilation
    self.stride = stride
    inputBands = bands
    outputBands = Self.outputBands(bands: bands, width: width, stride: stride)
    padding = (width - stride + 1) / 2
    historyFrames = (taps - 1) * dilation + 1
    frameCount = wholeLines((bands + 2 * padding) * inputs)
    historyCount = historyFrames * frameCount
    matrix = PackedMatrix(
      taps: taps, depth: width * inputs, columns: outputs, precision: precision, store: store
    ) {
      ck_pack_convolution($0, outputs, inputs, taps, width, weight)
    }
    self.bias = store.copy(bias)
  }

  /// How many bands come out of how many.
  package static func outputBands(bands: Int, width: Int, stride: Int) -> Int {
    let padded = bands + 2 * ((width - stride + 1) / 2)
    return padded < width ? 0 : (padded - width) / stride + 1
  }

  /// Where frame number `frame` belongs in a history: (inputBands, inputs), contiguous.
  @_noLocks
  package func input(
    history: UnsafeMutablePointer<Float>, frame: Int
  ) -> UnsafeMutablePointer<Float> {
    history + frame % historyFrames * frameCount + padding * inputs
  }

  /// Convolves the frames up to number `frame`, whose input must be in the histories of all items.
  ///
  /// Histories are `historyItemStride` floats apart, outputs (outputBands, outputs) `outputItemStride`. With
  /// `accumulate` the result is added to the output.
  @_noLocks
  package func forward(
    history: UnsafePointer<Float>, historyItemStride: Int = 0, items: Int = 1, frame: Int,
    into output: UnsafeMutablePointer<Float>, outputItemStride: Int = 0, accumulate: Bool = false
  ) {
    var product = ck_product()
    product.rows = outputBands
    product.columns = outputs
    product.depth = width * inputs
    product.taps = taps
    product.items = items
    // Frame f lies in place f mod historyFrames; the oldest tap is historyFrames - 1 frames back, which is the
    // place after the newest.
    let newest = frame % historyFrames
    product.a.0 = history + place(newest + 1 + 0 * dilation)
    if taps > 1 { product.a.1 = history + place(newest + 1 + 1 * dilation) }
    if taps > 2 { product.a.2 = history + place(newest + 1 + 2 * dilation) }
    if taps > 3 { product.a.3 = history + place(newest + 1 + 3 * dilation) }
    product.a_row_stride = stride * inputs
    product.a_item_stride = historyItemStride
    matrix.set(in: &product)
    product.bias = bias
    product.c = output
    product.c_row_stride = outputs
    product.c_item_stride = outputItemStride
    product.accumulate = accumulate
    multiply(&product)
  }

  @_noLocks
  private func place(_ index: Int) -> Int { index % historyFrames * frameCount }
}
