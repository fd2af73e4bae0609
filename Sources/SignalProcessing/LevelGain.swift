import Ground

/// The causal level of the input and the gain that brings it to −20 dB before the network.
///
/// The gain of a frame comes from earlier frames only; the same gain is divided out of that frame's output, so the
/// network sees steady levels and nothing is heard of it. Training runs the same function, from a random start.
/// All arithmetic is in Float. A value: the level, and its steps per frame; it belongs to one thread.
package struct LevelGain: Sendable, Equatable {
  /// Level that the gain aims at, in dB.
  package static var targetLevel: Float { @_noLocks get { -20 } }
  /// The same as a mean square.
  package static var targetPower: Float { @_noLocks get { 0.01 } }
  /// Frames at or below this energy, in dB, leave the level as it is; it is also the lowest level.
  package static var silenceLevel: Float { @_noLocks get { -75 } }
  /// Highest level, in dB.
  package static var highestLevel: Float { @_noLocks get { 10 } }
  /// How fast the level follows, in dB/s.
  package static var fallPerSecond: Double { @_noLocks get { 3 } }
  package static var risePerSecond: Double { @_noLocks get { 100 } }

  /// Steps per frame, in dB.
  private let fallPerFrame: Float
  private let risePerFrame: Float

  /// The tracked level L in dB (0 dB is a mean square of one), kept in −75…10. Saved state: setting it restores.
  package var level: Float {
    didSet { level = Self.clamped(level) }
  }

  /// - Parameters:
  ///   - startLevel: L before the first frame, in dB; outside −75…10 (or NaN) it is brought inside.
  ///   - frameRate: frames per second.
  package init(startLevel: Float = -26, frameRate: Double = 100) {
    level = Self.clamped(startLevel)
    fallPerFrame = Float(Self.fallPerSecond / frameRate)
    risePerFrame = Float(Self.risePerSecond / frameRate)
  }

  /// Factor for the frame that is about to be seen: 10^((−20 − L)/20), between 0.03 and 562.
  package var gain: Float {
    @_noLocks get { decibelsToAmplitude(Self.targetLevel - level) }
  }

  /// Takes a frame's energy into the level; call it after `gain` was used for that frame.
  ///
  /// - Parameter energy: `STFTAnalysis.energy`; a value that is not a number leaves the level as it is.
  @_noLocks
  package mutating func update(energy: Float) {
    let decibels = 10 * logarithm10(energy + 1e-12)
    guard decibels > Self.silenceLevel else { return }
    level += min(max(decibels - level, -fallPerFrame), risePerFrame)
  }

  @_noLocks @inline(__always)
  private static func clamped(_ level: Float) -> Float {
    level >= silenceLevel ? min(level, highestLevel) : silenceLevel
  }
}
