import Ground
import SignalProcessing

/// What the model cannot hear: the band above its own, at the device's rate, one channel.
///
///     input ─ delay ─(−)─ STFT ─ gain per sub-band ─ inverse ─(+)─ output
///                     │                                        │
///    model's signal ─ resampler                 enhanced signal
///
/// The band is the delayed input less what the resamplers carry of it, so it is complementary to the model's band by
/// construction, whatever their slope; both together are the delayed input where nothing is taken away. Its frames end with
/// the model's, so it adds no delay. One instance belongs to one thread; nothing allocates after `init`.
struct HighBand: ~Copyable {
  /// Samples of the device per hop.
  let hopLength: Int
  private let piece: Int
  private var up: Resampler
  /// Brings both of the model's signals to a whole delay where that of the resamplers has a fraction.
  private var alignment: FractionalDelay?
  private var input: SampleFIFO
  private var analysis: STFTAnalysis
  private var synthesis: STFTSynthesis
  private var gain: HighBandGain
  private let delay: Int  // samples from the input to the band's samples
  private let carried: FloatMemory  // what the resamplers carry of a piece
  private let hop: FloatMemory  // (hopLength), the band
  private var hopFill = 0
  /// The band's samples until the enhanced signal's of the same time are there.
  private var ready: SampleFIFO
  private let lead: Int  // samples that the enhanced signal comes later
  private let next: FloatMemory  // (hopLength)

  /// Whether there is such a band at this rate: from twice the model's rate on it is wide enough, and a hop is a whole number
  /// of samples.
  static func exists(at sampleRate: Int, format: FrameFormat) -> Bool {
    sampleRate >= 2 * format.sampleRate && sampleRate * format.hopLength % format.sampleRate == 0
  }

  /// Samples by which the resampled input is delayed to make its delay whole: 0, or 7 to 8.
  static func alignmentDelay(resamplerDelay: Double) -> Double {
    let whole = resamplerDelay.rounded(.up)
    return whole == resamplerDelay ? 0 : (resamplerDelay + 7).rounded(.up) - resamplerDelay
  }

  /// What brings the enhanced signal beside the band.
  ///
  /// - Parameters:
  ///   - resamplerDelay: of both resamplers, in samples of the device.
  ///   - stagger: samples of the device by which the enhanced signal comes later than a single pass's.
  /// - Returns: the samples by which it is delayed to make its delay whole (0, or 7 to 9), and the whole samples by which it then comes
  ///   after the band: no fewer than the stagger, so that the band is there in time.
  static func alignment(resamplerDelay: Double, stagger: Double) -> (delay: Double, lead: Int) {
    let own = alignmentDelay(resamplerDelay: resamplerDelay)
    let whole = stagger.rounded(.up)
    if whole == stagger { return (own, Int(whole)) }
    return own == 0 ? (7 + whole - stagger, Int(whole) + 7) : (own + whole - stagger, Int(whole))
  }

  /// - Parameters:
  ///   - resamplerDelay: of both resamplers, in samples of the device.
  ///   - stagger: as `alignment` has it.
  ///   - format: of the model.
  init(
    sampleRate: Int, resamplerDelay: Double, stagger: Double = 0, quality: Int, format: FrameFormat
  ) throws(EnhancementError) {
    hopLength = format.deviceSamples(format.hopLength, at: sampleRate)
    up = try makeResampler(from: format.sampleRate, to: sampleRate, quality: quality, device: sampleRate)
    let shift = Self.alignmentDelay(resamplerDelay: resamplerDelay)
    alignment = shift > 0 ? FractionalDelay(delay: shift) : nil
    delay = Int((resamplerDelay + shift).rounded())
    piece = up.maximumOutput(forInput: format.hopLength) + 1
    carried = FloatMemory(piece)
    // The resamplers may be a few samples ahead of the input, never more than its delay.
    input = SampleFIFO(capacity: delay + 2 * piece + hopLength)
    input.writeZeros(delay)
    // As many hops a frame as the model's, so that both take as long.
    let fftLength = format.fftLength / format.hopLength * hopLength
    analysis = STFTAnalysis(fftLength: fftLength, hopLength: hopLength)
    synthesis = STFTSynthesis(fftLength: fftLength, hopLength: hopLength)
    gain = HighBandGain(sampleRate: sampleRate, binCount: fftLength / 2 + 1, format: format)
    hop = FloatMemory(hopLength)
    lead = Self.alignment(resamplerDelay: resamplerDelay, stagger: stagger).lead
    ready = SampleFIFO(capacity: lead + 2 * hopLength)
    ready.writeZeros(lead)
    next = FloatMemory(piece)
  }

  /// Takes the device's samples as they come, before the model's samples that they became.
  @_noLocks
  mutating func takeInput(_ samples: UnsafePointer<Float>, count: Int) { input.write(samples, count: count) }

  /// Takes the same at the model's rate, at most up to the end of a hop.
  @_noLocks
  mutating func takeResampled(_ samples: UnsafePointer<Float>, count: Int) {
    let made = up.process(UnsafeBufferPointer(start: samples, count: count), into: carried.buffer).produced
    let lane = carried.base
    if alignment != nil { alignment!.process(lane, count: made) }
    // Into place, then the difference: the band.
    input.read(into: hop.base + hopFill, count: made)
    addScaled(hop.base + hopFill, -1, lane, into: hop.base + hopFill, count: made)
    hopFill += made
  }

  /// Makes the band of the hop that is whole now.
  ///
  /// - Parameters:
  ///   - bins: (format's binCount, 2) of the model's frame, noisy and enhanced.
  ///   - isNoise: whether the frame was judged noise alone; nil: it was silence.
  mutating func makeHop(noisy: UnsafePointer<Float>, enhanced: UnsafePointer<Float>, isNoise: Bool?) {
    precondition(hopFill == hopLength, "the band's hops end with the model's")
    hopFill = 0
    analysis.push(hop.base)
    gain.apply(to: analysis.bins, noisy: noisy, enhanced: enhanced, isNoise: isNoise)
    synthesis.push(analysis.bins, into: hop.base)
    ready.write(hop.base, count: hopLength)
  }

  /// Adds the band to the next samples of the enhanced signal, at the device's rate: at most those of a hop.
  mutating func add(to output: UnsafeMutablePointer<Float>, count: Int) {
    ready.read(into: next.base, count: count)
    addScaled(output, 1, next.base, into: output, count: count)
  }

  mutating func reset() {
    up.reset()
    if alignment != nil { alignment!.reset() }
    input.reset()
    input.writeZeros(delay)
    analysis.reset()
    synthesis.reset()
    gain.reset()
    hopFill = 0
    ready.reset()
    ready.writeZeros(lead)
  }
}
