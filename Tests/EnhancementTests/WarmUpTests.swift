import Ground
import Testing
import TestSupport

@testable import Enhancement

@Suite struct WarmUpTests {
  /// The opening faded to nothing, which the network took for a silence that a sound breaks: 17 dB more noise in the first frames.
  @Test(arguments: [16000, 48000])
  func `a warm-up is the same as a recording that begins with it`(rate: Int) throws {
    let input = voiceLike(rate, rate: rate)
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    let stereo = input.flatMap { [$0, 0.5 * $0] }
    let opening = Array(stereo[..<(rate / 2 * 2)])
    var warm = try MultichannelEnhancer(model: tinyModel(), settings: settings, sampleRate: rate, channelCount: 2)
    opening.withUnsafeBufferPointer { warm.warmUp(interleaved: $0) }
    #expect(warm.statistics.frames == 0, "statistics count from the recording's beginning")
    let output = process(&warm, stereo)

    // Its last 100 ms lead back to the beginning: that in reverse, faded in over the first quarter with equal power.
    var lead = opening
    let length = rate / 10
    for n in 0..<length {
      let angle = min(1, (Double(n) + 0.5) / Double(length / 4)) * 0.5 * Double.pi
      let (going, coming) = n < length / 4 ? (Float(cosine(angle)), Float(sine(angle))) : (0, 1)
      for channel in 0..<2 {
        let place = (rate / 2 - length + n) * 2 + channel
        lead[place] = going * opening[place] + coming * stereo[(length - n) * 2 + channel]
      }
    }
    var cold = try MultichannelEnhancer(model: tinyModel(), settings: settings, sampleRate: rate, channelCount: 2)
    let whole = process(&cold, lead + stereo)
    #expect(firstDifference(output, Array(whole[lead.count...])) == nil)
    #expect(warm.statistics.frames == 2 * 100)
  }

  @Test func `a sample that is not finite is heard as zero, also where the opening leads back`() throws {
    var sound = voiceLike(8000, rate: 16000)
    var zeros = sound
    for place in [3, 1000, 6500, 7990] {
      sound[place] = place < 2000 ? .nan : -.infinity
      zeros[place] = 0
    }
    let outputs = try [sound, zeros].map { sound in
      var enhancer = try MultichannelEnhancer(
        model: tinyModel(), settings: EnhancementSettings(), sampleRate: 16000, channelCount: 1)
      sound.withUnsafeBufferPointer { enhancer.warmUp(interleaved: $0) }
      return process(&enhancer, sound)
    }
    #expect(firstDifference(outputs[0], outputs[1]) == nil)
  }

  @Test func `the noise heard beforehand is known at the first block`() throws {
    var settings = EnhancementSettings()
    settings.noiseSelection = .spp
    var enhancer = try MultichannelEnhancer(model: tinyModel(), settings: settings, sampleRate: 16000, channelCount: 1)
    whiteNoise(32000).withUnsafeBufferPointer { enhancer.warmUp(interleaved: $0) }
    #expect(enhancer.withChannel(0) { $0.noiseReferenceFrameCount } > 25)
  }

  private func process(_ enhancer: inout MultichannelEnhancer, _ input: [Float]) -> [Float] {
    var samples = input
    samples.withUnsafeMutableBufferPointer {
      enhancer.process(interleaved: UnsafeBufferPointer($0), into: $0)
    }
    return samples
  }
}
