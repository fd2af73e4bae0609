import Ground
import SignalProcessing

/// Sizes of a log-mel spectrogram, as a tower's file states them.
package struct SpectrogramConfiguration: Sendable, Equatable {
  /// Hz.
  package var sampleRate: Int
  package var fftLength: Int
  package var hopLength: Int
  package var melBins: Int
  /// Hz.
  package var minimumFrequency: Int
  package var maximumFrequency: Int

  /// Frames of so many samples: the first is centred on the first sample.
  package func frames(_ sampleCount: Int) -> Int { sampleCount / hopLength + 1 }
}

/// 10·log10 of the mel-filtered power spectrum, floor 1e-10: periodic Hann window, frames centred on multiples of the
/// hop, the signal reflected at its ends. What torchlibrosa computes for both towers.
///
/// One instance belongs to one thread. `forward` does not allocate.
struct LogMelSpectrogram: ~Copyable {
  let configuration: SpectrogramConfiguration
  private let transform: FourierTransform
  private let window: [Float]
  private let power: FloatMemory  // (fftLength/2 + 1)
  private let bank: MelFilterBank

  init(_ configuration: SpectrogramConfiguration) {
    self.configuration = configuration
    let n = configuration.fftLength
    transform = FourierTransform(length: n, direction: .forward)
    window = (0..<n).map { Float(0.5 - 0.5 * cosine(2 * Double.pi * Double($0) / Double(n))) }
    power = FloatMemory(n / 2 + 1)
    bank = MelFilterBank(
      sampleRate: configuration.sampleRate, fftLength: n, count: configuration.melBins,
      range: Double(configuration.minimumFrequency)...Double(configuration.maximumFrequency))
  }

  /// - Parameters:
  ///   - samples: `count` of them, more than fftLength/2.
  ///   - output: (configuration.frames(count), melBins) in dB.
  func forward(_ samples: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>) {
    let length = configuration.fftLength
    precondition(count > length / 2, "a spectrogram takes more samples than it reflects")
    let time = transform.time
    let bins = transform.bins
    let power = power.base
    for frame in 0..<configuration.frames(count) {
      let start = frame * configuration.hopLength - length / 2
      for n in 0..<length {
        var i = start + n
        if i < 0 { i = -i }
        if i >= count { i = 2 * (count - 1) - i }
        time[n] = window[n] * samples[i]
      }
      transform.execute()
      for k in 0...length / 2 { power[k] = bins[2 * k] * bins[2 * k] + bins[2 * k + 1] * bins[2 * k + 1] }
      let row = output + frame * configuration.melBins
      for (m, filter) in bank.filters.enumerated() {
        var sum: Float = 0
        for (k, weight) in filter.weights.enumerated() { sum += weight * power[filter.firstBin + k] }
        row[m] = 10 * logarithm10(max(sum, 1e-10))
      }
    }
  }
}
