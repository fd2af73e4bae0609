import AudioIO
import Enhancement
import Foundation
import Testing

@testable import Live

/// With the weights that are shipped: how soon the output is that of the uninterrupted run again.
@Suite struct StepTests {
  let rate = 16000
  let block = 160

  private func play(
    _ input: [Float], steps: Int, between: (Rig, Int) -> Void = { _, _ in },
    works: @escaping (Int) -> Bool = { _ in true }, isTimed: Bool = true
  ) throws -> [Float] {
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    settings.steps = steps
    let rig = try Rig(
      StreamFormat(sampleRate: rate, block: block, channelCount: 1), settings: settings, model: try shippedModel())
    for n in 0..<input.count / block {
      between(rig, n)
      rig.callback(Array(input[n * block..<(n + 1) * block]), mayWait: !isTimed)
      if works(n) { rig.work() }
    }
    return rig.output
  }

  @Test func afterStepsWentDownAndUpAgainTheOutputIsTheSameSoon() throws {
    let input = voiceLike(4 * rate, rate: rate)
    // Without a clock: on a busy machine it would cut frames short.
    let steady = try play(input, steps: 4, isTimed: false)
    let switched = try play(
      input, steps: 4,
      between: { rig, n in
        if n == 150 { rig.send(.steps(2)) }
        if n == 200 { rig.send(.steps(4)) }
      }, isTimed: false)
    #expect(firstDifference(switched[..<(150 * block)], steady[..<(150 * block)]) == nil)
    let after = (200 + 30) * block + 3 * block
    let difference = differenceInDecibels(steady[after...], switched[after...])
    print("N 4→2→4: difference 300 ms after: \(difference) dB")
    #expect(difference < -40)
    let largest = largestStep(steady, 0..<steady.count)
    #expect(largestStep(switched, 150 * block..<240 * block) <= 2 * largest)
  }

  @Test func afterAStallOf200MillisecondsTheOutputIsTheSameAtOnce() throws {
    let input = voiceLike(4 * rate, rate: rate)
    let steady = try play(input, steps: 1)
    let stalled = try play(input, steps: 1, works: { !(212..<232).contains($0) })
    let after = 233 * block + 80 + block
    #expect(firstDifference(stalled[after...], steady[after...]) == nil)
    #expect(firstDifference(stalled, steady) != nil)
  }
}
