import Foundation
import Testing

@testable import SignalProcessing

@Suite struct FractionalDelayTests {
  /// Against sin() itself, up to 8 kHz at 44.1 kHz.
  @Test(arguments: [7.0, 7.25, 7.5, 7.75, 8, 8.25, 8.5, 9], [100.0, 1000, 4000, 8000])
  func `a sine is delayed by the fraction`(delay: Double, frequency: Double) {
    var line = FractionalDelay(delay: delay)
    let step = 2 * Double.pi * frequency / 44100
    var samples = (0..<4000).map { Float(sin(step * Double($0))) }
    // In two parts: the split does not matter.
    samples.withUnsafeMutableBufferPointer { memory in
      line.process(memory.baseAddress!, count: 1234)
      line.process(memory.baseAddress! + 1234, count: 4000 - 1234)
    }
    var error = 0.0
    var energy = 0.0
    for n in 100..<4000 {
      let expected = sin(step * (Double(n) - delay))
      error += (Double(samples[n]) - expected) * (Double(samples[n]) - expected)
      energy += expected * expected
    }
    let decibels = 10 * log10(error / energy)
    #expect(decibels < (frequency <= 4000 ? -73 : -67), "\(decibels) dB")
  }

  @Test func `Kaiser is one in the middle and nothing outside`() {
    #expect(Window.kaiser(0, beta: 8) == 1)
    #expect(Window.kaiser(1, beta: 8) == 0)
    // numpy.i0(8 * sqrt(0.75)) / numpy.i0(8)
    #expect(abs(Window.kaiser(0.5, beta: 8) - 0.368_972_722_6) < 1e-9)
  }
}
