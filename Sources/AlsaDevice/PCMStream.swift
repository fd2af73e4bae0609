/// One direction of a device, as the loop sees it: ALSA's, or a test's with a clock of its own.
///
/// Counts are samples per channel; negative results are −errno. One thread; nothing here allocates.
protocol PCMStream: ~Copyable {
  var format: AlsaSampleFormat { get }
  var channelCount: Int { get }
  /// Samples that the device's buffer holds.
  var bufferSize: Int { get }
  /// Samples after which the device wakes who waits.
  var period: Int { get }
  /// Whether a block's samples lie time by time, all channels of each; otherwise channel by channel.
  var isInterleaved: Bool { get }

  /// Waits until `count` samples can be read, at most a fifth of a second.
  ///
  /// - Returns: the samples that can be read now, `count` or more; −EAGAIN where it takes longer.
  mutating func waitForInput(_ count: Int) -> Int
  /// Samples that were recorded and not yet read.
  mutating func available() -> Int
  /// Reads what is there, without waiting; fewer than `count` only where a file has ended.
  mutating func read(_ memory: UnsafeMutableRawPointer, count: Int) -> Int
  /// Writes all of it, waiting for room; −EAGAIN where that takes more than a fifth of a second.
  mutating func write(_ memory: UnsafeRawPointer, count: Int) -> Int
  /// Samples that were written and not yet played.
  mutating func delay() -> Int
  mutating func prepare() -> Int
  /// 0 also where it runs already, because it was started with the other direction.
  mutating func start() -> Int
  /// After a suspend: −EAGAIN while it is not over.
  mutating func resume() -> Int
  mutating func drop()
  /// The clock's nanoseconds, and waiting by it.
  func now() -> UInt64
  func pause(nanoseconds: UInt64)
}
