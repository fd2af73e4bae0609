/// A parameter that moves to a new value in equal steps and then is exactly that value.
struct LinearRamp {
  /// Steps of a whole move.
  let length: Int
  private(set) var target: Float
  private var start: Float
  private var remaining = 0

  init(value: Float, length: Int) {
    self.length = length
    target = value
    start = value
  }

  /// Whether the value has arrived.
  var isSteady: Bool { @_noLocks get { remaining == 0 } }

  /// The value now.
  var value: Float {
    @_noLocks get {
      remaining == 0 ? target : target + (start - target) * (Float(remaining) / Float(length))
    }
  }

  /// Begins to move from wherever it is.
  @_noLocks
  mutating func move(to value: Float) {
    guard value != target else { return }
    start = self.value
    target = value
    remaining = length
  }

  /// Is there at once.
  @_noLocks
  mutating func jump(to value: Float) {
    target = value
    start = value
    remaining = 0
  }

  /// Takes one step and returns the new value.
  @_noLocks
  mutating func next() -> Float {
    if remaining > 0 { remaining -= 1 }
    return value
  }
}
