import Enhancement

/// What may be left out of a frame where time is short, level by level: reverse steps, then the second of two networks.
///
/// Level n is n steps. Where both networks of a model are wished, level 1 is one step of the first network alone, which is the
/// light one, and level n is n − 1 steps of both.
struct WorkLevels {
  /// The first network's share of the work of both; 1: the model has one.
  let firstShare: Double

  init(_ model: EnhancementModel?) { firstShare = model?.firstShare ?? 1 }

  /// Whether the second network is there to be left out.
  func spares(_ wish: EnhancementSettings) -> Bool { firstShare < 1 && wish.networks == .both }

  /// The level at which all that is wished runs.
  func whole(_ wish: EnhancementSettings) -> Int { wish.steps + (spares(wish) ? 1 : 0) }

  /// What runs of a wish at a level, at most the whole.
  func settings(_ wish: EnhancementSettings, at level: Int) -> EnhancementSettings {
    var running = wish
    guard spares(wish) else {
      running.steps = level
      return running
    }
    running.steps = max(1, level - 1)
    running.networks = level == 1 ? .first : .both
    return running
  }

  /// The work of a level, in steps of all networks that are wished.
  func work(_ wish: EnhancementSettings, at level: Int) -> Double {
    guard spares(wish) else { return Double(level) }
    return level == 1 ? firstShare : Double(level - 1)
  }

  /// The work of the next level, in that of this one.
  func growth(_ wish: EnhancementSettings, at level: Int) -> Double {
    work(wish, at: level + 1) / work(wish, at: level)
  }
}
