/// Circular complex Gaussian noise as a pure function of seed, frame and step.
///
/// One z per (frame, step): repeatable to the bit, in any order, on any thread and any processor. Philox4x32-10 under
/// the key `seed`, counter (frame low, frame high, step, pair of bins); each half of a block makes one bin by
/// Box and Muller: z = √(−ln u) e^{2πiv}, so E|z|² = 1, variance ½ per part. |z| ends at √(33 ln 2) = 4.8.
///
/// A value: it may be shared by threads.
public struct CounterNoise: Sendable, Equatable {
  /// Names the stream. Channels that should differ take different seeds.
  public let seed: UInt64

  public init(seed: UInt64) { self.seed = seed }

  /// Writes z of one frame and step.
  ///
  /// - Parameters:
  ///   - frameIndex: from 0.
  ///   - step: which draw within the frame, from 0.
  ///   - output: (binCount, 2), interleaved.
  @_noLocks
  public func fill(frameIndex: Int, step: Int, binCount: Int, into output: UnsafeMutablePointer<Float>) {
    precondition(frameIndex >= 0 && step >= 0 && binCount >= 0, "frame, step and bin count are not negative")
    let frame = UInt64(frameIndex)
    let key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    var bin = 0
    while bin < binCount {
      let words = Philox.block(
        counter: (
          UInt32(truncatingIfNeeded: frame), UInt32(truncatingIfNeeded: frame >> 32), UInt32(step),
          UInt32(bin / 2)
        ), key: key)
      let (first, second) = CounterNoise.normals(words)
      output[2 * bin] = first.0
      output[2 * bin + 1] = first.1
      if bin + 1 < binCount {
        output[2 * bin + 2] = second.0
        output[2 * bin + 3] = second.1
      }
      bin += 2
    }
  }

  /// Two circular complex normal numbers from four words. u is in the middle of its 2^−32, so never 0.
  @_noLocks @inline(__always)
  private static func normals(_ words: Philox.Words) -> ((Float, Float), (Float, Float)) {
    let u = SIMD2(Double(words.0) + 0.5, Double(words.2) + 0.5) * 0x1p-32
    let r = DeterministicMath.squareRoot(-DeterministicMath.logarithm(u))
    let (cosine, sine) = DeterministicMath.cosineAndSine(phases: (words.1, words.3))
    let (re, im) = (r * cosine, r * sine)
    return ((Float(re[0]), Float(im[0])), (Float(re[1]), Float(im[1])))
  }
}
