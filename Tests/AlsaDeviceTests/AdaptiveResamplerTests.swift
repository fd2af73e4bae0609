import Glibc
import HeapCounter
import Testing

@testable import AlsaDevice

@Suite struct AdaptiveResamplerTests {
  /// A sine in, the sine of the other clock out: against sin() itself.
  @Test(arguments: [0.9995, 1, 1.0002, 1.005], [200.0, 1000, 10000, 18000])
  func `a sine stays a sine`(ratio: Double, frequency: Double) {
    var resampler = AdaptiveResampler(channelCount: 1, maximumBlock: 256)
    var input = [Float](repeating: 0, count: 256)
    var output = [Float](repeating: 0, count: resampler.maximumOutput(forInput: 256))
    var phase = 0
    var time = 0.0
    var error = 0.0
    var energy = 0.0
    for block in 0..<200 {
      for n in 0..<256 { input[n] = Float(sin(2 * Double.pi * frequency / 48000 * Double(phase + n))) }
      phase += 256
      let count = input.withUnsafeMutableBufferPointer { source in
        output.withUnsafeMutableBufferPointer { target in
          var sources = [source.baseAddress!]
          var targets = [target.baseAddress!]
          return resampler.process(&sources, count: 256, ratio: ratio, into: &targets)
        }
      }
      // The first block still moves to the ratio.
      if block == 0 {
        time = Double(256) + resampler.fractionWaiting
      } else {
        for n in 0..<count {
          let expected = sin(2 * Double.pi * frequency / 48000 * (time - Double(resampler.delayInSamples)))
          if block > 1 {
            error += (Double(output[n]) - expected) * (Double(output[n]) - expected)
            energy += expected * expected
          }
          time += 1 / ratio
        }
      }
    }
    let decibels = 10 * log10(error / energy)
    #expect(decibels < (frequency < 15000 ? -85 : -75), "\(decibels) dB")
  }

  @Test func `channels are resampled alike`() {
    var resampler = AdaptiveResampler(channelCount: 2, maximumBlock: 64)
    var left = (0..<64).map { Float($0) }
    var right = left.map { -$0 }
    var a = [Float](repeating: 0, count: 80)
    var b = a
    for _ in 0..<20 {
      left.withUnsafeMutableBufferPointer { l in
        right.withUnsafeMutableBufferPointer { r in
          a.withUnsafeMutableBufferPointer { x in
            b.withUnsafeMutableBufferPointer { y in
              var sources = [l.baseAddress!, r.baseAddress!]
              var targets = [x.baseAddress!, y.baseAddress!]
              _ = resampler.process(&sources, count: 64, ratio: 1.003, into: &targets)
            }
          }
        }
      }
      #expect(zip(a, b).allSatisfy { $0 == -$1 })
    }
  }
}
