import ScoreModel
import Testing

/// The noise encoder's work cut into parts: a plugin does one in every frame.
@Suite struct EncoderPartTests {
  @Test(arguments: ["sequence", "global", "odd", "none"], [1, 2, 9, 10, 37, 500])
  func `an encoding in parts is that of one go, to the bit`(name: String, parts: Int) throws {
    let weights = try Fixtures.weights("tiny-\(name)")
    for frames in [1, 2, 25, 199, 200] {
      let magnitudes = countedMagnitudes(3, frames: frames, bins: weights.configuration.bins)
      let whole = weights.makeNoiseEncoder(maximumFrameCount: 200)
      let cut = weights.makeNoiseEncoder(maximumFrameCount: 200)
      var expected = [Float](repeating: .nan, count: whole.tokenFloatCount)
      whole.encode(magnitudes: magnitudes, frameCount: frames, into: &expected)
      var found = [Float](repeating: .nan, count: whole.tokenFloatCount)
      // Twice: nothing may be left of an encoding before, of a longer reference.
      for length in [200, frames] {
        let heard =
          length == frames ? magnitudes : countedMagnitudes(5, frames: length, bins: weights.configuration.bins)
        found.withUnsafeMutableBufferPointer { tokens in
          for part in 0..<parts {
            cut.encode(part: part, of: parts, heard, frameCount: length, into: tokens.baseAddress!)
          }
        }
      }
      #expect(found == expected, "\(frames) frames")
    }
  }
}
