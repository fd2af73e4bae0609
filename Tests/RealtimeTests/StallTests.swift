import Enhancement
import Foundation
import LiveTestSupport
import Synchronization
import Testing
import TestSupport

@testable import Realtime

@Suite struct StallTests {
  let format = StreamFormat(sampleRate: 48000, block: 256, channelCount: 1)

  private func blocks(_ input: [Float], _ size: Int = 256) -> [[Float]] {
    stride(from: 0, to: input.count - size + 1, by: size).map { Array(input[$0..<$0 + size]) }
  }

  /// Positions counted as dry are those that play the delayed input, and only those; latency stays, the rest is untouched.
  @Test func `a stalled worker is replaced by the delayed input and nothing else changes`() throws {
    let input = voiceLike(3 * 48000, rate: 48000)
    let rig = try Rig(format)
    let steady = try Rig(format)
    let folder = temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let stall = 190..<228  // blocks: 200 ms
    for (n, block) in blocks(input).enumerated() {
      rig.callback(block)
      if !stall.contains(n) { rig.work() }
      steady.callback(block)
      steady.work()
    }
    let lead = rig.shared.pointee.lead
    let fade = 240
    // The worker's last output before the stall was for block 189; it is back after the callback of block 228.
    let dry = (190 * 256 + lead)..<(229 * 256)
    #expect(rig.shared.pointee.drySpans.load(ordering: .relaxed) == 1)
    #expect(rig.shared.pointee.drySamples.load(ordering: .relaxed) == dry.count)
    #expect(steady.shared.pointee.drySamples.load(ordering: .relaxed) == 0)
    #expect(firstDifference(rig.output[..<dry.lowerBound], steady.output[..<dry.lowerBound]) == nil)
    #expect(firstDifference(rig.output[(dry.upperBound + fade)...], steady.output[(dry.upperBound + fade)...]) == nil)
    let gain = rig.output[dry.upperBound - 1] / input[dry.upperBound - 1 - rig.latency]
    #expect(gain > 0 && gain <= 1)
    for n in (dry.lowerBound + fade)..<dry.upperBound {
      #expect(rig.output[n] == gain * input[n - rig.latency])
    }
    #expect(rig.meters.late.load(ordering: .relaxed) > 0)
    // No click: the steps at both ends are no larger than those of the sound.
    let largest = largestStep(steady.output, 0..<steady.output.count)
    #expect(largestStep(rig.output, dry.lowerBound - 2..<dry.lowerBound + fade) <= 2 * largest)
    #expect(largestStep(rig.output, dry.upperBound - 2..<dry.upperBound + fade) <= 2 * largest)
  }

  /// Twenty late frames of one stall lowered four steps to one, and it took five seconds of calm for each to come back.
  @Test func `one stall of the worker lowers no steps`() throws {
    var settings = EnhancementSettings()
    settings.steps = 3
    var options = calm
    options.adaptsSteps = true
    let rig = try Rig(format, settings: settings, options: options)
    // As on a machine that is quick enough, however busy this one is.
    rig.session.worker.catchUpTime = .infinity
    rig.session.worker.quickFrame = .infinity
    let stall = 190..<228
    for (n, block) in blocks(voiceLike(2 * 48000, rate: 48000)).enumerated() {
      rig.callback(block, mayWait: !(stall.lowerBound...stall.upperBound).contains(n))
      if !stall.contains(n) { rig.work() }
    }
    #expect(rig.meters.late.load(ordering: .relaxed) > 10)
    #expect(rig.meters.steps.load(ordering: .relaxed) == 3)
  }

  @Test func `after more than the ring holds the output is in place again`() throws {
    let input = voiceLike(8 * 48000, rate: 48000)
    var settings = EnhancementSettings()
    settings.bypass = true  // delayed to the bit, so that every shift would be seen
    let rig = try Rig(format, settings: settings)
    let stall = 190..<700  // 2.7 s, the ring holds one
    for (n, block) in blocks(input).enumerated() {
      rig.callback(block)
      if !stall.contains(n) { rig.work() }
    }
    #expect(rig.shared.pointee.overruns.load(ordering: .relaxed) == 1)
    let after = 701 * 256 + rig.latency + rig.shared.pointee.lead + 2 * 256
    #expect(
      firstDifference(rig.output[after...], input[(after - rig.latency)..<(rig.output.count - rig.latency)]) == nil)
    #expect(rig.output.allSatisfy { $0.isFinite })
  }

  @Test func `late tokens are counted and the old ones stay`() throws {
    let input = voiceLike(4 * 48000, rate: 48000)
    var settings = EnhancementSettings()
    settings.noiseSelection = .spp
    let rig = try Rig(format, settings: settings)
    let steady = try Rig(format, settings: settings)
    for (n, block) in blocks(input).enumerated() {
      rig.callback(block)
      rig.work(encodes: !(300..<400).contains(n))  // 0.53 s
      steady.callback(block)
      steady.work()
    }
    let late = rig.meters.referenceLate.load(ordering: .relaxed)
    #expect((1...3).contains(late))
    #expect(steady.meters.referenceLate.load(ordering: .relaxed) == 0)
    #expect(rig.shared.pointee.drySamples.load(ordering: .relaxed) == 0)
    #expect(firstDifference(rig.output, steady.output) != nil)
    #expect(firstDifference(rig.output.prefix(300 * 256), steady.output.prefix(300 * 256)) == nil)
  }

  @Test func `what is not finite comes out finite`() throws {
    let rig = try Rig(format)
    for (n, block) in blocks(voiceLike(48000, rate: 48000)).enumerated() {
      var block = block
      if n == 50 { block = block.map { _ in .nan } }
      if n == 51 { block[3] = .infinity }
      rig.callback(block)
      if !(50..<70).contains(n) { rig.work() }
    }
    #expect(rig.output.allSatisfy { $0.isFinite })
  }
}

func largestStep(_ x: [Float], _ range: Range<Int>) -> Float {
  var largest: Float = 0
  for n in max(range.lowerBound, 1)..<min(range.upperBound, x.count) { largest = max(largest, abs(x[n] - x[n - 1])) }
  return largest
}

/// dB of the difference's energy over x's.
func differenceInDecibels(_ x: ArraySlice<Float>, _ y: ArraySlice<Float>) -> Double {
  var difference = 0.0
  var energy = 0.0
  for (a, b) in zip(x, y) {
    difference += Double(a - b) * Double(a - b)
    energy += Double(a) * Double(a)
  }
  return 10 * log10(difference / energy)
}
