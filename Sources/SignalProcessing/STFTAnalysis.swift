import Ground

/// Streaming analysis: turns hops of samples into frames of complex bins.
///
/// Periodic square-root Hann window, unnormalised transform. History begins with zeros, so with the lengths of
/// the model (320, 160) frame k covers the samples [160(k−1), 160(k+1)).
/// One instance belongs to one thread; `push` neither allocates nor locks. A sample that is not finite spoils the
/// frames that contain it and no other.
package struct STFTAnalysis: ~Copyable {
  package let fftLength: Int
  package let hopLength: Int
  /// fftLength/2 + 1.
  package let binCount: Int
  /// The newest frame, (binCount, 2) real and imaginary parts, valid until the next `push`. The caller may change it.
  package let bins: UnsafeMutablePointer<Float>
  /// e_k of the newest frame: twice the mean of the squared windowed samples (the window halves the power, so this is
  /// the mean square of a steady signal; full-scale sine: 0.5).
  package private(set) var energy: Float = 0

  /// The newest frame's samples under the window, (fftLength), valid until the next `push`.
  package var windowedSamples: UnsafePointer<Float> { @_noLocks get { UnsafePointer(transform.time) } }

  /// The newest hop's samples, (hopLength), valid until the next `push`.
  package var newestHop: UnsafePointer<Float> { @_noLocks get { UnsafePointer(history.base + fftLength - hopLength) } }

  private let history: FloatMemory  // (fftLength), oldest first
  private let window: FloatMemory  // (fftLength)
  private let transform: FourierTransform

  /// - Parameters:
  ///   - fftLength: samples per frame, even.
  ///   - hopLength: samples per `push`, a divisor of `fftLength` and at most half of it.
  package init(fftLength: Int = 320, hopLength: Int = 160) {
    checkFrame(fftLength, hopLength)
    self.fftLength = fftLength
    self.hopLength = hopLength
    binCount = fftLength / 2 + 1
    history = FloatMemory(fftLength)
    window = FloatMemory(fftLength)
    Window.squareRootHann(fftLength, into: window.base)
    transform = FourierTransform(length: fftLength, direction: .forward)
    bins = transform.bins
  }

  /// Appends one hop and transforms the newest `fftLength` samples into `bins`.
  ///
  /// - Parameter hop: exactly `hopLength` samples, full scale ±1.
  @_noLocks
  package mutating func push(_ hop: UnsafePointer<Float>) {
    let kept = fftLength - hopLength
    copyFloats(history.base + hopLength, to: history.base, count: kept)
    copyFloats(hop, to: history.base + kept, count: hopLength)
    energy = 2 * applyWindow(window.base, to: history.base, into: transform.time, count: fftLength) / Float(fftLength)
    // The transform of silence is silence: in a rest it would be most of the work.
    if allZero(transform.time, count: fftLength) {
      clearFloats(bins, count: 2 * binCount)
    } else {
      transform.execute()
    }
  }

  /// Back to the state after `init`: zeros as history, `bins` and `energy` zero.
  @_noLocks
  package mutating func reset() {
    history.clear()
    clearFloats(bins, count: 2 * binCount)
    energy = 0
  }
}

func checkFrame(_ fftLength: Int, _ hopLength: Int) {
  precondition(
    hopLength > 0 && fftLength % 2 == 0 && fftLength % hopLength == 0 && fftLength >= 2 * hopLength,
    "fftLength is even and a multiple of hopLength, at least twice")
}
