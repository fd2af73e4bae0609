import Enhancement
import Realtime
import Synchronization

/// The engine's controls, with a note of what was decided by them: what somebody tells to forget, say, is not to come back from the
/// last run's files. Any ordinary thread.
final class NotedControls: LiveControls {
  private let controls: any LiveControls
  private let noted = Mutex<LeftParts>([])

  init(_ controls: any LiveControls) { self.controls = controls }

  /// What was decided about since the start.
  var decided: LeftParts { noted.withLock { $0 } }

  var status: LiveStatus? { controls.status }
  var learnedNoise: LearnedNoise? { controls.learnedNoise }

  func send(_ command: EngineCommand) throws {
    try controls.send(command)
    let parts: LeftParts =
      switch command {
      // Of a model without tokens the noise reference is what learns and forgets.
      case .learn: [.learned, .profile]
      case .forget: [.learned, .profile, .names]
      case .freeze, .clear: [.profile]
      case .bypass, .endLearning, .attenuationLimit, .mix, .guidance, .steps, .networks: []
      }
    if !parts.isEmpty { noted.withLock { $0.formUnion(parts) } }
  }

  func remove(_ sounds: [LearnedNoise], named names: [String]) throws {
    try controls.remove(sounds, named: names)
    noted.withLock { $0.formUnion(.names) }
  }
}
