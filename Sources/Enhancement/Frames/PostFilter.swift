import Ground

/// Takes a little more from what the network took much from already, in the manner of DeepFilterNet's and PercepNet's post-filters.
///
/// An estimate of least error leaves a part of what it is not sure of, and a mean of several leaves more of it. So every bin is
/// multiplied by a power of the gain that it got, g^⅛, where that is below 1: what is surely speech stays, what is mostly noise
/// falls by as many dB as are allowed. What it is worth, by measures and sets: tools/training/LEDGER.md. A value of one number, for any
/// thread; nothing allocates or locks.
struct PostFilter {
  /// The least factor; 1: the filter does nothing.
  private let least: Float

  /// - Parameter decibels: the most that is taken, 0 or more; 0: nothing.
  init(decibels: Float) { least = power(10, to: -decibels / 20) }

  /// - Parameters:
  ///   - enhanced: (count, 2) bins, changed.
  ///   - noisy: (count, 2) what they were made of.
  func apply(_ enhanced: UnsafeMutablePointer<Float>, noisy: UnsafePointer<Float>, count: Int) {
    guard least < 1 else { return }
    postFilterBins(enhanced, noisy: noisy, least: least, count: count)
  }
}
