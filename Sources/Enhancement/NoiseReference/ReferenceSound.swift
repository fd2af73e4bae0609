import Diffusion
import Ground
import SignalProcessing

/// The sound of the frames of a noise reference: their samples under the analysis window, for encoders that hear sound.
///
/// Frames that come as magnitudes alone, from a profile, get random phases: what is missing of noise is just that. One
/// instance belongs to one thread; nothing allocates after `init`.
struct ReferenceSound: ~Copyable {
  private let frameLength: Int
  private let hopLength: Int
  private let rows: FloatMemory  // (capacity, frameLength)
  private let window: FloatMemory  // (frameLength)
  private let capacity: Int
  private let transform: FourierTransform
  private let phases = CounterNoise(seed: 0)

  init(capacity: Int, format: FrameFormat) {
    precondition(format.fftLength == 2 * format.hopLength, "a reference's sound is made of frames of two hops")
    frameLength = format.fftLength
    hopLength = format.hopLength
    self.capacity = capacity
    transform = FourierTransform(length: frameLength, direction: .inverse)
    rows = FloatMemory(capacity * frameLength)
    window = FloatMemory(frameLength)
    Window.squareRootHann(frameLength, into: window.base)
  }

  /// Takes a frame's samples under the window.
  @_noLocks
  func put(_ windowedSamples: UnsafePointer<Float>, row: Int) {
    copyFloats(windowedSamples, to: rows.base + row * frameLength, count: frameLength)
  }

  /// Makes a frame of magnitudes and random phases.
  ///
  /// √2, as the analysis window took half of the power, which random phases spread evenly over the frame. The window of
  /// `overlapAdd` then gives frames of the power that the sound had.
  @_noLocks
  func synthesise(_ magnitudes: UnsafePointer<Float>, binCount: Int, row: Int) {
    let bins = transform.bins
    clearFloats(bins, count: 2 * (frameLength / 2 + 1))
    phases.fill(frameIndex: row, step: 0, binCount: binCount, into: bins)
    let scale = squareRoot(2) / Float(frameLength)
    for k in 0..<binCount {
      let length = squareRoot(bins[2 * k] * bins[2 * k] + bins[2 * k + 1] * bins[2 * k + 1])
      let factor = length > 0 ? scale * magnitudes[k] / length : 0
      bins[2 * k] *= factor
      bins[2 * k + 1] *= factor
    }
    bins[1] = 0
    transform.execute()
    copyFloats(UnsafePointer(transform.time), to: rows.base + row * frameLength, count: frameLength)
  }

  /// Writes count − 1 hops, each of two neighbouring frames, from a row of the ring on.
  @_noLocks
  func overlapAdd(first: Int, count: Int, gain: Float, into output: UnsafeMutablePointer<Float>) {
    let hop = hopLength
    for n in 0..<count - 1 {
      let row = first + n < capacity ? first + n : first + n - capacity
      let next = row + 1 == capacity ? 0 : row + 1
      let tail = rows.base + row * frameLength + hop
      let head = rows.base + next * frameLength
      let hopOut = output + n * hop
      for i in 0..<hop { hopOut[i] = gain * (window[hop + i] * tail[i] + window[i] * head[i]) }
    }
  }
}
