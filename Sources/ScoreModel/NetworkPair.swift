import Diffusion
import Ground

/// One or two score networks as one: where both are in use, x̂0 is the mean of their two.
///
/// Two networks that were trained apart err in different ways, so their mean is nearer to the clean spectrum than either
/// (Dietterich 2000, "Ensemble methods in machine learning"). They hear the same x_t and y; each has tokens of its own.
/// Which are in use may change between frames: a network that comes into use first runs unheard for `warmUpFrames`, with the
/// state that it had, then the mean moves to it over `fadeFrames`. One that is not in use costs nothing.
///
/// With one network every result is that network's, to the bit. One instance belongs to one thread; nothing but `init`
/// allocates or locks.
package struct NetworkPair: ~Copyable, CleanSpectrumPredictor {
  /// Frames for which a network that comes into use runs unheard: its state is of the time when it last ran.
  package static let warmUpFrames = 10
  /// Frames over which what is heard moves from one choice to the next.
  package static let fadeFrames = 10

  private let networks: FixedArray<ScoreNetwork>  // 1 or 2
  private let hasSecond: Bool
  private let bins: Int

  /// The second one's weight in the mean, and where it moves.
  private var share: Float = 0
  private var wish = NetworkChoice.both
  private var hasLearned = false
  /// Whether no frame was seen yet: then a choice holds at once.
  private var isFresh = true
  private var runsFirst = true
  private var runsSecond = false
  /// Frames in a row that each has run, up to `warmUpFrames`.
  private var firstRun = 0
  private var secondRun = 0
  private let other: FloatMemory  // (2, bins, 2): the second one's estimates

  /// - Parameters:
  ///   - weights: of one network, or of two of as many bins.
  ///   - times: of every slot.
  ///   - batch: as `ScoreNetwork` has it.
  package init(weights: [ScoreModelWeights], times: [Float], batch: Int) {
    precondition(weights.count == 1 || weights.count == 2, "a pair is of one network or two")
    // Of the parameters alone: where a precondition looked at a stored property before all were set, 6.3.1 freed it twice.
    let bins = weights[0].configuration.bins
    precondition(weights.allSatisfy { $0.configuration.bins == bins }, "two networks of one pair see the same bins")
    let hasSecond = weights.count == 2
    self.hasSecond = hasSecond
    self.bins = bins
    runsSecond = hasSecond
    other = FloatMemory(hasSecond ? 2 * batch * bins : 0)
    networks = FixedArray(count: weights.count) { ScoreNetwork(weights: weights[$0], times: times, batch: batch) }
  }

  /// Floats of the first one's tokens.
  private var firstTokens: Int { networks.base[0].tokenCount * networks.base[0].tokenDimension }
  private var firstHearsLearned: Bool { networks.base[0].hearsLearned }
  private var secondHearsLearned: Bool { hasSecond && networks.base[1].hearsLearned }

  // MARK: - Which are heard

  /// From the next frame on; without a second network there is no choice.
  @_noLocks
  package mutating func use(_ choice: NetworkChoice) { wish = choice }

  /// The second one's weight that is wanted. Of both only those that hear of it are heard while something was learned: the other
  /// would leave half of it.
  private var target: Float {
    if !hasSecond { return 0 }
    return switch wish {
    case .both where hasLearned && firstHearsLearned != secondHearsLearned: secondHearsLearned ? 1 : 0
    case .both: 0.5
    case .first: 0
    case .firstUnlessLearned: hasLearned && secondHearsLearned && !firstHearsLearned ? 1 : 0
    case .second: 1
    }
  }

  /// Before every frame, whatever steps it has: which networks run in it, and with what weight.
  @_noLocks
  package mutating func beginFrame() {
    if !hasSecond { return }
    let target = target
    if isFresh {
      share = target
      firstRun = Self.warmUpFrames
      secondRun = Self.warmUpFrames
      isFresh = false
    }
    runsFirst = target < 1 || share < 1
    runsSecond = target > 0 || share > 0
    if share != target, (target > share ? secondRun : firstRun) >= Self.warmUpFrames {
      let step = 1 / Float(Self.fadeFrames)
      share = target > share ? min(target, share + step) : max(target, share - step)
    }
    firstRun = runsFirst ? min(firstRun + 1, Self.warmUpFrames) : 0
    secondRun = runsSecond ? min(secondRun + 1, Self.warmUpFrames) : 0
  }

  // MARK: - Condition

  /// (tokens, dimension) of the first, then those of the second; nil is the null condition of both.
  @_noLocks
  package mutating func setTokens(_ tokens: UnsafePointer<Float>?) {
    networks.base[0].setTokens(tokens)
    guard hasSecond else { return }
    networks.base[1].setTokens(Self.shifted(tokens, by: firstTokens))
  }

  /// The same of what was learned, without those of a network that has no tokens for it; nil: nothing was.
  @_noLocks
  package mutating func setLearnedTokens(_ tokens: UnsafePointer<Float>?) {
    hasLearned = tokens != nil
    guard hasSecond else { return networks.base[0].setLearnedTokens(tokens) }
    if firstHearsLearned { networks.base[0].setLearnedTokens(tokens) }
    guard secondHearsLearned else { return }
    networks.base[1].setLearnedTokens(Self.shifted(tokens, by: firstHearsLearned ? firstTokens : 0))
  }

  @_noLocks
  private static func shifted(_ tokens: UnsafePointer<Float>?, by count: Int) -> UnsafePointer<Float>? {
    if let tokens { tokens + count } else { nil }
  }

  // MARK: - CleanSpectrumPredictor

  @_noLocks
  package mutating func predict(
    slot: Int, batch: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    guard hasSecond else {
      return networks.base[0].predict(slot: slot, batch: batch, state: x, noisy: y, into: output)
    }
    // Who is heard alone writes where it is heard; who runs unheard does not.
    if runsFirst {
      networks.base[0].predict(
        slot: slot, batch: batch, state: x, noisy: y, into: share < 1 ? output : other.base)
    }
    guard runsSecond else { return }
    networks.base[1].predict(slot: slot, batch: batch, state: x, noisy: y, into: share < 1 ? other.base : output)
    if share > 0 && share < 1 {
      for n in 0..<2 * batch * bins { output[n] += share * (other[n] - output[n]) }
    }
  }

  @_noLocks
  package mutating func reset() {
    for n in 0..<networks.count { networks.base[n].reset() }
    isFresh = true
  }

  @_noLocks
  package mutating func copySlot(from source: Int, to destination: Int) {
    for n in 0..<networks.count { networks.base[n].copySlot(from: source, to: destination) }
  }

  @_noLocks
  package mutating func startUnconditionalLane(slot: Int) {
    for n in 0..<networks.count { networks.base[n].startUnconditionalLane(slot: slot) }
  }
}

/// Which of two networks are heard.
package enum NetworkChoice: Sendable {
  /// Their mean.
  case both
  case first
  /// The first; the second while something was learned that it alone hears of.
  case firstUnlessLearned
  case second
}
