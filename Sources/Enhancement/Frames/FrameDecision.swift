import Ground

/// Something that the clock, not the sound, decided about a frame.
package struct FrameDecision: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// The frame was cut short after so many steps.
    case stepsRun(Int)
    /// The noise tokens due at this frame were not ready.
    case tokensLate
  }
  /// The frame, from 0.
  package let frameIndex: Int
  package let kind: Kind

  package init(frameIndex: Int, kind: Kind) {
    self.frameIndex = frameIndex
    self.kind = kind
  }
}

/// The newest decisions of one channel, for whoever records them; or, when a recording is played again, all of them.
///
/// One thread; nothing allocates after `init`, except `setScript`.
struct FrameDecisions: ~Copyable {
  /// Decisions kept until they are taken; more than a block can bring.
  static var capacity: Int { 512 }

  private let noted = FixedArray(repeating: FrameDecision(frameIndex: 0, kind: .tokensLate), count: Self.capacity)
  private var notedCount = 0
  private var script: [FrameDecision]?
  private var next = 0  // in the script

  mutating func note(_ decision: FrameDecision) {
    guard notedCount < Self.capacity else { return }
    noted[notedCount] = decision
    notedCount += 1
  }

  /// Hands over what was noted since the last time, oldest first.
  mutating func take(_ body: (FrameDecision) -> Void) {
    for n in 0..<notedCount { body(noted[n]) }
    notedCount = 0
  }

  // MARK: - Playing again

  var isScripted: Bool { script != nil }

  /// - Parameter decisions: in the order of their frames; at one frame tokens come before steps.
  mutating func setScript(_ decisions: [FrameDecision]) {
    script = decisions
    next = 0
  }

  /// Whether the script says that the tokens of this frame were late.
  mutating func isScriptedLate(_ frameIndex: Int) -> Bool {
    guard let script, next < script.count, script[next] == FrameDecision(frameIndex: frameIndex, kind: .tokensLate)
    else { return false }
    next += 1
    return true
  }

  /// Steps after which the script cuts this frame short; nil: not cut. Without a script nil, too.
  mutating func scriptedSteps(_ frameIndex: Int) -> Int? {
    guard let script else { return nil }
    guard next < script.count, script[next].frameIndex == frameIndex, case .stepsRun(let steps) = script[next].kind
    else { return Int.max }
    next += 1
    return steps
  }

  mutating func reset() {
    notedCount = 0
    next = 0
  }
}
