import Enhancement
import SignalProcessing

/// What may be left out of a frame where time is short, level by level: reverse steps, then the second of two passes, then the second of two
/// networks.
///
/// Above the rungs, level n is n steps. A rung is a single step, of the first network alone, which is the light one (where both are wished),
/// or of one pass (where two are).
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
  func sparesPass(_ wish: EnhancementSettings) -> Bool { wish.method == .score && min(wish.passes, mostPasses) == 2 }

  /// The levels below those of steps.
  func rungs(_ wish: EnhancementSettings) -> Int { (spares(wish) ? 1 : 0) + (sparesPass(wish) ? 1 : 0) }

  /// The level at which all that is wished runs.
  func whole(_ wish: EnhancementSettings) -> Int { wish.steps + rungs(wish) }

  /// What runs of a wish at a level, at most the whole.
  func settings(_ wish: EnhancementSettings, at level: Int) -> EnhancementSettings {
    var running = wish
    let rungs = rungs(wish)
    running.steps = max(1, level - rungs)
    running.sparesPass = sparesPass(wish) && level <= rungs
    if spares(wish) && level == 1 { running.networks = .first }
    return running
  }

  /// The work of a level, in steps of all networks and passes that are wished.
  func work(_ wish: EnhancementSettings, at level: Int) -> Double {
    let running = settings(wish, at: level)
    return Double(running.steps) * (running.networks == wish.networks ? 1 : firstShare) * (running.sparesPass ? 0.5 : 1)
  }

  /// The work of the next level, in that of this one.
  func growth(_ wish: EnhancementSettings, at level: Int) -> Double {
    work(wish, at: level + 1) / work(wish, at: level)
  }
}
