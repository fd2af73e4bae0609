import Enhancement
import SignalProcessing

/// What may be left out of a frame where time is short, level by level: reverse steps, then most of the second of two passes, then all of it,
/// then the second of two networks.
///
/// Above the rungs, level n is n steps of everything. A rung is a single step: from below, of the first network alone, which is the
/// light one (where both are wished); of both, in one pass (where two are wished); of both, and in the second pass of the first alone.
struct WorkLevels {
  /// The first network's share of the work of both; 1: the model has one.
  let firstShare: Double
  /// The most passes that the model's frames allow.
  private let mostPasses: Int

  init(_ model: EnhancementModel?) {
    firstShare = model?.firstShare ?? 1
    mostPasses = model?.frameFormat.runs(2) ?? 1
  }

  /// Whether the second network is there to be left out.
  func spares(_ wish: EnhancementSettings) -> Bool { firstShare < 1 && wish.networks == .both }

  /// Whether a second pass is.
  func sparesPass(_ wish: EnhancementSettings) -> Bool {
    wish.method == .score && min(wish.passes, mostPasses) == 2
  }

  /// The levels below those of steps.
  func rungs(_ wish: EnhancementSettings) -> Int {
    sparesPass(wish) ? (spares(wish) ? 3 : 1) : spares(wish) ? 1 : 0
  }

  /// The level at which all that is wished runs.
  func whole(_ wish: EnhancementSettings) -> Int { wish.steps + rungs(wish) }

  /// What runs of a wish at a level, at most the whole.
  func settings(_ wish: EnhancementSettings, at level: Int) -> EnhancementSettings {
    var running = wish
    let rungs = rungs(wish)
    running.steps = max(1, level - rungs)
    if sparesPass(wish) && level <= rungs { running.secondPass = level == 3 ? .light : .none }
    if spares(wish) && level == 1 { running.networks = .first }
    return running
  }

  /// The work of a level, in steps of all networks that are wished, of one pass.
  func work(_ wish: EnhancementSettings, at level: Int) -> Double {
    let running = settings(wish, at: level)
    let networks = running.networks == wish.networks ? 1 : firstShare
    let second: Double =
      switch running.secondPass {
      case .whole: sparesPass(wish) ? 1 : 0
      case .light: firstShare
      case .none: 0
      }
    return Double(running.steps) * (networks + second)
  }

  /// The work of the next level, in that of this one.
  func growth(_ wish: EnhancementSettings, at level: Int) -> Double {
    work(wish, at: level + 1) / work(wish, at: level)
  }
}
