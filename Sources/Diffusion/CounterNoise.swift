import Ground

/// Circular complex Gaussian noise as a pure function of seed, frame and step.
///
/// One z per (frame, step): repeatable to the bit, in any order, on any thread and any processor. Philox4x32-10 under
/// the key `seed`, counter (frame low, frame high, step, pair of bins); each half of a block makes one bin by
/// Box and Muller: z = √(−ln u) e^{2πiv}, so E|z|² = 1, variance ½ per part. |z| ends at √(33 ln 2) = 4.8.
///
/// Made by a kernel (`NoiseBodies.h`) that the tests hold to a plain one (`PlainNoise`), bit by bit.
/// A value: it may be shared by threads.
package struct CounterNoise: Sendable, Equatable {
  /// Names the stream. Channels that should differ take different seeds.
  package let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  /// Writes z of one frame and step.
  ///
  /// - Parameters:
  ///   - frameIndex: from 0.
  ///   - step: which draw within the frame, from 0.
  ///   - output: (binCount, 2), interleaved.
  @_noLocks
  package func fill(frameIndex: Int, step: Int, binCount: Int, into output: UnsafeMutablePointer<Float>) {
    precondition(frameIndex >= 0 && step >= 0 && binCount >= 0, "frame, step and bin count are not negative")
    circularNoise(seed: seed, frame: UInt64(frameIndex), step: UInt32(step), into: output, count: binCount)
  }
}
