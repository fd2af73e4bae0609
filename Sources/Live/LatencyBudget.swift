/// The latency between a device's input and output port, part by part, known before the first block.
///
/// All parts in samples per channel at the device's rate; the sum is what is registered with JACK, and constant.
public struct LatencyBudget: Sendable, Equatable {
  public struct Part: Sendable, Equatable {
    /// "frame", "hop and block", …
    public let name: String
    /// One clause on where it comes from.
    public let explanation: String
    public let samples: Double
  }
  public let sampleRate: Int
  public let parts: [Part]
  /// The sum of the parts, rounded to a whole sample.
  public var totalInSamples: Int { Int(parts.reduce(0) { $0 + $1.samples }.rounded()) }
  public var totalInSeconds: Double { Double(totalInSamples) / Double(sampleRate) }
}
