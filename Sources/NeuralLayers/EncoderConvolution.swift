import CKernels
import Ground

/// A block of the noise encoder: 3×3 convolution over (time, bands) of a whole reference, padded with one zero on
/// every side, band stride 2, time stride 1 or more; then norm over channels, scale and SiLU.
///
/// The reference is copied once into a padded layout; there the rows of a frame, two bands apart and three bands long,
/// overlap, and every frame is an item of one product with three taps in time: no patches are copied out.
/// `forward` neither allocates nor locks.
package final class EncoderConvolution: Sendable {
  package let inputs: Int
  package let outputs: Int
  package let timeStride: Int
  private nonisolated(unsafe) let panels: FloatMemory
  private nonisolated(unsafe) let bias: FloatMemory  // (outputs), whole lines
  private nonisolated(unsafe) let scale: FloatMemory  // (outputs), whole lines

  /// - Parameters:
  ///   - weight: (outputs, inputs, 3, 3), as PyTorch keeps it.
  ///   - bias: (outputs).
  ///   - scale: (outputs).
  package init(
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
  package func outputFrames(_ frames: Int) -> Int { (frames - 1) / timeStride + 1 }
  /// Bands that come out of so many.
  package func outputBands(_ bands: Int) -> Int { (bands - 1) / 2 + 1 }
  /// Floats of scratch: the padded input.
  package func scratchCount(frames: Int, bands: Int) -> Int { (frames + 2) * (bands + 2) * inputs }
  /// Multiply-adds of `forward`.
  package func multiplyAdds(frames: Int, bands: Int) -> Int {
    outputFrames(frames) * outputBands(bands) * 9 * inputs * outputs
  }

  /// - Parameters:
  ///   - input: (frames, bands, inputs).
  ///   - output: (outputFrames, outputBands, outputs).
  ///   - scratch: `scratchCount(frames:bands:)` floats.
  @_noLocks
  package func forward(
    frames: Int, bands: Int, input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    forward(
      from: 0, to: outputFrames(frames), frames: frames, bands: bands, input: input, into: output, scratch: scratch)
  }

  /// Only the output's frames `first` ..< `last`: calls that follow one another, from 0 to outputFrames, with the same scratch
  /// give what `forward` gives, to the bit.
  @_noLocks
  package func forward(
    from first: Int, to last: Int, frames: Int, bands: Int, input: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    guard first < last else { return }
    let frameCount = (bands + 2) * inputs
    // Rows of the padded input that earlier calls left there, and those that this one sees.
    let filled = first == 0 ? 0 : timeStride * (first - 1) + 3
    let seen = min(timeStride * (last - 1) + 3, frames + 2)
    if filled < seen { pad(filled, seen, frames: frames, bands: bands, input: input, into: scratch) }
    let newBands = outputBands(bands)
    let start = scratch + first * timeStride * frameCount
    var product = ck_product()
    product.rows = newBands
    product.columns = outputs
    product.depth = 3 * inputs
    product.taps = 3
    product.items = last - first
    product.a.0 = UnsafePointer(start)
    product.a.1 = UnsafePointer(start + frameCount)
    product.a.2 = UnsafePointer(start + 2 * frameCount)
    product.a_row_stride = 2 * inputs
    product.a_item_stride = timeStride * frameCount
    product.panels = UnsafePointer(panels.base)
    product.bias = UnsafePointer(bias.base)
    let result = output + first * newBands * outputs
    product.c = result
    product.c_row_stride = outputs
    product.c_item_stride = newBands * outputs
    multiply(&product)
    let rows = (last - first) * newBands
    RMSNorm.forward(rows: rows, channels: outputs, input: result, scale: scale.base, into: result)
    applySiLU(result, rows * outputs)
  }

  /// Rows `first` ..< `last` of the padded input: a frame of zeros, the frames with a zero at either end, a frame of zeros.
  @_noLocks
  private func pad(
    _ first: Int, _ last: Int, frames: Int, bands: Int, input: UnsafePointer<Float>,
    into scratch: UnsafeMutablePointer<Float>
  ) {
    let frameCount = (bands + 2) * inputs
    for row in first..<last {
      let frame = scratch + row * frameCount
      if row == 0 || row == frames + 1 {
        clearFloats(frame, count: frameCount)
      } else {
        clearFloats(frame, count: inputs)
        copyFloats(input + (row - 1) * bands * inputs, to: frame + inputs, count: bands * inputs)
        clearFloats(frame + (bands + 1) * inputs, count: inputs)
      }
    }
  }
}
