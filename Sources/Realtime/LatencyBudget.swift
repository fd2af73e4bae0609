import Enhancement
import SignalProcessing

/// The latency between a device's input and output port, part by part, known before the first block.
///
/// All parts in samples per channel at the device's rate; the sum is what is registered with JACK, and constant:
///
///     2·hop − gcd(block, hop) + both resamplers + compute allowance, rounded up to whole blocks
///
/// with the model's hop counted at the device's rate (where its frame is two hops; a longer one adds the rest); of two passes, whose
/// frames come every half hop, gcd(block, hop / 2). The device's own buffers come on top.
public struct LatencyBudget: Sendable, Equatable {
  /// One cause of latency.
  public struct Part: Sendable, Equatable {
    /// "frame", "resamplers" or "compute".
    public let name: String
    /// One clause on where it comes from.
    public let explanation: String
    /// Samples per channel at the device's rate, which may have a fraction.
    public let samples: Double
  }
  /// The device's rate, Hz.
  public let sampleRate: Int
  /// What the latency is made of: frame, resamplers, compute, in this order.
  public let parts: [Part]
  /// The sum of the parts, rounded to a whole sample.
  public var totalInSamples: Int { Int(parts.reduce(0) { $0 + $1.samples }.rounded()) }
  /// The same in seconds.
  public var totalInSeconds: Double { Double(totalInSamples) / Double(sampleRate) }

  /// - Parameters:
  ///   - frames: of the model.
  ///   - passes: that take turns.
  /// - Throws: `EnhancementError` or `LiveError` for what is out of range.
  init(
    _ format: StreamFormat, frames: FrameFormat, passes: Int, resamplerQuality: Int, band: EnhancementSettings.Band,
    allowance: Double
  ) throws {
    let parts = try StreamingEnhancer.latencyParts(
      sampleRate: format.sampleRate, granularity: format.block, resamplerQuality: resamplerQuality,
      band: band, passes: passes, format: frames)
    let blocks = try Self.allowedBlocks(format, allowance: allowance)
    sampleRate = format.sampleRate
    self.parts = [
      Part(
        name: "frame",
        explanation:
          "frames of \(milliseconds(frames.frameDuration)) every "
          + "\(milliseconds(frames.hopDuration / Double(frames.runs(passes)))), met by "
          + "blocks of \(format.block) samples", samples: parts.frame),
      Part(
        name: "resamplers", explanation: "\(format.sampleRate) Hz to the model's \(frames.sampleRate) Hz and back",
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
    // A hair of tolerance, so that a hundredth of 48 kHz is 480 samples and not one more.
    return max(1, Int((blocks - 1e-9).rounded(.up)))
  }
}

/// "10 ms", or "7.5 ms": with one digit where it is not whole.
func milliseconds(_ seconds: Double) -> String {
  let tenths = Int((seconds * 10_000).rounded())
  return tenths % 10 == 0 ? "\(tenths / 10) ms" : "\(tenths / 10).\(tenths % 10) ms"
}
