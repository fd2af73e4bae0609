/// From Limpid's 16 kHz to the rate that a tower hears.
public enum Upsampling {
  /// The whole signal at a rate that is a multiple of 16 000 Hz. Allocates.
  public static func raise(_ samples: [Float], to sampleRate: Int) -> [Float] {
    let upsampler = IntegerUpsampler(factor: sampleRate / 16_000)
    var result = [Float](repeating: 0, count: samples.count * upsampler.factor)
    upsampler.forward(samples, count: samples.count, into: &result)
    return result
  }
}
