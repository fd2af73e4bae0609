import Ground

/// A device made of arrays: hands blocks to a processor at a device's pace, or as fast as it takes them. For files through
/// the live worker, and for tests. One thread.
public final class PacedPlayer {
  public let format: StreamFormat
  /// Samples per channel from input to output.
  public let latencyInSamples: Int

  private let callback: BlockCallback
  private let isPaced: Bool
  private var began: UInt64 = 0
  private var position = 0
  private let lanes: UnsafeMutablePointer<UnsafeMutablePointer<Float>>  // (channels), each (block)
  private let constantLanes: UnsafeMutablePointer<UnsafePointer<Float>>
  private let memory: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - isPaced: whether a block takes its time, as with a device; else the callback may wait for its result.
  /// - Throws: what `prepare` throws.
  public init(processor: any BlockProcessor, format: StreamFormat, isPaced: Bool) throws {
    self.format = format
    self.isPaced = isPaced
    let prepared = try processor.prepare(format)
    callback = prepared.callback
    latencyInSamples = prepared.latencyInSamples
    memory = .allocate(capacity: format.block * format.channelCount)
    memory.initialize(repeating: 0, count: format.block * format.channelCount)
    lanes = .allocate(capacity: format.channelCount)
    constantLanes = .allocate(capacity: format.channelCount)
    for channel in 0..<format.channelCount {
      (lanes + channel).initialize(to: memory + channel * format.block)
      (constantLanes + channel).initialize(to: UnsafePointer(memory + channel * format.block))
    }
  }

  deinit {
    memory.deallocate()
    lanes.deallocate()
    constantLanes.deallocate()
  }

  /// Plays samples of any number, in place: in blocks of the format, the last one maybe shorter.
  ///
  /// - Parameter interleaved: (samples, channels).
  public func play(_ interleaved: UnsafeMutableBufferPointer<Float>) {
    let channels = format.channelCount
    precondition(interleaved.count % channels == 0, "play takes whole samples of all channels")
    guard let samples = interleaved.baseAddress else { return }
    let total = interleaved.count / channels
    var done = 0
    while done < total {
      let count = min(format.block, total - done)
      if isPaced { waitUntilDue(count) }
      for channel in 0..<channels {
        for n in 0..<count { lanes[channel][n] = samples[(done + n) * channels + channel] }
      }
      callback.function(
        callback.context, constantLanes, lanes, count, isPaced ? 0 : BlockConditions.mayWait.rawValue)
      for channel in 0..<channels {
        for n in 0..<count { samples[(done + n) * channels + channel] = lanes[channel][n] }
      }
      done += count
    }
  }

  /// A block comes when its last sample has been "recorded".
  private func waitUntilDue(_ count: Int) {
    if began == 0 { began = monotonicNanoseconds() }
    position += count
    let due = began + UInt64(Double(position) / Double(format.sampleRate) * 1e9)
    let now = monotonicNanoseconds()
    if due > now { sleep(nanoseconds: due - now) }
  }
}
