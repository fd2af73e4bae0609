/// One direction of a device, as the loop sees it: ALSA's, or a test's with a clock of its own.
///
/// Counts are samples per channel; negative results are −errno. One thread.
protocol PCMStream: ~Copyable {
  var format: AlsaSampleFormat { get }
  var channelCount: Int { get }
  /// Samples that the device's buffer holds.
  var bufferSize: Int { get }

  /// Waits until `count` samples are there and reads them; at most a fifth of a second: then −EAGAIN.
  mutating func read(_ memory: UnsafeMutableRawPointer, count: Int) -> Int
  /// Waits until there is room and writes; at most a fifth of a second: then −EAGAIN.
  mutating func write(_ memory: UnsafeRawPointer, count: Int) -> Int
  /// Samples that were written and not yet played.
  mutating func delay() -> Int
  mutating func prepare() -> Int
  mutating func start() -> Int
  /// After a suspend: −EAGAIN while it is not over.
  mutating func resume() -> Int
  mutating func drop()
  /// The clock's nanoseconds, and waiting by it.
  func now() -> UInt64
  func pause(nanoseconds: UInt64)
}
