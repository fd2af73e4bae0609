import ScoreModel
import SignalProcessing

/// The delay of a stream at one device rate, and the zeros that keep its queue from running dry: derived, not tuned.
///
/// Let r = rate/model's rate and H the model's hop. Of n input samples the resampler makes ⌈n/r⌉, of which ⌊⌈n/r⌉/H⌋ = k
/// hops are whole; each gives H samples back, so ⌈H·k·r⌉ samples have come out of the second resampler. A call that brings n
/// samples takes n, so with P zeros in front P + ⌈H·k·r⌉ ≥ n must hold for every n. The worst n of each k is the last before
/// hop k + 1 is whole, n = ⌊r·(H(k+1) − 1)⌋, hence
///
///     P = max over k of ⌊r·(H(k+1) − 1)⌋ − ⌈H·k·r⌉,
///
/// which repeats with k after at most the model's rate over its common divisor with H. No fewer zeros will do for a host that
/// may send single samples, and with these
/// every split of the input gives the same output. Where the input always comes in multiples of b samples, only those n
/// count that are multiples of b, and P is hop − gcd(b, hop), where r and the hop H·r are whole. Where that repeats too late to
/// be looked through, P is ⌊r·(H − 1)⌋, which suffices for any k and b. With a frame of F samples the whole delay is
///
///     P + (F − H)·r + (both resamplers' delay)
///
/// at the device's rate: F − 1 where both rates are the same. Two passes in turns are as one with half the hop: what they give back at
/// once is half, and both are needed for it. F − 1 stays; of blocks that are multiples of the hop it is half a hop more.
struct StreamLatency: Equatable {
  /// P.
  let leadingZeros: Int
  /// The enhanced signal's delay, which can have a fraction.
  let exact: Double
  /// The delay of everything else, and the one that is stated: the exact one, rounded.
  var samples: Int { Int(exact.rounded()) }

  /// Hops that are looked at one by one.
  private static let longestPeriod = 500_000

  /// - Parameters:
  ///   - sampleRate: the device's rate in Hz.
  ///   - resamplerDelay: of both resamplers together, in samples of the device.
  ///   - granularity: b, of which the input's blocks are multiples; 1: of any size.
  ///   - passes: in turns over the sound, 1 or 2.
  ///   - format: of the model.
  init(
    sampleRate: Int, resamplerDelay: Double, granularity b: Int = 1, passes: Int = 1, format: FrameFormat = .standard
  ) {
    let hop = format.hopLength / passes
    let rate = format.sampleRate
    var zeros = 0
    // So many hops are a whole number of the device's samples, and `period` of them one of blocks: then their places repeat.
    let common = greatestCommonDivisor(hop * sampleRate, rate)
    let wholeHops = rate / common
    let period = wholeHops * (b / greatestCommonDivisor(hop * sampleRate / common, b))
    if period <= Self.longestPeriod {
      for k in 0..<period {
        let last = sampleRate * (hop * (k + 1) - 1) / rate / b * b
        let ready = (hop * k * sampleRate + rate - 1) / rate
        zeros = max(zeros, last - ready)
      }
    } else {
      zeros = sampleRate * (hop - 1) / rate
    }
    leadingZeros = zeros
    exact = Double(zeros) + Double((format.fftLength - hop) * sampleRate) / Double(rate) + resamplerDelay
  }
}

extension StreamingEnhancer {
  /// The delay of a stream, before one is made: that of frame and hop, and that of both resamplers
  /// (made whole where there is a band above the model's), in samples at the
  /// device's rate. Their sum, rounded, is `latencyInSamples`.
  ///
  /// - Parameters:
  ///   - passes: `EnhancementSettings.passes`.
  ///   - model: what is to run; nil: a method without a model.
  /// - Throws: `EnhancementError` for a rate, quality or granularity out of range.
  public static func latencyParts(
    sampleRate: Int, granularity: Int = 1, resamplerQuality: Int = 5, band: EnhancementSettings.Band = .full,
    passes: Int = 1, model: EnhancementModel? = nil
  ) throws(EnhancementError) -> (frame: Double, resamplers: Double) {
    try latencyParts(
      sampleRate: sampleRate, granularity: granularity, resamplerQuality: resamplerQuality, band: band,
      passes: model == nil ? 1 : passes, format: model?.frameFormat ?? .standard)
  }

  /// The same for a model's frames.
  package static func latencyParts(
    sampleRate: Int, granularity: Int = 1, resamplerQuality: Int = 5, band: EnhancementSettings.Band = .full,
    passes: Int = 1, format frame: FrameFormat
  ) throws(EnhancementError) -> (frame: Double, resamplers: Double) {
    guard (8000...192_000).contains(sampleRate) else { throw .unsupportedSampleRate(sampleRate) }
    guard (1...1 << 20).contains(granularity) else { throw .unsupportedBlock(granularity) }
    let down = try makeResampler(
      from: sampleRate, to: frame.sampleRate, quality: resamplerQuality, device: sampleRate)
    let up = try makeResampler(from: frame.sampleRate, to: sampleRate, quality: resamplerQuality, device: sampleRate)
    let passes = frame.runs(passes)
    let latency = StreamLatency(
      sampleRate: sampleRate, resamplerDelay: 0, granularity: granularity, passes: passes, format: frame)
    let resamplers = down.delayInInputSamples + up.delayInOutputSamples
    let hasHigh = band == .full && HighBand.exists(at: sampleRate, format: frame)
    let stagger = StreamingChain<NetworkPair>.stagger(passes: passes, sampleRate: sampleRate, frame: frame)
    let shift = hasHigh ? HighBand.alignment(resamplerDelay: resamplers, stagger: stagger).delay : 0
    return (latency.exact, resamplers + shift)
  }
}
