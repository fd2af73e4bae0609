import Ground

/// Levels for the meters, smoothed; and the gain at which missing output is replaced by input.
struct Energies {
  /// Mean squares of input and output, all channels, smoothed over 0.3 s.
  private(set) var inputPower = 0.0
  private(set) var outputPower = 0.0
  /// What the enhancer left of the newest 50 ms, as an amplitude, at most 1.
  private(set) var gain: Float = 1
  /// Of frames without speech, over about two seconds of them, dB; NaN before there were any.
  private(set) var noiseReduction = Double.nan

  private var input = 0.0
  private var output = 0.0
  private var seen = (input: 0.0, output: 0.0, noiseInput: 0.0, noiseOutput: 0.0)
  private var recent = (input: 0.0, output: 0.0, noiseInput: 0.0, noiseOutput: 0.0)

  mutating func addInput(
    _ channels: UnsafePointer<UnsafeMutablePointer<Float>>, channels count: Int, count samples: Int
  ) {
    input = Self.sumOfSquares(channels, count, samples)
  }

  mutating func addOutput(
    _ channels: UnsafePointer<UnsafeMutablePointer<Float>>, channels count: Int, count samples: Int
  ) {
    output = Self.sumOfSquares(channels, count, samples)
  }

  /// Whether the newest block is digital silence on both sides.
  var isSilent: Bool { input == 0 && output == 0 }

  /// Ends a block of so many seconds and, over all channels, samples.
  mutating func settle(seconds: Double, count: Int) {
    let weight = min(1, seconds / 0.3)
    inputPower += weight * (input / Double(count) - inputPower)
    outputPower += weight * (output / Double(count) - outputPower)
  }

  /// - Parameter totals: the enhancer's sums since its start.
  mutating func addFrames(_ totals: (input: Double, output: Double, noiseInput: Double, noiseOutput: Double)) {
    let fresh = (
      input: totals.input - seen.input, output: totals.output - seen.output,
      noiseInput: totals.noiseInput - seen.noiseInput, noiseOutput: totals.noiseOutput - seen.noiseOutput
    )
    seen = totals
    // 50 ms are five frames.
    recent.input += 0.2 * (fresh.input - recent.input)
    recent.output += 0.2 * (fresh.output - recent.output)
    if recent.input > 1e-12 { gain = Float(min(1, (max(recent.output, 0) / recent.input).squareRoot())) }
    if fresh.noiseInput > 0 {
      recent.noiseInput += 0.005 * (fresh.noiseInput - recent.noiseInput)
      recent.noiseOutput += 0.005 * (fresh.noiseOutput - recent.noiseOutput)
      noiseReduction = 10 * logarithm10(recent.noiseInput / max(recent.noiseOutput, recent.noiseInput * 1e-12))
    }
  }

  private static func sumOfSquares(
    _ channels: UnsafePointer<UnsafeMutablePointer<Float>>, _ count: Int, _ samples: Int
  ) -> Double {
    var sum = 0.0
    for channel in 0..<count {
      let lane = channels[channel]
      var part: Float = 0
      for n in 0..<samples { part += lane[n] * lane[n] }
      if part.isFinite { sum += Double(part) }
    }
    return sum
  }
}
