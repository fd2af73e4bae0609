import Enhancement
import Foundation
import LiveTestSupport
import Synchronization
import Testing
import TestSupport

@testable import Realtime

/// With the weights that are shipped: how soon the output is that of the uninterrupted run again.
@Suite struct StepTests {
  let rate = 16000
  let block = 160

  /// What happens to a block.
  enum Fate { case calm, cut, stalled, afterStall }

  /// Without a clock, except where the test has time run out: on a busy machine it would cut other frames short.
  private func play(
    _ input: [Float], steps: Int, between: (Rig, Int) -> Void = { _, _ in }, fate: (Int) -> Fate = { _ in .calm }
  ) throws -> (output: [Float], rig: Rig) {
    var settings = EnhancementSettings()
    settings.noiseSelection = .residual
    settings.steps = steps
    let rig = try Rig(
      StreamFormat(sampleRate: rate, block: block, channelCount: 1), settings: settings, model: try shippedModel())
    for n in 0..<input.count / block {
      between(rig, n)
      let fate = fate(n)
      rig.callback(Array(input[n * block..<(n + 1) * block]), mayWait: fate == .calm)
      // The clock's first nanosecond: all of the time that this frame had is over.
      if fate == .cut { rig.shared.pointee.time.store(1, ordering: .relaxed) }
      if fate != .stalled { rig.work() }
    }
    return (rig.output, rig)
  }

  /// 300 ms after block `last`, and the steps between samples since block `first`.
  private func expectRecovery(
    _ disturbed: [Float], _ steady: [Float], first: Int, last: Int, _ what: String
  ) {
    #expect(firstDifference(disturbed[..<(first * block)], steady[..<(first * block)]) == nil)
    #expect(firstDifference(disturbed, steady) != nil, "it was not disturbed at all")
    let after = (last + 30) * block
    let difference = differenceInDecibels(steady[after...], disturbed[after...])
    let largest = largestStep(steady, 0..<steady.count)
    let step = largestStep(disturbed, first * block..<after)
    print(
      "\(what): difference 300 ms after: \(difference) dB; largest step \(step / largest) times the uninterrupted run's"
    )
    #expect(difference < -40, "\(what)")
    #expect(step <= 2 * largest, "\(what)")
  }

  @Test(arguments: [150, 173, 212]) func `after steps went down and up again the output is the same soon`(first: Int)
    throws
  {
    let input = voiceLike(4 * rate, rate: rate)
    let steady = try play(input, steps: 4).output
    let switched = try play(
      input, steps: 4,
      between: { rig, n in
        if n == first { rig.send(.steps(2)) }
        if n == first + 50 { rig.send(.steps(4)) }
      }
    ).output
    expectRecovery(switched, steady, first: first, last: first + 53, "N 4→2→4 at block \(first)")
  }

  /// A frame whose time is over ends at the x̂0 of its first step; the steps that it left out have missed a frame. They took
  /// over the state of the step before them, and after five cut frames the output was within −38.7 dB only. With their own
  /// state it is within −70.
  @Test(arguments: [(150, 1), (173, 1), (212, 5), (160, 30), (60, 300)])
  func `after forced cuts the output is the same soon`(first: Int, count: Int) throws {
    let input = voiceLike((first + count + 150) * block, rate: rate)
    let steady = try play(input, steps: 4).output
    let cut = try play(input, steps: 4, fate: { (first..<first + count).contains($0) ? .cut : .calm })
    #expect(cut.rig.meters.reduced.load(ordering: .relaxed) >= count)
    expectRecovery(cut.output, steady, first: first, last: first + count, "\(count) cut frames at block \(first)")
  }

  /// The worker comes back to twenty frames that are late already. With four steps it cut them short to catch up a little
  /// sooner, and the steps left out took longer than 300 ms to find back: the output was within −38.3 dB.
  @Test(arguments: [1, 2, 4], [150, 212]) func `after a stall of 200 milliseconds the output is the same soon`(
    steps: Int, first: Int
  ) throws {
    let input = voiceLike(4 * rate, rate: rate)
    let steady = try play(input, steps: steps).output
    let end = first + 20
    let stalled = try play(
      input, steps: steps,
      fate: { (first..<end).contains($0) ? .stalled : $0 == end ? .afterStall : .calm })
    #expect(stalled.rig.shared.pointee.drySpans.load(ordering: .relaxed) == 1)
    expectRecovery(stalled.output, steady, first: first, last: end, "\(steps) steps, stalled at block \(first)")
    // Nothing is left of it after the fade, where no token came too late and no frame after the stall was short of time.
    if stalled.rig.meters.referenceLate.load(ordering: .relaxed) == 0,
      stalled.rig.meters.reduced.load(ordering: .relaxed) == 0
    {
      let after = (end + 1) * block + 80 + block
      #expect(firstDifference(stalled.output[after...], steady[after...]) == nil)
    }
  }
}
