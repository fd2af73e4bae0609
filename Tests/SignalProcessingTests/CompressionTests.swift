import KernelLevels
import SignalProcessing
import Testing
import TestSupport

private func compressed(_ bins: [Float], gain: Float) -> [Float] {
  var output = [Float](repeating: .nan, count: bins.count)
  AmplitudeCompression.standard.compress(bins, gain: gain, count: bins.count / 2, into: &output)
  return output
}

private func expanded(_ bins: [Float], gain: Float) -> [Float] {
  var output = [Float](repeating: .nan, count: bins.count)
  AmplitudeCompression.standard.expand(bins, gain: gain, count: bins.count / 2, into: &output)
  return output
}

/// Largest distance of complex bins relative to the expected magnitude.
private func relative(_ bins: [Float], _ expected: [Float]) -> Float {
  var worst: Float = 0
  for k in 0..<bins.count / 2 {
    let re = bins[2 * k] - expected[2 * k]
    let im = bins[2 * k + 1] - expected[2 * k + 1]
    let size = (expected[2 * k] * expected[2 * k] + expected[2 * k + 1] * expected[2 * k + 1]).squareRoot()
    let difference = (re * re + im * im).squareRoot() / max(size, 1e-12)
    if !(difference <= worst) { worst = difference.isNaN ? .infinity : difference }
  }
  return worst
}

@Suite struct CompressionTests {
  @Test func `compressed bins are NumPy's`() throws {
    try atEveryKernelLevel {
      let output = compressed(try golden("compression-input"), gain: 2.5)
      let worst = try relative(output, golden("compression-output"))
      #expect(try worst <= tolerance("compression-output"))
    }
  }

  @Test(arguments: [Float(1), 0.0316, 562, 2.5])
  func `expansion undoes compression`(_ gain: Float) throws {
    let input = try golden("compression-input")
    #expect(relative(expanded(compressed(input, gain: gain), gain: gain), input) <= 1e-6)
  }

  @Test func `zero, the smallest and the largest bins stay finite`() {
    let extremes: [Float] = [
      0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, 1e-23, 1e-19, 1, 320, 1e15, 1e25, -1e38,
    ]
    for re in extremes {
      for im in extremes {
        let output = compressed([re, im], gain: 1)
        #expect(output.allSatisfy { $0.isFinite }, "\(re), \(im)")
        #expect(expanded(output, gain: 1).allSatisfy { $0.isFinite }, "\(re), \(im)")
      }
    }
    #expect(compressed([0, 0], gain: 562) == [0, 0])
    #expect(expanded([0, 0], gain: 0.03) == [0, 0])
  }

  @Test func `in place gives the same bits`() throws {
    let input = try golden("compression-input")
    var inPlace = input
    inPlace.withUnsafeMutableBufferPointer {
      AmplitudeCompression.standard.compress($0.baseAddress!, gain: 2, count: $0.count / 2, into: $0.baseAddress!)
    }
    #expect(bits(inPlace) == bits(compressed(input, gain: 2)))
    inPlace.withUnsafeMutableBufferPointer {
      AmplitudeCompression.standard.expand($0.baseAddress!, gain: 2, count: $0.count / 2, into: $0.baseAddress!)
    }
    #expect(bits(inPlace) == bits(expanded(compressed(input, gain: 2), gain: 2)))
  }

  @Test func `compressed magnitudes are the magnitudes of compressed bins`() throws {
    let input = try golden("compression-input")
    let count = input.count / 2
    var magnitudes = [Float](repeating: .nan, count: count)
    var expected = magnitudes
    var power = magnitudes
    Spectrum.magnitude(input, count: count, into: &magnitudes)
    Spectrum.power(input, count: count, into: &power)
    #expect(largestRelativeDifference(magnitudes.map { $0 * $0 }, power) < 3e-7)
    let squeezed = magnitudes
    AmplitudeCompression.standard.compressMagnitudes(squeezed, gain: 3, count: count, into: &magnitudes)
    Spectrum.magnitude(compressed(input, gain: 3), count: count, into: &expected)
    #expect(largestRelativeDifference(magnitudes, expected) < 1e-6)
  }
}
