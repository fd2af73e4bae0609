import CKernels
import COpenBLAS

/// A block of the noise encoder: 3×3 convolution over (time, bands) of a whole reference, padded with one zero on
/// every side, band stride 2, time stride 1 or more; then norm over channels, scale and SiLU.
///
/// Off the frame path: the patches are copied out and multiplied by OpenBLAS, on the calling thread alone.
/// `forward` does not allocate; OpenBLAS may take a lock.
public final class EncoderConvolution: Sendable {
  public let inputs: Int
  public let outputs: Int
  public let timeStride: Int
  private let weight: [Float]  // (3 · 3 · inputs, outputs)
  private let bias: [Float]
  private let scale: [Float]

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
    var ordered = [Float](repeating: 0, count: weight.count)
    for o in 0..<outputs {
      for i in 0..<inputs {
        for tap in 0..<9 { ordered[(tap * inputs + i) * outputs + o] = weight[(o * inputs + i) * 9 + tap] }
      }
    }
    self.weight = ordered
    self.bias = bias
    self.scale = scale
    openblas_set_num_threads(1)
  }

  /// Frames that come out of so many.
  public func outputFrames(_ frames: Int) -> Int { (frames - 1) / timeStride + 1 }
  /// Bands that come out of so many.
  public func outputBands(_ bands: Int) -> Int { (bands - 1) / 2 + 1 }
  /// Floats of scratch.
  public func scratchCount(frames: Int, bands: Int) -> Int {
    outputFrames(frames) * outputBands(bands) * 9 * inputs
  }

  /// - Parameters:
  ///   - input: (frames, bands, inputs).
  ///   - output: (outputFrames, outputBands, outputs).
  ///   - scratch: `scratchCount(frames:bands:)` floats.
  public func forward(
    frames: Int, bands: Int, input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let newFrames = outputFrames(frames)
    let newBands = outputBands(bands)
    let rows = newFrames * newBands
    let depth = 9 * inputs
    var patch = scratch
    for t in 0..<newFrames {
      for f in 0..<newBands {
        for dt in 0..<3 {
          let time = t * timeStride + dt - 1
          for df in 0..<3 {
            let band = f * 2 + df - 1
            if time >= 0 && time < frames && band >= 0 && band < bands {
              copyFloats(from: input + (time * bands + band) * inputs, to: patch, inputs)
            } else {
              clearFloats(patch, inputs)
            }
            patch += inputs
          }
        }
      }
    }
    bias.withUnsafeBufferPointer { bias in
      for row in 0..<rows { copyFloats(from: bias.baseAddress!, to: output + row * outputs, outputs) }
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(outputs), Int32(depth), 1, scratch,
      Int32(depth), weight, Int32(outputs), 1, output, Int32(outputs))
    RMSNorm.forward(rows: rows, channels: outputs, input: output, scale: scale, into: output)
    applySiLU(output, rows * outputs)
  }
}
