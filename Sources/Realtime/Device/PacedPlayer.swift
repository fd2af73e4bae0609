import Ground

/// A device made of arrays: hands blocks to a processor at a device's pace, or as fast as it takes them. For files through
/// the live worker, and for tests. One thread.
public final class PacedPlayer {
  /// What it plays at, and the processor was prepared for.
  public let format: StreamFormat
  /// Samples per channel from input to output.
  public let latencyInSamples: Int

  private let callback: BlockCallback
  private let isPaced: Bool
  private var began: UInt64 = 0
  private var position = 0
  private let block: PlanarBlock  // (channels, the format's block)

  /// - Parameters:
  ///   - isPaced: whether a block takes its time, as with a device; else the callback may wait for its result.
  /// - Throws: what `prepare` throws.
  public init(processor: any BlockProcessor, format: StreamFormat, isPaced: Bool) throws {
    self.format = format
    self.isPaced = isPaced
    let prepared = try processor.prepare(format)
    callback = prepared.callback
    latencyInSamples = prepared.latencyInSamples
    block = PlanarBlock(channelCount: format.channelCount, capacity: format.block)
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
      block.deinterleave(samples + done * channels, count: count)
      callback.function(
        callback.context, block.constantLanes, block.lanes, count, isPaced ? 0 : BlockConditions.mayWait.rawValue)
      block.interleave(into: samples + done * channels, count: count)
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
