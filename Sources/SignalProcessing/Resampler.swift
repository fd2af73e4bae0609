import CSpeexDSP
import Ground

/// A resampler of fixed ratio for one channel, over speexdsp's windowed sinc.
///
/// Samples go in by blocks of any size and come out as they fall due; the output does not depend, to the bit, on
/// how the input is split. After I input samples exactly ⌈I·to/from⌉ output samples have come out.
///
/// Output sample n is the input, band-limited, at the time n·from/to − `delayInInputSamples`. The filter has an even
/// number of taps L and is symmetric about its middle for every phase, so this delay is L/2 input samples, exactly;
/// counted at the output it is a fraction. (speexdsp's own output latency rounds it; its input latency is this number.)
/// Equal rates are a copy without delay.
///
/// Memory is made in `init`; `process` allocates nothing and locks nothing. One instance belongs to one thread.
package struct Resampler: ~Copyable {
  package let inputRate: Int
  package let outputRate: Int
  /// inputRate/outputRate in lowest terms.
  package let numerator: Int
  package let denominator: Int
  /// Delay in samples at the input's rate: a whole number.
  package let delayInInputSamples: Double
  /// The same delay in samples at the output's rate.
  package var delayInOutputSamples: Double { delayInInputSamples * Double(denominator) / Double(numerator) }

  private let state: OpaquePointer?  // nil: equal rates, or `filter`
  /// The same filter on our own kernels, where the ratio is a small one; nil: speexdsp works itself.
  private var filter: PolyphaseFilter?
  private let spare: FloatMemory  // (1), an output that is never written
  /// Time of the next output from the next input sample, in input samples times `denominator`.
  private var position = 0

  /// - Parameters:
  ///   - from: rate of the input in Hz, 8000…192000.
  ///   - to: rate of the output in Hz, 8000…192000.
  ///   - quality: speexdsp's, 0…10; 5 is 80 taps at the lower rate.
  /// - Throws: `unsupportedRate`, `unsupportedQuality`, `refused`.
  package init(from: Int, to: Int, quality: Int = 5) throws(ResamplerError) {
    guard (8000...192_000).contains(from) else { throw .unsupportedRate(from) }
    guard (8000...192_000).contains(to) else { throw .unsupportedRate(to) }
    guard (0...10).contains(quality) else { throw .unsupportedQuality(quality) }
    let divisor = greatestCommonDivisor(from, to)
    var state: OpaquePointer?
    if from != to {
      var code: Int32 = 0
      state = speex_resampler_init_frac(
        1, UInt32(from / divisor), UInt32(to / divisor), UInt32(from), UInt32(to), Int32(quality), &code)
      guard state != nil else { throw .refused(from: from, to: to, code: Int(code)) }
    }
    delayInInputSamples = state.map { Double(speex_resampler_get_input_latency($0)) } ?? 0
    let numerator = from / divisor
    let denominator = to / divisor
    if let designed = state, max(numerator, denominator) <= PolyphaseFilter.largestRatio {
      filter = PolyphaseFilter(
        of: designed, taps: 2 * Int(delayInInputSamples), numerator: numerator, denominator: denominator)
      speex_resampler_destroy(designed)
      state = nil
    } else {
      filter = nil
    }
    self.state = state
    spare = FloatMemory(1)
    inputRate = from
    outputRate = to
    self.numerator = numerator
    self.denominator = denominator
  }

  deinit { if let state { speex_resampler_destroy(state) } }

  /// Most samples that `process` can give for `count` input samples, whatever came before: ⌈count·to/from⌉.
  @_noLocks
  package func maximumOutput(forInput count: Int) -> Int {
    (count * denominator + numerator - 1) / numerator
  }

  /// Samples that `process` will give for exactly the next `count` input samples.
  @_noLocks
  package func nextOutput(forInput count: Int) -> Int {
    if numerator == denominator { return count }
    let span = count * denominator - position
    return span > 0 ? (span + numerator - 1) / numerator : 0
  }

  /// Resamples a block of any length.
  ///
  /// - Parameters:
  ///   - input: samples.
  ///   - output: room for samples, apart from `input` in memory; with room for the `nextOutput(forInput:)` samples
  ///     the whole input is consumed.
  /// - Returns: the samples taken from `input` and the samples written to `output`. Where `output` fills up first,
  ///   offer the rest of the input again.
  @_noLocks
  package mutating func process(
    _ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>
  ) -> (consumed: Int, produced: Int) {
    if filter != nil { return filter!.process(input, into: output, position: &position) }
    guard let state else {
      let count = min(input.count, output.count)
      for n in 0..<count { output[n] = input[n] }
      return (count, count)
    }
    guard let source = input.baseAddress else { return (0, 0) }
    var done = (consumed: 0, produced: 0)
    if let target = output.baseAddress, output.count > 0 {
      done = resample(state, source, input.count, target, output.count)
      position += done.produced * numerator - done.consumed * denominator
    }
    // speexdsp stops once the output is full, even where the rest of the input gives no sample: feed it that rest.
    let rest = input.count - done.consumed
    if rest > 0 && nextOutput(forInput: rest) == 0 {
      let last = resample(state, source + done.consumed, rest, spare.base, 1)
      position -= last.consumed * denominator
      done.consumed += last.consumed
    }
    return done
  }

  /// Back to the state after `init`.
  @_noLocks
  package mutating func reset() {
    if let state { rewind(state) }
    if filter != nil { filter!.reset() }
    position = 0
  }
}

/// speexdsp's `process` copies through memory that `init` made; it takes no lock and makes no heap call (HeapCallTests).
@_semantics("no_performance_analysis") @inline(__always)
private func resample(
  _ state: OpaquePointer, _ source: UnsafePointer<Float>, _ sourceCount: Int,
  _ target: UnsafeMutablePointer<Float>, _ targetCount: Int
) -> (consumed: Int, produced: Int) {
  var consumed = UInt32(clamping: sourceCount)
  var produced = UInt32(clamping: targetCount)
  _ = speex_resampler_process_float(state, 0, source, &consumed, target, &produced)
  return (Int(consumed), Int(produced))
}

/// `speex_resampler_reset_mem` clears the memory and the phase.
@_semantics("no_performance_analysis") @inline(__always)
private func rewind(_ state: OpaquePointer) { _ = speex_resampler_reset_mem(state) }

package func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
