import Ground

/// The mean of two passes that take turns, half a hop after half a hop.
///
/// Each gives a hop of samples that are whole now, and the two hops lie half a hop beside each other: the newer one's first half is of the
/// time of the older one's second half, and that half hop goes out. The second pass begins: the first pass's frames are then those that it
/// has when it is alone.
///
/// The second pass may be left out while the stream runs, for want of time; what is heard moves from the mean to the first pass over a
/// hop. When it comes back it first runs unheard, as its state is of the time when it last ran. One instance belongs to one thread;
/// nothing but `init` allocates.
struct PassMean: ~Copyable {
  /// Hops that the second pass runs unheard when it comes back.
  static var unheardHops: Int { 10 }
  /// Its weight while both run.
  private static var share: Float { 0.5 }

  private let half: Int
  private let first: FloatMemory  // (half), the second half of the pass's newest hop
  private let second: FloatMemory  // (half)
  private let hopLength: Int
  private var weight: LinearRamp  // of the second pass, sample by sample
  private(set) var isSecondNext = true
  private var isWished = true
  private var unheard = 0
  /// Whether nothing was taken yet: then a wish holds at once.
  private var isFresh = true

  /// - Parameter hopLength: of the model, even.
  init(hopLength: Int) {
    self.hopLength = hopLength
    half = hopLength / 2
    first = FloatMemory(half)
    second = FloatMemory(half)
    weight = LinearRamp(value: Self.share, length: hopLength)
  }

  /// Whether the second pass is heard, or runs to be heard.
  var secondIsNeeded: Bool { isWished || !weight.isSteady || weight.value > 0 }

  /// From its next hop on.
  mutating func use(second isWished: Bool) {
    guard isWished != self.isWished else { return }
    self.isWished = isWished
    if isFresh {
      weight.jump(to: isWished ? Self.share : 0)
    } else if isWished {
      unheard = secondIsNeeded && weight.value > 0 ? 0 : Self.unheardHops
      if unheard == 0 { weight.move(to: Self.share) }
    } else {
      weight.move(to: 0)
    }
  }

  /// Takes the hop of the pass whose turn it is, and leaves half a hop of the mean in its place.
  ///
  /// - Parameter hop: (hopLength); its first half is replaced.
  mutating func take(_ hop: UnsafeMutablePointer<Float>) {
    isFresh = false
    if isSecondNext && isWished && unheard > 0 {
      unheard -= 1
      if unheard == 0 { weight.move(to: Self.share) }
    }
    let older = isSecondNext ? first.base : second.base
    let newer = isSecondNext ? second.base : first.base
    copyFloats(hop + half, to: newer, count: half)
    // From the first to the second, which of them is older.
    if weight.isSteady {
      let w = isSecondNext ? 1 - weight.value : weight.value
      mix(hop, older, w)
    } else {
      for n in 0..<half {
        let w = isSecondNext ? 1 - weight.next() : weight.next()
        hop[n] += w * (older[n] - hop[n])
      }
    }
    isSecondNext.toggle()
  }

  /// hop += w·(older − hop), to the bit where w is 0 or 1.
  private func mix(_ hop: UnsafeMutablePointer<Float>, _ older: UnsafePointer<Float>, _ w: Float) {
    if w == 0 { return }
    if w == 1 { return copyFloats(older, to: hop, count: half) }
    for n in 0..<half { hop[n] += w * (older[n] - hop[n]) }
  }

  /// Back to the state after `init`, with the wish of now.
  mutating func reset() {
    first.clear()
    second.clear()
    isSecondNext = true
    unheard = 0
    isFresh = true
    weight.jump(to: isWished ? Self.share : 0)
  }
}
