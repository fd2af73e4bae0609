import Ground

extension CallbackState {
  /// - Parameters:
  ///   - latency: of the whole chain, samples.
  ///   - tap: outlives this state.
  init(
    format: StreamFormat, shared: UnsafeMutablePointer<SharedState>, latency: Int,
    tap: UnsafeMutablePointer<SessionTap>?
  ) {
    self.shared = shared
    self.latency = latency
    self.tap = tap
    channelCount = format.channelCount
    var size = 1
    while size < latency + format.block { size *= 2 }
    historySize = size
    history = PlanarBlock(channelCount: format.channelCount, capacity: size)
    fill = DryFill(channelCount: format.channelCount, sampleRate: format.sampleRate)
  }
}
