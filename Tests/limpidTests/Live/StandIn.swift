import Enhancement
import Foundation
import Realtime
import Synchronization

@testable import limpid

/// Stands in for the engine: notes the commands, and tells a status that the test chose.
final class StandIn: LiveControls {
  private let commands = Mutex<[EngineCommand]>([])
  private let shown: Mutex<LiveStatus?>
  init(_ status: LiveStatus? = .example) { shown = Mutex(status) }
  var status: LiveStatus? { shown.withLock { $0 } }
  var sent: [EngineCommand] { commands.withLock { $0 } }
  let learnedNoise: LearnedNoise? = nil
  private let used = Mutex<[[String]]>([])
  /// The names of every `remove`.
  var removed: [[String]] { used.withLock { $0 } }
  func remove(_ sounds: [LearnedNoise], named names: [String]) throws { used.withLock { $0.append(names) } }
  func send(_ command: EngineCommand) throws {
    if case .guidance(7) = command { throw LiveError.busy }
    commands.withLock { $0.append(command) }
  }
}

extension LiveStatus {
  /// A usual moment.
  static var example: LiveStatus {
    var status = LiveStatus(
      format: StreamFormat(sampleRate: 48_000, block: 256, channelCount: 2), latencyInSamples: 1584,
      frameDeadline: 0.01, settings: EnhancementSettings())
    status.seconds = 75
    status.inputLevel = -23.4
    status.outputLevel = -31.2
    status.noiseReduction = 14.6
    status.frameTimeMedian = 0.00123
    status.frameTime99 = 0.00456
    status.referenceFrames = 150
    status.referenceAge = 0.4
    return status
  }

  /// The longest of everything.
  static var crowded: LiveStatus {
    var status = LiveStatus(
      format: StreamFormat(sampleRate: 192_000, block: 4096, channelCount: 32), latencyInSamples: 25_536,
      frameDeadline: 0.01, settings: EnhancementSettings())
    status.seconds = 360_000
    status.inputLevel = -101.5
    status.outputLevel = 3.5
    status.noiseReduction = 103.2
    status.frameTimeMedian = 1.23456
    status.frameTime99 = 12.3456
    status.steps = 1
    status.wishedSteps = 8
    status.secondPass = .light
    status.settings.guidance = 1.25
    status.settings.mix = 0.125
    status.settings.attenuationLimitInDecibels = 12.5
    status.settings.bypass = true
    status.referenceFrames = 200
    status.referenceAge = 3600
    status.learning = 59.5
    status.isFrozen = true
    status.counters.late = 36_000_000
    status.counters.reduced = 36_000_000
    status.counters.dry = 1_234_567
    status.counters.referenceLate = 1_234_567
    status.counters.xruns = 1_234_567
    status.counters.overruns = 1_234_567
    status.clockDrift = -234.5
    return status
  }
}

/// Waits for a condition, at most 30 s: as long as any sane machine takes.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
  for _ in 0..<3000 {
    if try condition() { return true }
    usleep(10_000)
  }
  return false
}
