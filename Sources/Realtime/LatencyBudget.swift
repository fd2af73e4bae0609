import Enhancement

/// The latency between a device's input and output port, part by part, known before the first block.
///
/// All parts in samples per channel at the device's rate; the sum is what is registered with JACK, and constant:
///
///     2·hop − gcd(block, hop) + both resamplers + compute allowance, rounded up to whole blocks
///
/// with the hop of 10 ms counted at the device's rate. The device's own buffers come on top.
public struct LatencyBudget: Sendable, Equatable {
  public struct Part: Sendable, Equatable {
    /// "frame", "resamplers" or "compute".
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

  /// - Throws: `EnhancementError` or `LiveError` for what is out of range.
  init(
    _ format: StreamFormat, resamplerQuality: Int, band: EnhancementSettings.Band, allowance: Double
  ) throws {
    let parts = try StreamingEnhancer.latencyParts(
      sampleRate: format.sampleRate, granularity: format.block, resamplerQuality: resamplerQuality,
      band: band)
    let blocks = try Self.allowedBlocks(format, allowance: allowance)
    sampleRate = format.sampleRate
    self.parts = [
      Part(
        name: "frame",
        explanation: "frames of 20 ms every 10 ms, met by blocks of \(format.block) samples", samples: parts.frame),
      Part(
        name: "resamplers", explanation: "\(format.sampleRate) Hz to the model's 16000 Hz and back",
        samples: parts.resamplers),
      Part(
        name: "compute",
        explanation: "time for the model: \(blocks) block\(blocks == 1 ? "" : "s") of \(format.block) samples",
        samples: Double(blocks * format.block)),
    ]
  }

  /// The compute allowance in whole blocks, at least one.
  static func allowedBlocks(_ format: StreamFormat, allowance: Double) throws -> Int {
    guard allowance >= 0, allowance <= 1 else {
      throw LiveError.badOption("an allowance of \(allowance) s is out of range; give 0 to 1 s")
    }
    let blocks = allowance * Double(format.sampleRate) / Double(format.block)
    // A hair of tolerance, so that 10 ms of 48 kHz are 480 samples and not one more.
    return max(1, Int((blocks - 1e-9).rounded(.up)))
  }
}
