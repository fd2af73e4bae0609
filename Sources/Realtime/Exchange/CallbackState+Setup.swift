import Ground

extension CallbackState {
  /// - Parameters:
  ///   - latency: of the whole chain, samples.
  ///   - tap, onlookers: outlive this state.
  init(
    format: StreamFormat, shared: UnsafeMutablePointer<SharedState>, latency: Int,
    tap: UnsafeMutablePointer<SessionTap>?, onlookers: UnsafeMutablePointer<SoundTapRings>? = nil
  ) {
    self.shared = shared
    self.latency = latency
    self.tap = tap
    self.onlookers = onlookers
    channelCount = format.channelCount
    var size = 1
    while size < latency + format.block { size *= 2 }
    historySize = size
    history = PlanarBlock(channelCount: format.channelCount, capacity: size)
    fill = DryFill(channelCount: format.channelCount, sampleRate: format.sampleRate)
  }
}
