import Testing
import TestSupport

@testable import Enhancement

@Suite struct WarmUpTests {
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

    // 10 ms of a straight fade, then the recording.
    var faded = opening
    let fade = rate / 100
    for n in 0..<fade {
      for channel in 0..<2 { faded[(rate / 2 - fade + n) * 2 + channel] *= Float(fade - 1 - n) / Float(fade) }
    }
    var cold = try MultichannelEnhancer(model: tinyModel(), settings: settings, sampleRate: rate, channelCount: 2)
    let whole = process(&cold, faded + stereo)
    #expect(bits(output) == bits(Array(whole[faded.count...])))
    #expect(warm.statistics.frames == 2 * 100)
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
