import Ground

/// Real measures of complex bins. They allocate nothing.
package enum Spectrum {
  /// Writes |X|² of `count` interleaved complex bins.
  @_noLocks
  package static func power(
    _ bins: UnsafePointer<Float>, count: Int, into power: UnsafeMutablePointer<Float>
  ) {
    powers(bins, into: power, count: count)
  }

  /// Writes |X| of `count` interleaved complex bins.
  @_noLocks
  package static func magnitude(
    _ bins: UnsafePointer<Float>, count: Int, into magnitude: UnsafeMutablePointer<Float>
  ) {
    for k in 0..<count {
      magnitude[k] = squareRoot(bins[2 * k] * bins[2 * k] + bins[2 * k + 1] * bins[2 * k + 1])
    }
  }
}
