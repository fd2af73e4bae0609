import Enhancement

/// What went other than planned since the start, counted; nothing of it ever adds to the latency. Who adds one gives it an
/// entry in `all`.
public struct LiveCounters: Sendable, Equatable {
  /// Frames that were ready after they were due.
  public var late = 0
  /// Frames that ran fewer steps, passes or networks than wished.
  public var reduced = 0
  /// Spans played from the delayed input, because enhanced samples were not ready.
  public var dry = 0
  /// Samples per channel of them.
  public var drySamples = 0
  /// Refreshes of the noise tokens that were not ready at their frame; each channel has its own.
  public var referenceLate = 0
  /// Interruptions that the device reported.
  public var xruns = 0
  /// Times that input was left out, because the worker stood still for longer than the ring holds.
  public var overruns = 0

  /// Nothing counted.
  public init() {}

  /// All of them, in the order that people read them in.
  public static let all: [Counter<LiveCounters>] = [
    Counter("late", "frames that were ready after they were due", \.late),
    Counter("reduced", "frames that ran fewer steps, passes or networks than wished", \.reduced),
    Counter("dry", "spans played from the delayed input, because enhanced samples were not ready", \.dry),
    Counter("dry-samples", "samples per channel of them", \.drySamples, display: .never),
    Counter("reference-late", "refreshes of the noise tokens that were not ready at their frame", \.referenceLate),
    Counter("xruns", "interruptions that the device reported", \.xruns, isOfDevice: true),
    Counter(
      "overruns", "times that input was left out, because the worker stood still for longer than the ring holds",
      \.overruns, display: .whenCounted),
  ]
}
