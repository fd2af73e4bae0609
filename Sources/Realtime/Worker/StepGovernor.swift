/// Decides at which of the `WorkLevels` frames run: lowers it when they are late again and again, raises it when there is room.
///
/// One thread; pure arithmetic on what it is told, so that it can be tested without a clock.
struct StepGovernor {
  /// Late blocks within `window` frames after which the level goes down: a machine that is too slow has them in a tenth of a
  /// second, one that now and then stands still for a moment, whatever runs, has fewer.
  static var lateLimit: Int { 10 }
  /// Frames over which late ones are counted.
  static var window: Int { 500 }
  /// Frames without a late one after which one level more is tried, doubled after every try that failed, up to two minutes: a
  /// try on a machine that stays busy costs some late frames.
  static var firstPatience: Int { 500 }
  static var longestPatience: Int { 12_000 }
  /// A level more is tried only if the time it would take stays below this share of the time there is.
  static var roomShare: Double { 0.6 }

  /// What the user wants, and what runs.
  private(set) var wished: Int
  private(set) var level: Int

  private var frame = 0
  private var lateFrames = 0
  private var windowEnd = StepGovernor.window
  private var calmFrames = 0
  private var patience = StepGovernor.firstPatience
  private var raisedAt: Int?

  init(wished: Int, level: Int) {
    self.wished = wished
    self.level = min(level, wished)
  }

  /// A new wish takes effect at once.
  mutating func wish(_ level: Int) {
    wished = level
    self.level = level
    patience = Self.firstPatience
    forget()
  }

  /// What another run decided.
  mutating func follow(_ level: Int) { self.level = level }

  /// Tells of frames that were enhanced.
  ///
  /// - Parameters:
  ///   - count: frames.
  ///   - areLate: whether they were ready after they were due, or were cut short to be in time.
  ///   - load: time that a frame took of the time that it has, 1 is all.
  ///   - growth: the work of the next level, in that of this one.
  /// - Returns: whether `level` has changed.
  mutating func note(frames count: Int, areLate: Bool, load: Double, growth: Double) -> Bool {
    guard count > 0 else { return false }
    frame += count
    if frame >= windowEnd {
      windowEnd = frame + Self.window
      lateFrames = 0
    }
    if areLate {
      lateFrames += 1
      calmFrames = 0
    } else {
      calmFrames += count
    }
    if lateFrames >= Self.lateLimit, level > 1 {
      // A raise that did not last: wait longer before the next.
      if let raisedAt, frame - raisedAt < 2 * patience { patience = min(2 * patience, Self.longestPatience) }
      level -= 1
      forget()
      return true
    }
    if level < wished, calmFrames >= patience, load * growth < Self.roomShare {
      level += 1
      forget()
      raisedAt = frame
      return true
    }
    return false
  }

  private mutating func forget() {
    lateFrames = 0
    calmFrames = 0
    windowEnd = frame + Self.window
    raisedAt = nil
  }
}
