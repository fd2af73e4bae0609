import Ground

/// The mean of two passes that take turns, half a hop after half a hop.
///
/// Each gives a hop of samples that are whole now, and the two hops lie half a hop beside each other: the newer one's first half is of the
/// time of the older one's second half, and that half hop goes out. The second pass begins: the first pass's frames are then those that it
/// has when it is alone.
///
/// The second pass's part in the mean may change while the stream runs, down to nothing, for want of time; what is heard moves there over a
/// hop. When it comes back it first runs unheard, as its state is of the time when it last ran. One instance belongs to one thread;
/// nothing but `init` allocates.
struct PassMean: ~Copyable {
  /// Hops that the second pass runs unheard when it comes back.
  static var unheardHops: Int { 10 }

  private let half: Int
  private let first: FloatMemory  // (half), the second half of the pass's newest hop
  private let second: FloatMemory  // (half)
  private let hopLength: Int
  private var weight: LinearRamp  // of the second pass, sample by sample
  private(set) var isSecondNext = true
  private var wish: Float = 0.5
  private var unheard = 0
  /// Whether nothing was taken yet: then a wish holds at once.
  private var isFresh = true

  /// - Parameter hopLength: of the model, even.
  init(hopLength: Int) {
    self.hopLength = hopLength
    half = hopLength / 2
    first = FloatMemory(half)
    second = FloatMemory(half)
    weight = LinearRamp(value: wish, length: hopLength)
  }

  /// Whether the second pass is heard, or runs to be heard.
  var secondIsNeeded: Bool { wish > 0 || !weight.isSteady || weight.value > 0 }

  /// From the second pass's next hop on.
  ///
  /// - Parameter wish: its weight in the mean, 0…1; 0: it does not run.
  mutating func use(weight wish: Float) {
    guard wish != self.wish else { return }
    let wasOut = !secondIsNeeded
    self.wish = wish
    if isFresh {
      weight.jump(to: wish)
    } else if wasOut {
      unheard = Self.unheardHops
    } else if unheard == 0 || wish == 0 {
      unheard = 0
      weight.move(to: wish)
    }
  }

  /// Takes the hop of the pass whose turn it is, and leaves half a hop of the mean in its place.
  ///
  /// - Parameter hop: (hopLength); its first half is replaced.
  mutating func take(_ hop: UnsafeMutablePointer<Float>) {
    isFresh = false
    if isSecondNext && unheard > 0 {
      unheard -= 1
      if unheard == 0 { weight.move(to: wish) }
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
    weight.jump(to: wish)
  }
}
