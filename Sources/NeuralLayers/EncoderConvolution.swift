import CKernels
import Ground

/// A block of the noise encoder: 3×3 convolution over (time, bands) of a whole reference, padded with one zero on
/// every side, band stride 2, time stride 1 or more; then norm over channels, scale and SiLU.
///
/// The reference is copied once into a padded layout; there the rows of a frame, two bands apart and three bands long,
/// overlap, and every frame is an item of one product with three taps in time: no patches are copied out.
/// `forward` neither allocates nor locks.
public final class EncoderConvolution: Sendable {
  public let inputs: Int
  public let outputs: Int
  public let timeStride: Int
  private nonisolated(unsafe) let panels: FloatMemory
  private nonisolated(unsafe) let bias: FloatMemory  // (outputs), whole lines
  private nonisolated(unsafe) let scale: FloatMemory  // (outputs), whole lines

  /// - Parameters:
  ///   - weight: (outputs, inputs, 3, 3), as PyTorch keeps it.
  ///   - bias: (outputs).
  ///   - scale: (outputs).
  public init(
    inputs: Int, outputs: Int, timeStride: Int, weight: [Float], bias: [Float], scale: [Float]
  ) {
    precondition(
      weight.count == outputs * inputs * 9 && bias.count == outputs && scale.count == outputs,
      "an encoder block's sizes agree")
    self.inputs = inputs
    self.outputs = outputs
    self.timeStride = timeStride
    panels = FloatMemory(ck_packed_count(3, 3 * inputs, outputs))
    ck_pack_convolution(panels.base, outputs, inputs, 3, 3, weight)
    self.bias = FloatMemory(bias)
    self.scale = FloatMemory(scale)
  }

  /// Frames that come out of so many.
  public func outputFrames(_ frames: Int) -> Int { (frames - 1) / timeStride + 1 }
  /// Bands that come out of so many.
  public func outputBands(_ bands: Int) -> Int { (bands - 1) / 2 + 1 }
  /// Floats of scratch: the padded input.
  public func scratchCount(frames: Int, bands: Int) -> Int { (frames + 2) * (bands + 2) * inputs }
  /// Multiply-adds of `forward`.
  public func multiplyAdds(frames: Int, bands: Int) -> Int {
    outputFrames(frames) * outputBands(bands) * 9 * inputs * outputs
  }

  /// - Parameters:
  ///   - input: (frames, bands, inputs).
  ///   - output: (outputFrames, outputBands, outputs).
  ///   - scratch: `scratchCount(frames:bands:)` floats.
  @_noLocks
  public func forward(
    frames: Int, bands: Int, input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let frameCount = (bands + 2) * inputs
    clearFloats(scratch, count: frameCount)
    clearFloats(scratch + (frames + 1) * frameCount, count: frameCount)
    for t in 0..<frames {
      let frame = scratch + (t + 1) * frameCount
      clearFloats(frame, count: inputs)
      copyFloats(input + t * bands * inputs, to: frame + inputs, count: bands * inputs)
      clearFloats(frame + (bands + 1) * inputs, count: inputs)
    }
    let newBands = outputBands(bands)
    let newFrames = outputFrames(frames)
    var product = ck_product()
    product.rows = newBands
    product.columns = outputs
    product.depth = 3 * inputs
    product.taps = 3
    product.items = newFrames
    product.a.0 = UnsafePointer(scratch)
    product.a.1 = UnsafePointer(scratch + frameCount)
    product.a.2 = UnsafePointer(scratch + 2 * frameCount)
    product.a_row_stride = 2 * inputs
    product.a_item_stride = timeStride * frameCount
    product.panels = UnsafePointer(panels.base)
    product.bias = UnsafePointer(bias.base)
    product.c = output
    product.c_row_stride = outputs
    product.c_item_stride = newBands * outputs
    multiply(&product)
    let rows = newFrames * newBands
    RMSNorm.forward(rows: rows, channels: outputs, input: output, scale: scale.base, into: output)
    applySiLU(output, rows * outputs)
  }
}
