import AudioFiles
import Enhancement
import Realtime

/// `enhance --realtime`: a file through the live worker, block by block at the pace of a device.
struct LivePass: Sendable {
  /// Samples per channel of a block.
  let block: Int

  /// Starts the worker for one file.
  ///
  /// - Throws: what the engine throws where it cannot run so.
  func begin(_ plan: Plan, _ format: AudioFormat) throws -> LivePassDevice {
    var options = LiveOptions()
    options.noiseProfile = plan.profile
    options.learned = plan.learned
    options.freezesNoiseReference = plan.profile != nil
    let engine = try LiveEngine(
      model: plan.model, settings: plan.settings, options: options, remark: { Terminal.complain("note", $0) })
    let stream = StreamFormat(sampleRate: format.sampleRate, block: block, channelCount: format.channelCount)
    return LivePassDevice(
      engine: engine, player: try PacedPlayer(processor: engine, format: stream, isPaced: true))
  }
}

/// The worker and its device of arrays, while a file goes through. One thread.
final class LivePassDevice {
  private let engine: LiveEngine
  private let player: PacedPlayer
  /// How things stood at the end.
  private(set) var status: LiveStatus?
  /// The noise reference at the end, where it was to be kept.
  private(set) var profile: NoiseProfile?

  init(engine: LiveEngine, player: PacedPlayer) {
    self.engine = engine
    self.player = player
  }

  var latencyInSamples: Int { player.latencyInSamples }

  /// Takes as long as the samples last.
  func play(_ interleaved: UnsafeMutableBufferPointer<Float>) { player.play(interleaved) }

  /// How things stand now.
  var statusNow: LiveStatus? { engine.status }

  /// Samples per channel of whole blocks that last about a hop of the model, one block at least.
  var blocksOfAHop: Int {
    let block = player.format.block
    let hop = (engine.status?.frameDeadline ?? 0) * Double(player.format.sampleRate)
    return block * max(1, Int(hop / Double(block)))
  }

  /// Ends the worker, and keeps its noise reference if so wished.
  func finish(keepsProfile: Bool) throws {
    status = engine.status
    if keepsProfile { profile = engine.noiseProfile() }
    try engine.stop()
  }

  /// Ends the worker after an error.
  func abandon() { try? engine.stop() }
}
