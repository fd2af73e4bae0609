import Ground
import SignalProcessing

/// The weighted mean of both ways over a recording: of what was enhanced as it came and of what was enhanced from its end
/// (`BackwardPass`), sample beside sample.
///
/// The mean is of spectra whose magnitudes were compressed, |X|^½·e^{i∠X}, and is expanded again: that is the networks' own domain.
/// Where both agree it is the mean of the samples; what only one of them kept is lowered more, so that noise which one
/// way left is not heard through the other (tools/training/LEDGER.md). Frames of 40 ms every 20, whatever the rate.
///
/// The two ways need not lie on the same samples: where the resamplers' delay is no whole number, what was enhanced as it came is a part
/// of a sample late, and what was enhanced from its end as much early. A turn of the phases, in proportion to the frequency, lines them up.
///
/// The output does not depend, to the bit, on how the input is split. One instance belongs to one thread; nothing but `init` allocates.
public struct WayMean: ~Copyable {
  /// Of the way back: what measured best (tools/training/LEDGER.md).
  public static let share: Float = 0.3
  private static let framesPerSecond = 50

  /// 1…32.
  public let channelCount: Int
  /// Samples per channel by which the mean is late.
  public let latencyInSamples: Int
  private let share: Float
  private let hopLength: Int
  private let there: FixedArray<STFTAnalysis>  // (channelCount)
  private let back: FixedArray<STFTAnalysis>  // (channelCount)
  private let mean: FixedArray<STFTSynthesis>  // (channelCount)
  private let hops: FloatMemory  // (2, channelCount, hopLength): what has come of both ways
  private let made: FloatMemory  // (channelCount, hopLength): the mean that goes out meanwhile
  private let turn: FloatMemory  // (binCount, 2): e^{−iωd} for the way back
  private let turns: Bool
  private var filled = 0  // of a hop, in samples

  /// - Parameters:
  ///   - sampleRate: in Hz, 8000…192000.
  ///   - channelCount: 1…32.
  ///   - offset: samples by which the way back is early beside the other, −2…2: the fractions of both ways' latencies that
  ///     `MultichannelEnhancer.latencyInSamples` leaves out (`latencyFraction`), together.
  ///   - share: of the way back, 0…1.
  public init(sampleRate: Int, channelCount: Int, offset: Double, share: Float = Self.share) {
    precondition((8000...192_000).contains(sampleRate) && (1...32).contains(channelCount) && abs(offset) <= 2)
    let hop = sampleRate / Self.framesPerSecond
    let frame = 2 * hop
    self.channelCount = channelCount
    self.share = share
    hopLength = hop
    latencyInSamples = frame
    there = FixedArray(count: channelCount) { _ in STFTAnalysis(fftLength: frame, hopLength: hop) }
    back = FixedArray(count: channelCount) { _ in STFTAnalysis(fftLength: frame, hopLength: hop) }
    mean = FixedArray(count: channelCount) { _ in STFTSynthesis(fftLength: frame, hopLength: hop) }
    hops = FloatMemory(2 * channelCount * hop)
    made = FloatMemory(channelCount * hop)
    turns = offset != 0
    turn = FloatMemory(frame + 2)
    for bin in 0...hop {
      let angle = -2 * Double.pi * Double(bin) * offset / Double(frame)
      turn[2 * bin] = Float(cosine(angle))
      turn[2 * bin + 1] = Float(sine(angle))
    }
  }

  /// Takes the next samples of both ways, and gives as many of the mean, `latencyInSamples` later: zeros at first.
  ///
  /// - Parameters:
  ///   - sound: (count, channelCount) interleaved, as it came; replaced by the mean.
  ///   - fromEnd: (count, channelCount) of the way back, first to last; nil: zeros.
  ///   - count: samples per channel.
  public mutating func process(
    _ sound: UnsafeMutablePointer<Float>, _ fromEnd: UnsafePointer<Float>?, count: Int
  ) {
    let channels = channelCount
    for n in 0..<count {
      for channel in 0..<channels {
        let place = channel * hopLength + filled
        hops[place] = sound[n * channels + channel]
        hops[channels * hopLength + place] = fromEnd.map { $0[n * channels + channel] } ?? 0
        sound[n * channels + channel] = made[place]
      }
      filled += 1
      if filled == hopLength {
        filled = 0
        for channel in 0..<channels { join(channel) }
      }
    }
  }

  private func join(_ channel: Int) {
    let place = channel * hopLength
    there[channel].push(hops.base + place)
    back[channel].push(hops.base + channelCount * hopLength + place)
    let (x, y) = (there[channel].bins, back[channel].bins)
    let count = hopLength + 1
    if turns {
      for bin in 0..<count {
        let (re, im) = (y[2 * bin], y[2 * bin + 1])
        y[2 * bin] = re * turn[2 * bin] - im * turn[2 * bin + 1]
        y[2 * bin + 1] = re * turn[2 * bin + 1] + im * turn[2 * bin]
      }
    }
    compressBins(x, gain: 1, factor: 1, into: x, count: count)
    compressBins(y, gain: 1, factor: 1, into: y, count: count)
    for n in 0..<(2 * count) { x[n] += share * (y[n] - x[n]) }
    expandBins(x, factor: 1, into: x, count: count)
    mean[channel].push(x, into: made.base + place)
  }
}
