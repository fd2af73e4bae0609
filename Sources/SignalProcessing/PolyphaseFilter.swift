import CKernels
import CSpeexDSP
import Ground

/// A windowed sinc of speexdsp's on kernels of our own: speexdsp's are made for four lanes at most.
///
/// The filter is taken from speexdsp itself, by impulses: where the ratio is small it keeps one row of taps per phase, and
/// every output is a sum over one of them, in one order whatever the blocks. Memory is made in `init`; one instance belongs to one thread.
struct PolyphaseFilter: ~Copyable {
  /// The largest number of a ratio in lowest terms: 12 is 192 against 16 kHz. It takes as many impulses and phases:
  /// 441 / 160 would take too long at the start.
  static var largestRatio: Int { Int(ck_polyphase_most_phases) }
  /// Input samples taken at once.
  private static var piece: Int { @_noLocks get { 512 } }

  private let taps: Int
  private let numerator: Int
  private let denominator: Int
  private let tables: FloatMemory  // ck_polyphase_pack's, of (denominator, taps), oldest sample first
  private let history: FloatMemory  // (taps - 1 + piece)

  /// - Parameter designed: a fresh resampler of the ratio numerator / denominator.
  init(of designed: OpaquePointer, taps: Int, numerator: Int, denominator: Int) {
    self.taps = taps
    self.numerator = numerator
    self.denominator = denominator
    tables = FloatMemory(denominator * numerator * ck_polyphase_stride(taps, numerator))
    history = FloatMemory(taps - 1 + Self.piece)

    var filters = [Float](repeating: 0, count: denominator * taps)
    let count = 2 * taps + numerator
    var impulse = [Float](repeating: 0, count: count)
    var response = [Float](repeating: 0, count: (count * denominator + numerator - 1) / numerator)
    // An output at input sample p hears the impulse at k through the tap k - p + taps - 1 of its phase.
    for k in taps..<taps + numerator {
      impulse[k] = 1
      var consumed = UInt32(count)
      var produced = UInt32(response.count)
      _ = speex_resampler_process_float(designed, 0, impulse, &consumed, &response, &produced)
      precondition(Int(produced) == response.count, "an impulse comes out whole")
      for n in response.indices {
        let tap = k - n * numerator / denominator + taps - 1
        if (0..<taps).contains(tap) { filters[n * numerator % denominator * taps + tap] = response[n] }
      }
      speex_resampler_reset_mem(designed)
      impulse[k] = 0
    }
    ck_polyphase_pack(denominator, taps, numerator, filters, tables.base)
  }

  /// `Resampler.process`; position is its time of the next output.
  @_noLocks
  mutating func process(
    _ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>, position: inout Int
  ) -> (consumed: Int, produced: Int) {
    guard let source = input.baseAddress else { return (0, 0) }
    var consumed = 0
    var produced = 0
    while consumed < input.count {
      let given = min(input.count - consumed, Self.piece)
      copyFloats(source + consumed, to: history.base + taps - 1, count: given)
      let span = given * denominator - position
      let due = span > 0 ? (span + numerator - 1) / numerator : 0
      let count = min(due, output.count - produced)
      if count > 0, let target = output.baseAddress {
        polyphase(
          taps: taps, tables: tables.base, step: numerator, phases: denominator, position: position, history.base,
          into: target + produced, count: count)
      }
      let next = position + count * numerator
      // Where there is no room for an output, the samples that it hears come again.
      let taken = count < due ? min(given, next / denominator) : given
      position = next - taken * denominator
      moveDown(by: taken)
      consumed += taken
      produced += count
      if count < due { break }
    }
    return (consumed, produced)
  }

  @_noLocks
  private func moveDown(by count: Int) { copyFloats(history.base + count, to: history.base, count: taps - 1) }

  @_noLocks
  mutating func reset() { for n in 0..<taps - 1 { history[n] = 0 } }
}
