import CKernels
import CSpeexDSP
import Glibc
import KernelLevels
import SignalProcessing
import Testing
import TestSupport

private let rates = [
  8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
]

/// Every common rate to and from the model's.
private let pairs = rates.filter { $0 != 16_000 }.flatMap { [($0, 16_000), (16_000, $0)] }

/// Every common rate to every other.
private let everyPair = rates.flatMap { from in rates.filter { $0 != from }.map { (from, $0) } }

/// Resamples in blocks of the sizes `next` gives, with just the room that is due for each.
private func resample(_ resampler: inout Resampler, _ input: [Float], by next: () -> Int) -> [Float] {
  var output: [Float] = []
  var start = 0
  while start < input.count {
    let count = min(next(), input.count - start)
    let due = resampler.nextOutput(forInput: count)
    #expect(due <= resampler.maximumOutput(forInput: count))
    var block = [Float](repeating: .nan, count: due)
    let done = input.withUnsafeBufferPointer { input in
      block.withUnsafeMutableBufferPointer {
        resampler.process(UnsafeBufferPointer(rebasing: input[start..<start + count]), into: $0)
      }
    }
    #expect(done.consumed == count && done.produced == due)
    output += block.prefix(done.produced)
    start += count
  }
  return output
}

/// Amplitude and delay in seconds of the sinusoid of `frequency` in `signal`, against a sine of phase 0 at time 0, and the
/// amplitude of everything else: least squares in Double over the samples after `skip`.
private func measure(_ signal: [Float], frequency: Double, rate: Double, skip: Int) -> (
  amplitude: Double, phase: Double, rest: Double
) {
  var ss = 0.0
  var sc = 0.0
  var cc = 0.0
  var ys = 0.0
  var yc = 0.0
  for n in skip..<signal.count {
    let angle = 2 * Double.pi * frequency * Double(n) / rate
    let (s, c, y) = (sin(angle), cos(angle), Double(signal[n]))
    ss += s * s
    sc += s * c
    cc += c * c
    ys += y * s
    yc += y * c
  }
  let det = ss * cc - sc * sc
  let a = (ys * cc - yc * sc) / det
  let b = (yc * ss - ys * sc) / det
  var rest = 0.0
  for n in skip..<signal.count {
    let angle = 2 * Double.pi * frequency * Double(n) / rate
    let error = Double(signal[n]) - a * sin(angle) - b * cos(angle)
    rest = max(rest, abs(error))
  }
  return ((a * a + b * b).squareRoot(), atan2(-b, a), rest)
}

@Suite struct ResamplerTests {
  @Test(arguments: pairs)
  func `the measured delay is the stated one and the pass-band is flat`(_ from: Int, _ to: Int) throws {
    let low = Double(min(from, to))
    for part in [0.011, 0.1, 0.3, 0.4] {
      var resampler = try Resampler(from: from, to: to)
      let frequency = part * low
      let stated = resampler.delayInOutputSamples
      let input = (0..<from / 20).map {
        Float(0.5 * sin(2 * Double.pi * frequency * Double($0) / Double(from)))
      }
      let output = resample(&resampler, input) { 1024 }
      let result = measure(output, frequency: frequency, rate: Double(to), skip: Int(2 * stated) + 2)
      // The phase tells the delay up to whole periods; the impulse test below tells the period.
      let expected = 2 * Double.pi * frequency * stated / Double(to)
      let turn = remainder(result.phase - expected, 2 * Double.pi)
      let error = turn / (2 * Double.pi * frequency) * Double(to)
      #expect(abs(error) < 1e-4, "delay off by \(error) output samples at \(frequency) Hz")
      #expect(abs(20 * log10(result.amplitude / 0.5)) < 0.001, "\(result.amplitude) at \(frequency) Hz")
      #expect(result.rest < 2e-5, "distortion \(result.rest) at \(frequency) Hz")
    }
  }

  @Test(arguments: pairs)
  func `at nine tenths of the lower rate's band the loss is below two decibels`(_ from: Int, _ to: Int) throws {
    var resampler = try Resampler(from: from, to: to)
    let frequency = 0.45 * Double(min(from, to))
    let input = (0..<from / 10).map {
      Float(0.5 * sin(2 * Double.pi * frequency * Double($0) / Double(from)))
    }
    let output = resample(&resampler, input) { 1024 }
    let skip = Int(2 * resampler.delayInOutputSamples) + 2
    let result = measure(output, frequency: frequency, rate: Double(to), skip: skip)
    #expect(20 * log10(result.amplitude / 0.5) > -2)
  }

