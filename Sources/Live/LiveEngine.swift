import AudioIO
import Enhancement

public enum LiveError: Error, Equatable, CustomStringConvertible {
  case tooSlow(sampleRate: Int, channelCount: Int, frameTime: Double)
  public var description: String { "" }
}

public final class LiveEngine: BlockProcessor, @unchecked Sendable {
  /// - Parameter remark: called on an ordinary thread with sentences for the user (priority not allowed, steps lowered…).
  public init(
    model: EnhancementModel?, settings: EnhancementSettings, options: LiveOptions = LiveOptions(),
    remark: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    fatalError()
  }
  /// Stops the worker and the encoder thread; the device must have stopped before. Ends recordings.
  public func stop() throws { fatalError() }
  public func prepare(_ format: StreamFormat) throws -> PreparedStream { fatalError() }
  public func note(_ event: DeviceEvent) { fatalError() }
  /// Asks for a change; it takes effect between two blocks. Any thread but the device's callback.
  public func send(_ command: LiveCommand) throws { fatalError() }
  /// nil before the first `prepare`.
  public var status: LiveStatus? { fatalError() }
  /// The latency's parts; nil before the first `prepare`.
  public var latencyBudget: LatencyBudget? { fatalError() }
  /// The same for a format that is not running yet.
  public static func latencyBudget(_ format: StreamFormat, settings: EnhancementSettings, options: LiveOptions = LiveOptions()) throws -> LatencyBudget { fatalError() }
  /// The noise heard in a channel, to be saved.
  public func noiseProfile(channel: Int = 0) -> NoiseProfile? { fatalError() }
}

/// A recording played again.
public struct LiveReplay {
  /// - Throws: a sentence where the folder is no recording or was made by another build or dispatch level.
  public init(path: String, model: EnhancementModel?) throws { fatalError() }
  public var format: StreamFormat { fatalError() }
  /// Plays all of it: output samples, interleaved, by blocks; `progress` with the share done.
  public func run(output: (UnsafeBufferPointer<Float>) throws -> Void, progress: (Double) -> Void) throws { fatalError() }
  /// Whether the output equals the recorded one to the bit; the first sample where it does not.
  public func verify(progress: (Double) -> Void) throws -> Int? { fatalError() }
}

/// A file through the live worker at the device's pace, or as fast as it goes.
public struct PacedPlayer {
  public init(engine: LiveEngine, format: StreamFormat, isPaced: Bool) throws { fatalError() }
  /// Interleaved blocks in and out, `count` samples per channel ≤ format.block.
  public func play(_ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int) { fatalError() }
}
