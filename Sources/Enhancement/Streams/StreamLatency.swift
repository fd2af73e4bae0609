import SignalProcessing

/// The delay of a stream at one device rate, and the zeros that keep its queue from running dry: derived, not tuned.
///
/// Let r = rate/16000. Of n input samples the resampler makes ⌈n/r⌉, of which ⌊⌈n/r⌉/160⌋ = k hops are whole; each gives
/// 160 samples back, so ⌈160·k·r⌉ samples have come out of the second resampler. A call that brings n samples takes n,
/// so with P zeros in front P + ⌈160·k·r⌉ ≥ n must hold for every n. The worst n of each k is the last before hop k + 1
/// is whole, n = ⌊r·(160(k+1) − 1)⌋, hence
///
///     P = max over k of ⌊r·(160(k+1) − 1)⌋ − ⌈160·k·r⌉,
///
/// which repeats with k after at most 100. No fewer zeros will do for a host that may send single samples, and with these
/// every split of the input gives the same output. Where the input always comes in multiples of b samples, only those n
/// count that are multiples of b, and P is hop − gcd(b, hop), where r and the hop 160·r are whole. The whole delay is
///
///     P + 160·r + (both resamplers' delay)
///
/// at the device's rate: 159 + 160 = 319 samples at 16 kHz.
struct StreamLatency: Equatable {
  /// P.
  let leadingZeros: Int
  /// The enhanced signal's delay, which can have a fraction.
  let exact: Double
  /// The delay of everything else, and the one that is stated: the exact one, rounded.
  var samples: Int { Int(exact.rounded()) }

  /// - Parameters:
  ///   - sampleRate: the device's rate in Hz.
  ///   - resamplerDelay: of both resamplers together, in samples of the device.
  ///   - granularity: b, of which the input's blocks are multiples; 1: of any size.
  init(sampleRate: Int, resamplerDelay: Double, granularity b: Int = 1) {
    var zeros = 0
    // The hops' places among the blocks repeat after at most 100·b hops.
    let period = min(100 * b, 500_000)
    for k in 0..<period {
      let last = sampleRate * (160 * (k + 1) - 1) / 16000 / b * b
      let ready = (160 * k * sampleRate + 15999) / 16000
      zeros = max(zeros, last - ready)
    }
    leadingZeros = zeros
    exact = Double(zeros) + Double(160 * sampleRate) / 16000 + resamplerDelay
  }
}

extension StreamingEnhancer {
  /// The delay of a stream, before one is made: that of frame and hop, and that of both resamplers
  /// (made whole where there is a band above the model's), in samples at the
  /// device's rate. Their sum, rounded, is `latencyInSamples`.
  ///
  /// - Throws: `EnhancementError` for a rate, quality or granularity out of range.
  public static func latencyParts(
    sampleRate: Int, granularity: Int = 1, resamplerQuality: Int = 5, band: EnhancementSettings.Band = .full
  ) throws(EnhancementError) -> (frame: Double, resamplers: Double) {
    guard (8000...192_000).contains(sampleRate) else { throw .unsupportedSampleRate(sampleRate) }
    guard (1...1 << 20).contains(granularity) else { throw .unsupportedBlock(granularity) }
    let down = try makeResampler(from: sampleRate, to: 16000, quality: resamplerQuality)
    let up = try makeResampler(from: 16000, to: sampleRate, quality: resamplerQuality)
    let latency = StreamLatency(sampleRate: sampleRate, resamplerDelay: 0, granularity: granularity)
    let resamplers = down.delayInInputSamples + up.delayInOutputSamples
    let hasHigh = band == .full && HighBand.exists(at: sampleRate)
    return (latency.exact, resamplers + (hasHigh ? HighBand.alignmentDelay(resamplerDelay: resamplers) : 0))
  }
}
