import Ground
import SignalProcessing

/// What the room sounds like without speech: the last frames judged noise, 2 s or less, as raw magnitudes, and, for
/// encoders that hear sound, as samples.
///
/// A ring of `length` frames of 160 magnitudes |X|, before the level gain: the gain is applied when the reference is
/// taken, so a profile saved in one session fits another. One instance belongs to one thread; nothing allocates after
/// `init`.
struct NoiseReference: ~Copyable {
  /// The most frames kept, 2 s.
  static var capacity: Int { @_noLocks get { 200 } }
  /// Frames below which the network gets its null condition.
  static var fewestFrames: Int { @_noLocks get { 25 } }
  /// Magnitudes per frame, the bins the network sees.
  static var binCount: Int { @_noLocks get { 160 } }

  /// Frames held, 0…length.
  private(set) var count = 0
  /// Frames kept, 1…capacity.
  let length: Int
  /// While true `push` does nothing.
  var isFrozen = false

  private let ring: FloatMemory  // (length, binCount)
  private let sound: ReferenceSound?
  private var next = 0  // the row written next

  /// - Parameters:
  ///   - length: frames kept.
  ///   - keepsSamples: whether `overlapAdded` will be asked for.
  init(length: Int = Self.capacity, keepsSamples: Bool = false) {
    precondition(length >= 1 && length <= Self.capacity, "length must be from 1 to capacity")
    self.length = length
    sound = keepsSamples ? ReferenceSound(capacity: length) : nil
    ring = FloatMemory(length * Self.binCount)
  }

  /// Takes a frame of noise.
  ///
  /// - Parameters:
  ///   - bins: (160, 2) complex bins as analysed.
  ///   - windowedSamples: (320) samples that they are the transform of.
  /// - Returns: whether it was taken (not frozen).
  @_noLocks
  mutating func push(bins: UnsafePointer<Float>, windowedSamples: UnsafePointer<Float>) -> Bool {
    guard !isFrozen else { return false }
    if sound != nil { sound!.put(windowedSamples, row: next) }
    Spectrum.magnitude(bins, count: Self.binCount, into: ring.base + next * Self.binCount)
    advance()
    return true
  }

  /// Takes a frame of magnitudes, also while frozen: for profiles.
  @_noLocks
  mutating func append(magnitudes: UnsafePointer<Float>) {
    copyFloats(magnitudes, to: ring.base + next * Self.binCount, count: Self.binCount)
    if sound != nil { sound!.synthesise(magnitudes, binCount: Self.binCount, row: next) }
    advance()
  }

  @_noLocks @inline(__always)
  private mutating func advance() {
    next = next + 1 == length ? 0 : next + 1
    count = min(count + 1, length)
  }

  /// Writes the sound of all frames, oldest first: overlap-added as if none were missing between them, so where one is,
  /// the sound before it fades into the sound after it.
  ///
  /// - Parameters:
  ///   - gain: g, the level gain now.
  ///   - output: room for (length, 160).
  /// - Returns: the hops of 160 samples written: one less than frames, as the ends of the first and the last frame
  ///   have nothing to be added to.
  func overlapAdded(gain: Float, into output: UnsafeMutablePointer<Float>) -> Int {
    guard sound != nil, count > 1 else { return 0 }
    sound!.overlapAdd(first: count < length ? 0 : next, count: count, gain: gain, into: output)
    return count - 1
  }

  /// Writes all frames, oldest first.
  ///
  /// - Parameter output: room for (length, 160).
  /// - Returns: the number of frames written.
  @_noLocks
  func copyMagnitudes(into output: UnsafeMutablePointer<Float>) -> Int {
    let first = count < length ? 0 : next
    let head = min(count, length - first)
    copyFloats(ring.base + first * Self.binCount, to: output, count: head * Self.binCount)
    copyFloats(ring.base, to: output + head * Self.binCount, count: (count - head) * Self.binCount)
    return count
  }

  /// All frames, oldest first, (count, 160). Allocates.
  func magnitudes() -> [Float] {
    [Float](unsafeUninitializedCapacity: max(count, 1) * Self.binCount) { memory, written in
      written = copyMagnitudes(into: memory.baseAddress!) * Self.binCount
    }
  }

  /// Forgets all frames; frozen or not stays.
  @_noLocks
  mutating func clear() {
    count = 0
    next = 0
  }
}
