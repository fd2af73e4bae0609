import Ground

/// Which of a device's channels belong to which of the stream's. Made in setup; reading it allocates nothing.
///
/// Inputs: one microphone is for all channels of the stream; else one by one, and further inputs are left out; or those that
/// were asked for. (A stream of one channel chooses among several inputs by what they hold: `InputChoice`.)
/// Outputs: one channel is played on the first pair; else one by one, further outputs are silent,
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
  ///
  /// - Parameter numbers: those asked for, from 1 on, as many as the stream has; nil: one by one.
  init(deviceInputs: Int, channelCount: Int, numbers: [Int]? = nil) {
    sources = FixedArray(count: channelCount) { channel in
      Sources(first: numbers.map { $0[channel] - 1 } ?? channel % deviceInputs)
    }
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
