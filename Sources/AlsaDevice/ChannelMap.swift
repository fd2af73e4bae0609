import Ground

/// Which of a device's channels belong to which of the stream's. Made in setup; reading it allocates nothing.
///
/// Inputs: one microphone is for all channels of the stream; of a pair, one channel gets the mean; else one by one, and
/// further inputs are left out. Outputs: one channel is played on the first pair; else one by one, further outputs are silent,
/// and with fewer outputs than channels each plays the mean of its share.
struct ChannelMap: ~Copyable {
  /// What one channel is the mean of: `count` channels from `first` on, `step` apart; none: silence.
  struct Sources: Equatable {
    var first = 0
    var step = 1
    var count = 1
  }

  private let sources: FixedArray<Sources>
  var count: Int { sources.count }

  /// Of the stream's channels, from the device's.
  init(deviceInputs: Int, channelCount: Int) {
    let isPair = channelCount == 1 && deviceInputs == 2
    sources = FixedArray(count: channelCount) { Sources(first: $0 % deviceInputs, count: isPair ? 2 : 1) }
  }

  /// Of the device's outputs, from the stream's channels.
  init(deviceOutputs: Int, channelCount: Int) {
    sources = FixedArray(count: deviceOutputs) { output in
      var source = Sources(first: output)
      if deviceOutputs < channelCount {
        source.step = deviceOutputs
        source.count = (channelCount - output + deviceOutputs - 1) / deviceOutputs
      } else if channelCount == 1 {
        source = Sources(first: 0, count: output < 2 ? 1 : 0)
      } else if output >= channelCount {
        source.count = 0
      }
      return source
    }
  }

  subscript(channel: Int) -> Sources { @_noLocks get { sources.base[channel] } }
}