  @Test(arguments: everyPair)
  func `an impulse is centred on the stated delay`(_ from: Int, _ to: Int) throws {
    var resampler = try Resampler(from: from, to: to)
    var input = [Float](repeating: 0, count: from / 20)
    input[10] = 1
    let output = resample(&resampler, input) { 333 }
    // Centre of gravity of the response, which is symmetric.
    let sum = output.reduce(0.0) { $0 + Double($1) }
    let centre = output.enumerated().reduce(0.0) { $0 + Double($1.offset) * Double($1.element) } / sum
    let expected = (10 + resampler.delayInInputSamples) * Double(to) / Double(from)
    #expect(abs(centre - expected) < 1e-3, "\(centre) instead of \(expected)")
    #expect(abs(resampler.delayInInputSamples * Double(to) / Double(from) - resampler.delayInOutputSamples) < 1e-9)
  }

  /// Small ratios run on kernels of our own with speexdsp's filter; the others are speexdsp's, and equal to the bit.
  @Test(arguments: pairs + [(48_000, 8000), (32_000, 48_000)], [0, 3, 5, 10])
  func `the output is speexdsp's at every dispatch level`(_ rates: (Int, Int), _ quality: Int) throws {
    let (from, to) = rates
    var noise = SplitMix(UInt64(from))
    let input = noise.samples(3000)
    var code: Int32 = 0
    let speex = try #require(speex_resampler_init(1, UInt32(from), UInt32(to), Int32(quality), &code))
    defer { speex_resampler_destroy(speex) }
    for level in 0...2 where ck_level_is_supported(Int32(level)) {
      #expect(ck_level_force(Int32(level)))
      defer { ck_level_force(-1) }
      var resampler = try Resampler(from: from, to: to, quality: quality)
      let output = resample(&resampler, input) { 700 }
      var expected = [Float](repeating: 0, count: output.count)
      var consumed = UInt32(input.count)
      var produced = UInt32(output.count)
      speex_resampler_reset_mem(speex)
      _ = speex_resampler_process_float(speex, 0, input, &consumed, &expected, &produced)
      #expect(Int(produced) == output.count)
      let worst = zip(output, expected).map { abs($0 - $1) }.max()!
      #expect(worst < 4e-6, "level \(level): \(worst)")
    }
  }

  @Test(arguments: pairs + [(44_100, 48_000), (192_000, 8000), (8000, 192_000), (47_999, 16_000)])
  func `any split of the input gives the same bits`(_ from: Int, _ to: Int) throws {
    try atEveryKernelLevel {
      var noise = SplitMix(UInt64(from))
      let input = noise.samples(4000)
      var resampler = try Resampler(from: from, to: to)
      let whole = resample(&resampler, input) { 4000 }
      #expect(whole.count == (4000 * resampler.denominator + resampler.numerator - 1) / resampler.numerator)
      for size in [1, 48, 127, 512] {
        resampler.reset()
        let split = resample(&resampler, input) { size }
        #expect(bits(split) == bits(whole), "blocks of \(size)")
      }
      resampler.reset()
      #expect(bits(resample(&resampler, input) { noise.index(below: 600) }) == bits(whole))
    }
  }

  @Test func `a short output takes part of the input and loses nothing`() throws {
    try atEveryKernelLevel {
      var noise = SplitMix(17)
      let input = noise.samples(3000)
      for (from, to) in [
        (16_000, 48_000), (48_000, 16_000), (44_100, 16_000), (16_000, 44_100), (16_000, 16_000),
      ] {
        var resampler = try Resampler(from: from, to: to)
        let whole = resample(&resampler, input) { 500 }
        resampler.reset()
        var output: [Float] = []
        var start = 0
        while start < input.count {
          var block = [Float](repeating: .nan, count: noise.index(below: 40))
          let end = min(start + 100, input.count)
          let done = input.withUnsafeBufferPointer { input in
            block.withUnsafeMutableBufferPointer {
              resampler.process(UnsafeBufferPointer(rebasing: input[start..<end]), into: $0)
            }
          }
          #expect(done.produced <= block.count)
          #expect(done.consumed == end - start || done.produced == block.count)
          output += block.prefix(done.produced)
          start += done.consumed
        }
        // Outputs that were due when the last input sample was taken may still wait.
        #expect(whole.count - output.count <= 40)
        #expect(bits(output) == bits(Array(whole.prefix(output.count))))
      }
    }
  }

