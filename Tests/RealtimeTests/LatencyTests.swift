import Enhancement
import LiveTestSupport
import Testing
import TestSupport

@testable import Realtime

@Suite struct LatencyTests {
  /// The formula of the README: 2·hop − gcd(block, hop) + resamplers + whole blocks of compute.
  @Test(arguments: [16000, 32000, 48000, 96000, 192_000], [16, 64, 128, 160, 256, 441, 480, 512, 1024, 4096])
  func `the budget is the formula`(rate: Int, block: Int) throws {
    let budget = try LiveEngine.latencyBudget(
      StreamFormat(sampleRate: rate, block: block, channelCount: 1), settings: EnhancementSettings())
    let hop = rate / 100
    let compute = (hop + block - 1) / block * block
    // speexdsp at quality 3: 48 taps of the lower rate, both ways together 3 ms.
    let resamplers = rate == 16000 ? 0 : rate * 3 / 1000
    // Where a hop ends inside of a period of the resampler, up to one sample at 16 kHz is there earlier.
    let frame = 2 * hop - gcd(block, hop)
    let stated = budget.totalInSamples
    #expect(stated <= frame + resamplers + compute)
    #expect(stated > frame + resamplers + compute - max(rate / 16000, 1))
  }

  @Test(arguments: [16, 32, 64, 128, 256, 480, 512])
  func `at most 33 milliseconds at 48 kHz`(block: Int) throws {
    let budget = try LiveEngine.latencyBudget(
      StreamFormat(sampleRate: 48000, block: block, channelCount: 1), settings: EnhancementSettings())
    #expect(budget.totalInSamples <= 48 * 33)
  }

  @Test(arguments: [
    (16000, 16), (16000, 160), (44100, 64), (44100, 441), (48000, 128), (48000, 512), (96000, 4096), (192_000, 1024),
    (11025, 100),
  ])
  func `an impulse comes out where the budget says`(rate: Int, block: Int) throws {
    // The identity network: what comes out is what went in, later.
    let format = StreamFormat(sampleRate: rate, block: block, channelCount: 1)
    var input = [Float](repeating: 0, count: rate / block * block)
    var random = Random(5)
    for n in rate / 4..<input.count { input[n] = 0.1 * random.sample() }
    // Low-passed by a running mean of 8 samples at 16 kHz, so that the resamplers' cut-off plays no part.
    let width = max(1, rate * 8 / 16000)
    input = input.indices.map { n in n < width ? 0 : input[(n - width)..<n].reduce(0, +) / Float(width) }
    let wet = try playLive(input, format, modelName: "identity")
    #expect(wet.status.counters.isClean)
    #expect(try LiveEngine.latencyBudget(format, settings: EnhancementSettings()).totalInSamples == wet.latency)
    #expect(bestShift(input, wet.output, around: wet.latency) == wet.latency)

    var bypass = EnhancementSettings()
    bypass.bypass = true
    let dry = try playLive(input, format, settings: bypass)
    #expect(firstDifference(dry.output.dropFirst(dry.latency), input.dropLast(dry.latency)) == nil)
    #expect(dry.output.prefix(dry.latency).allSatisfy { $0 == 0 })
  }

  /// The shift of the largest correlation, among those near.
  private func bestShift(_ x: [Float], _ y: [Float], around: Int) -> Int {
    var best = (shift: 0, value: -Double.infinity)
    for shift in max(0, around - 40)...around + 40 {
      var sum = 0.0
      for n in 0..<(y.count - shift) { sum += Double(x[n] * y[n + shift]) }
      // Every shift leaves out another number of samples.
      sum /= Double(y.count - shift)
      if sum > best.value { best = (shift, sum) }
    }
    return best.shift
  }

  private func gcd(_ a: Int, _ b: Int) -> Int { b == 0 ? a : gcd(b, a % b) }
}
