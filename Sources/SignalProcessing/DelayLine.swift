import Ground

/// An exact delay by a whole number of samples: the output is the input, `delay` samples later, to the bit, and
/// zeros before that, whatever the block sizes.
///
/// Memory is made in `init`; `process` allocates nothing. One instance belongs to one thread.
public struct DelayLine: ~Copyable {
  /// Samples from input to output; 0 copies.
  public let delay: Int

  private let ring: FloatMemory  // (delay), the oldest sample at `position`
  private var position = 0

  /// - Parameter delay: samples, 0 or more.
  public init(delay: Int) {
    precondition(delay >= 0, "a delay is not negative")
    self.delay = delay
    ring = FloatMemory(delay)
  }

  /// Delays one block of any length.
  ///
  /// - Parameters:
  ///   - input: (count) samples.
  ///   - output: (count) samples, the same memory as `input` or memory apart from it.
  @_noLocks
  public mutating func process(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int
  ) {
    precondition(count >= 0, "a block is not negative")
    if delay == 0 {
      for n in 0..<count { output[n] = input[n] }
      return
    }
    var at = position
    for n in 0..<count {
      let newest = input[n]
      output[n] = ring[at]
      ring[at] = newest
      at += 1
      if at == delay { at = 0 }
    }
    position = at
  }

  /// Back to zeros.
  @_noLocks
  public mutating func reset() {
    ring.clear()
    position = 0
  }
}
