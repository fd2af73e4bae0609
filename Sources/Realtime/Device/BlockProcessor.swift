/// What stands behind a device: the live engine, or a test's stand-in. Devices know samples and time, nothing else.
public protocol BlockProcessor: AnyObject, Sendable {
  /// Called on an ordinary thread before the first block and whenever the device has changed its format; no block is under
  /// way then. Called again with the same format (a device that came back), it carries on with its state.
  ///
  /// - Returns: what to call, and the latency to state.
  /// - Throws: where it cannot work at this format; the sentence is for the user.
  func prepare(_ format: StreamFormat) throws -> PreparedStream

  /// Tells what happened, for counters and log. Any thread but the device's callback.
  func note(_ event: DeviceEvent)
}

/// The answer of `BlockProcessor.prepare`.
public struct PreparedStream: Sendable {
  /// What the device calls for every block, until the next `prepare`.
  public let callback: BlockCallback
  /// Samples per channel from an input sample to the output sample that holds it, the same until the next `prepare`.
  public let latencyInSamples: Int

  /// - Parameter latencyInSamples: per channel.
  public init(callback: BlockCallback, latencyInSamples: Int) {
    self.callback = callback
    self.latencyInSamples = latencyInSamples
  }
}

/// What happens to a device while it runs.
public enum DeviceEvent: Sendable, Equatable {
  /// Samples were lost or repeated outside of the engine.
  case xrun
  /// The server or the device is gone; the reason, as a clause ("the JACK server stopped").
  case lost(String)
  /// It is back, and blocks flow again.
  case returned
  /// Nobody listens in real time now, or somebody does again.
  case freewheel(Bool)
  /// Measured difference of the two clocks of input and output, in parts per million of the rate.
  case clockDrift(ppm: Double)
  /// Something the user should know, one sentence; said once.
  case remark(String)
}
