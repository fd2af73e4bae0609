/// A device that runs: JACK or ALSA. Main thread.
protocol LiveDevice: AnyObject, Sendable {
  func start() throws
  func stop()
  /// What it lies between, while it runs: "system:capture_1 to system:playback_1".
  var ports: String { get }
  /// What a person wants to know of it once it runs, a line; nil: nothing.
  var facts: String? { get }
  /// What was measured while it ran, a line; nil: nothing.
  var measurements: String? { get }
  /// Why it runs no longer, a sentence; nil while it does, and at a good end.
  var endReason: String? { get }
  /// Whether it has come to its end, be it a good one.
  var hasEnded: Bool { get }
}
