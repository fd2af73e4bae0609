import Realtime

/// Which ALSA devices to open, and how.
package struct AlsaConfiguration: Sendable, Equatable {
  /// ALSA's names: "default", "hw:1,0", "plughw:CARD=USB", or one of your own ~/.asoundrc.
  package var input = "default"
  package var output = "default"
  /// Hz wished of both devices; nil: 48000, or the nearest that both run at, or where there is none the input's nearest, and the
  /// output's nearest for it.
  package var sampleRate: Int?
  /// Samples per channel wished of every block.
  package var period = 256
  /// Periods from a sample's arrival to its play-out, without what the processor adds; 2 or more.
  package var periods = 3
  /// Channels of the stream; `ChannelMap` says what becomes of a device that has more or fewer.
  package var channelCount = 1
  /// Which of the input's channels the stream hears.
  package var inputChannels = InputChannels.automatic
  /// Priority of the device's thread under SCHED_FIFO, 1…99; nil: ordinary scheduling.
  package var priority: Int? = 70

  package init() {}
}
