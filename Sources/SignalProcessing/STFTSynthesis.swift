import Ground

/// Streaming synthesis: inverse transform, window, overlap-add.
///
/// The inverse of `STFTAnalysis`: analysis and synthesis in a row give the input, `fftLength − hopLength` samples
/// later from push to push (160 for the model's lengths: the hop that comes out of push k is the samples
/// [160(k−1), 160k); counted from the arrival of a single sample the delay is `fftLength − 1`, 319).
/// One instance belongs to one thread; `push` neither allocates nor locks.
package struct STFTSynthesis: ~Copyable {
  package let fftLength: Int
  package let hopLength: Int
  /// fftLength/2 + 1.
  package let binCount: Int

  private let overlap: FloatMemory  // (fftLength), sums not yet complete, oldest first
  private let window: FloatMemory  // (fftLength), with the scale of inverse and overlap
  private let transform: FourierTransform

  /// - Parameters: as for `STFTAnalysis`.
  package init(fftLength: Int = 320, hopLength: Int = 160) {
    checkFrame(fftLength, hopLength)
    self.fftLength = fftLength
    self.hopLength = hopLength
    binCount = fftLength / 2 + 1
    overlap = FloatMemory(fftLength)
    window = FloatMemory(fftLength)
    transform = FourierTransform(length: fftLength, direction: .inverse)
    Window.squareRootHann(fftLength, into: window.base)
    // The inverse multiplies by fftLength; the squared windows of all hops add up to fftLength / (2 hopLength).
    let scale = 2 * Float(hopLength) / (Float(fftLength) * Float(fftLength))
    for n in 0..<fftLength { window[n] *= scale }
  }

  /// Adds one frame and writes the hop that no later frame will change.
  ///
  /// - Parameters:
  ///   - bins: (binCount, 2) real and imaginary parts, left as they are. The imaginary parts of the first and the
  ///     last bin are ignored: a real signal has none.
  ///   - hop: room for `hopLength` samples.
  @_noLocks
  package mutating func push(_ bins: UnsafePointer<Float>, into hop: UnsafeMutablePointer<Float>) {
    let spectrum = transform.bins
    copyFloats(bins, to: spectrum, count: 2 * binCount)
    // FFTW's even lengths pass over these two today; its manual does not promise it.
    spectrum[1] = 0
    spectrum[2 * binCount - 1] = 0
    // As in the analysis: silence needs no transform.
    if allZero(spectrum, count: 2 * binCount) {
      clearFloats(transform.time, count: fftLength)
    } else {
      transform.execute()
    }
    let time = transform.time
    let window = window.base
    let overlap = overlap.base
    let kept = fftLength - hopLength
    addProduct(overlap, window, time, into: hop, count: hopLength)
    addProduct(
      overlap + hopLength, window + hopLength, time + hopLength, into: overlap, count: kept - hopLength)
    for n in kept - hopLength..<kept { overlap[n] = window[n + hopLength] * time[n + hopLength] }
  }

  /// Back to the state after `init`: nothing left to add.
  @_noLocks
  package mutating func reset() { overlap.clear() }
}
