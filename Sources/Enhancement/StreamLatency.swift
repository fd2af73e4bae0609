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
/// every split of the input gives the same output. The whole delay is
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
  init(sampleRate: Int, resamplerDelay: Double) {
    var zeros = 0
    for k in 0..<100 {
      let arrived = sampleRate * (160 * (k + 1) - 1) / 16000
      let ready = (160 * k * sampleRate + 15999) / 16000
      zeros = max(zeros, arrived - ready)
    }
    leadingZeros = zeros
    exact = Double(zeros) + Double(160 * sampleRate) / 16000 + resamplerDelay
  }
}
