import Ground
import SignalProcessing

/// What the room sounds like without speech: the last frames judged noise, 2 s or less, as raw magnitudes, and, for
/// encoders that hear sound, as samples.
///
/// A ring of `length` frames of magnitudes |X|, before the level gain: the gain is applied when the reference is
/// taken, so a profile saved in one session fits another. One instance belongs to one thread; nothing allocates after
/// `init`.
struct NoiseReference: ~Copyable {
  /// Of the frames.
  let format: FrameFormat
  /// Magnitudes per frame, the bins the network sees.
  let binCount: Int
  /// Frames held, 0…length.
  private(set) var count = 0
  /// Frames kept, from 1 to the format's `longestReference`.
  let length: Int
  /// While true `push` does nothing.
  var isFrozen = false
  /// Grows with every change of the frames.
  private(set) var version = 0

  private let ring: FloatMemory  // (length, binCount)
  private let sound: ReferenceSound?
  private var next = 0  // the row written next

  /// - Parameters:
  ///   - format: of the frames.
  ///   - length: frames kept; nil: as many as there may be.
  ///   - keepsSamples: whether `overlapAdded` will be asked for.
  init(format: FrameFormat, length: Int? = nil, keepsSamples: Bool = false) {
    let length = length ?? format.longestReference
    precondition(length >= 1 && length <= format.longestReference, "length must be from 1 to the longest reference")
    self.format = format
    self.length = length
    binCount = format.modelBinCount
    sound = keepsSamples ? ReferenceSound(capacity: length, format: format) : nil
    ring = FloatMemory(length * format.modelBinCount)
  }

  /// Takes a frame of noise.
  ///
  /// - Parameters:
  ///   - bins: (binCount, 2) complex bins as analysed.
  ///   - windowedSamples: (fftLength) samples that they are the transform of.
  /// - Returns: whether it was taken (not frozen).
  @_noLocks
  mutating func push(bins: UnsafePointer<Float>, windowedSamples: UnsafePointer<Float>) -> Bool {
    guard !isFrozen else { return false }
    if sound != nil { sound!.put(windowedSamples, row: next) }
    Spectrum.magnitude(bins, count: binCount, into: ring.base + next * binCount)
    advance()
    return true
  }

  /// Takes a frame of magnitudes, also while frozen: for profiles.
  @_noLocks
  mutating func append(magnitudes: UnsafePointer<Float>) {
    copyFloats(magnitudes, to: ring.base + next * binCount, count: binCount)
    if sound != nil { sound!.synthesise(magnitudes, binCount: binCount, row: next) }
    advance()
  }

  @_noLocks @inline(__always)
  private mutating func advance() {
    next = next + 1 == length ? 0 : next + 1
    count = min(count + 1, length)
    version += 1
  }

  /// Writes the sound of all frames, oldest first: overlap-added as if none were missing between them, so where one is,
  /// the sound before it fades into the sound after it.
  ///
  /// - Parameters:
  ///   - gain: g, the level gain now.
  ///   - output: room for (length, hopLength).
  /// - Returns: the hops written: one less than frames, as the ends of the first and the last frame
  ///   have nothing to be added to.
  func overlapAdded(gain: Float, into output: UnsafeMutablePointer<Float>) -> Int {
    guard sound != nil, count > 1 else { return 0 }
    sound!.overlapAdd(first: count < length ? 0 : next, count: count, gain: gain, into: output)
    return count - 1
  }

  /// Writes all frames, oldest first.
  ///
  /// - Parameter output: room for (length, binCount).
  /// - Returns: the number of frames written.
  @_noLocks
  func copyMagnitudes(into output: UnsafeMutablePointer<Float>) -> Int {
    let first = count < length ? 0 : next
    let head = min(count, length - first)
    copyFloats(ring.base + first * binCount, to: output, count: head * binCount)
    copyFloats(ring.base, to: output + head * binCount, count: (count - head) * binCount)
    return count
  }

  /// All frames, oldest first, (count, binCount). Allocates.
  func magnitudes() -> [Float] {
    [Float](unsafeUninitializedCapacity: max(count, 1) * binCount) { memory, written in
      written = copyMagnitudes(into: memory.baseAddress!) * binCount
    }
  }

  /// Forgets all frames; frozen or not stays.
  @_noLocks
  mutating func clear() {
    count = 0
    next = 0
    version += 1
  }
}

extension FrameFormat {
  /// The most frames that a reference keeps, 2 s.
  package var longestReference: Int { frames(in: 2) }
  /// Frames below which the network gets its null condition, 0.25 s.
  package var shortestReference: Int { frames(in: 0.25) }
}
