/// PyTorch's adaptive_avg_pool2d, channels last: output cell i averages the inputs floor(i·n/m) ..< ceil((i+1)·n/m).
///
/// With fewer inputs than outputs, cells repeat. Off the frame path; allocates nothing.
package enum AdaptiveAveragePool {
  /// - Parameters:
  ///   - input: (frames, bands, channels), none of them 0.
  ///   - output: (outputFrames, outputBands, channels).
  package static func forward(
    frames: Int, bands: Int, channels: Int, input: UnsafePointer<Float>, outputFrames: Int,
    outputBands: Int, into output: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<outputFrames {
      let times = span(i, frames, outputFrames)
      for j in 0..<outputBands {
        let positions = span(j, bands, outputBands)
        let cell = output + (i * outputBands + j) * channels
        for c in 0..<channels { cell[c] = 0 }
        for t in times {
          for f in positions {
            let place = input + (t * bands + f) * channels
            for c in 0..<channels { cell[c] += place[c] }
          }
        }
        let factor = 1 / Float(times.count * positions.count)
        for c in 0..<channels { cell[c] *= factor }
      }
    }
  }

  /// The inputs of output cell i.
  static func span(_ i: Int, _ inputs: Int, _ outputs: Int) -> Range<Int> {
    i * inputs / outputs..<((i + 1) * inputs + outputs - 1) / outputs
  }
}