  @Test func `a block whose end gives no sample is consumed although the output is full`() throws {
    // speexdsp works in pieces of 160 samples and left such an end behind: found at 192 to 8 kHz, blocks of 333.
    var resampler = try Resampler(from: 192_000, to: 8000)
    let input = [Float](repeating: 1, count: 333)
    var output: [Float] = []
    for _ in 0..<30 { output += resample(&resampler, input) { 333 } }
    #expect(output.count == (30 * 333 + 23) / 24)
    #expect(resampler.nextOutput(forInput: 1) == 0)
    let none = input.withUnsafeBufferPointer {
      resampler.process(
        UnsafeBufferPointer(rebasing: $0[..<1]), into: UnsafeMutableBufferPointer(start: nil, count: 0))
    }
    #expect(none.consumed == 1 && none.produced == 0)
  }

  @Test(arguments: [(48_000, 16_000), (44_100, 16_000), (192_000, 16_000)])
  func `what the output cannot hold is rejected`(_ from: Int, _ to: Int) throws {
    var resampler = try Resampler(from: from, to: to)
    let input = (0..<from / 10).map { Float(sin(2 * Double.pi * 10_000 * Double($0) / Double(from))) }
    let output = resample(&resampler, input) { 1024 }
    let worst = output.dropFirst(200).reduce(0) { max($0, abs($1)) }
    #expect(worst < 1e-5, "\(worst)")
  }

  @Test(arguments: rates)
  func `equal rates copy without delay`(_ rate: Int) throws {
    var noise = SplitMix(18)
    let input = noise.samples(1000)
    var resampler = try Resampler(from: rate, to: rate)
    #expect(resampler.delayInInputSamples == 0 && resampler.maximumOutput(forInput: 7) == 7)
    #expect(bits(resample(&resampler, input) { 127 }) == bits(input))
  }

  @Test func `extremes stay finite and silence stays silence`() throws {
    for (from, to) in [(48_000, 16_000), (16_000, 44_100)] {
      var resampler = try Resampler(from: from, to: to)
      let silence = resample(&resampler, [Float](repeating: 0, count: 2000)) { 480 }
      #expect(silence.allSatisfy { $0 == 0 })
      let constant = resample(&resampler, [Float](repeating: 1, count: 4000)) { 480 }
      #expect(constant.suffix(500).allSatisfy { abs($0 - 1) < 2e-4 })
      let square = (0..<4000).map { ($0 / 50) % 2 == 0 ? Float(1) : -1 }
      #expect(resample(&resampler, square) { 480 }.allSatisfy { abs($0) < 1.5 })
      // A sample that is not a number passes through the filter's length and is gone.
      _ = resample(&resampler, [.nan]) { 1 }
      let after = resample(&resampler, [Float](repeating: 0, count: 4000)) { 480 }
      #expect(after.suffix(500).allSatisfy { $0 == 0 })
    }
  }

  @Test func `rates and qualities outside the range are refused with the remedy`() {
    #expect(throws: ResamplerError.unsupportedRate(7999)) { _ = try Resampler(from: 7999, to: 16_000) }
    #expect(throws: ResamplerError.unsupportedRate(192_001)) { _ = try Resampler(from: 16_000, to: 192_001) }
    #expect(throws: ResamplerError.unsupportedRate(-1)) { _ = try Resampler(from: -1, to: 16_000) }
    #expect(throws: ResamplerError.unsupportedQuality(11)) {
      _ = try Resampler(from: 48_000, to: 16_000, quality: 11)
    }
    #expect(ResamplerError.unsupportedRate(7999).description.contains("8000 to 192000"))
  }

  @Test func `odd rates of the range work`() throws {
    for (from, to) in [
      (8001, 16_000), (191_999, 16_000), (16_000, 191_999), (16_000, 15_999), (37_801, 16_000),
    ] {
      for quality in [0, 10] {
        var resampler = try Resampler(from: from, to: to, quality: quality)
        let output = resample(&resampler, [Float](repeating: 0.5, count: 8000)) { 777 }
        #expect(output.count == resampler.maximumOutput(forInput: 8000))
        #expect(output.suffix(20).allSatisfy { abs($0 - 0.5) < 0.01 })
      }
    }
  }
}
