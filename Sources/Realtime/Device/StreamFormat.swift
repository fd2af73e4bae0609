/// What a device runs at, the same from its start to its stop.
public struct StreamFormat: Sendable, Equatable {
  /// Hz, 8000…192000.
  public var sampleRate: Int
  /// Samples per channel of every block: JACK's buffer size, ALSA's period.
  public var block: Int
  /// Channels in and, as many, out.
  public var channelCount: Int

  /// Checks nothing: `BlockProcessor.prepare` throws for what it cannot work at.
  public init(sampleRate: Int, block: Int, channelCount: Int) {
    self.sampleRate = sampleRate
    self.block = block
    self.channelCount = channelCount
  }
}
