import Foundation
import Testing

@testable import SignalProcessing

/// The high-pass of the level path against the closed form of a Butterworth filter, and against what it is for.
@Suite struct HighPassTests {
  private func gain(at frequency: Double) -> Double {
    var filter = HighPass(cutoff: 40, sampleRate: 16_000)
    let input = (0..<32_000).map { Float(sin(2 * .pi * frequency * Double($0) / 16_000)) }
    var output = [Float](repeating: .nan, count: input.count)
    filter.process(input, into: &output, count: input.count)
    let part = 16_000..<32_000
    return 10
      * log10(part.reduce(0) { $0 + pow(Double(output[$1]), 2) } / part.reduce(0) { $0 + pow(Double(input[$1]), 2) })
  }

  /// |H|² = 1 / (1 + (tan(π fc/fs) / tan(π f/fs))⁴): second order, by the bilinear transform.
  @Test(arguments: [10.0, 20, 40, 80, 200, 1000, 7000])
  func `its response is Butterworth's`(frequency: Double) {
    let ratio = tan(.pi * 40 / 16_000) / tan(.pi * frequency / 16_000)
    let expected = -10 * log10(1 + pow(ratio, 4))
    #expect(abs(gain(at: frequency) - expected) < 0.02, "\(gain(at: frequency)) dB")
  }

  @Test func `an offset is gone within a tenth of a second`() {
    var filter = HighPass(cutoff: 40, sampleRate: 16_000)
    var samples = [Float](repeating: 0.1, count: 3200)
    let input = samples
    filter.process(input, into: &samples, count: 3200)
    #expect(samples[1600...].allSatisfy { abs($0) < 1e-6 })
    filter.reset()
    var again = [Float](repeating: 0, count: 3200)
    filter.process(input, into: &again, count: 3200)
    #expect(again == samples)
  }

  @Test func `blocks of any size give the same bits`() {
    let input = (0..<4000).map { Float(($0 * 7919) % 1000) / 1000 - 0.5 }
    var whole = HighPass(cutoff: 40, sampleRate: 16_000)
    var expected = [Float](repeating: 0, count: input.count)
    whole.process(input, into: &expected, count: input.count)
    for size in [1, 48, 127, 512] {
      var filter = HighPass(cutoff: 40, sampleRate: 16_000)
      var output = [Float](repeating: 0, count: input.count)
      var done = 0
      while done < input.count {
        let count = min(size, input.count - done)
        input.withUnsafeBufferPointer { from in
          output.withUnsafeMutableBufferPointer {
            filter.process(from.baseAddress! + done, into: $0.baseAddress! + done, count: count)
          }
        }
        done += count
      }
      #expect(output == expected)
    }
  }
}
