import Testing

@testable import Realtime

@Suite struct LevelMeterTests {
  /// Feeds blocks of 480 at 48 kHz, each channel a constant.
  private func feed(_ meters: LevelMeters, _ values: [Float], isLinked: Bool, blocks: Int) {
    let lanes = values.map { value in
      let lane = UnsafeMutablePointer<Float>.allocate(capacity: 480)
      lane.initialize(repeating: value, count: 480)
      return lane
    }
    defer { for lane in lanes { lane.deallocate() } }
    lanes.withUnsafeBufferPointer { lanes in
      for _ in 0..<blocks {
        meters.addInput(lanes.baseAddress!, channels: values.count, count: 480, isLinked: isLinked, seconds: 0.01)
        meters.addOutput(lanes.baseAddress!, channels: values.count, count: 480, isLinked: isLinked, seconds: 0.01)
      }
    }
  }

  @Test func `linked channels are one group, independent ones a group each`() {
    let meters = LevelMeters()
    feed(meters, [0.1, 0.01], isLinked: true, blocks: 500)
    #expect(meters.groups.count == 1)
    #expect(abs(meters.groups[0].input + 22.967) < 0.01, "the mean of both powers: \(meters.groups[0].input)")
    #expect(abs(meters.groups[0].inputPeak + 20) < 0.01)
    feed(meters, [0.1, 0.01], isLinked: false, blocks: 500)
    #expect(meters.groups.count == 2)
    #expect(abs(meters.groups[0].input + 20) < 0.01 && abs(meters.groups[1].input + 40) < 0.01)
    #expect(abs(meters.groups[1].output + 40) < 0.01)
  }

  @Test func `a peak falls by 20 dB a second, and clipping is told for three`() {
    let meters = LevelMeters()
    feed(meters, [1], isLinked: true, blocks: 1)
    #expect(meters.groups[0].inputPeak == 0 && meters.groups[0].isClipping)
    feed(meters, [0], isLinked: true, blocks: 100)
    #expect(abs(meters.groups[0].inputPeak + 20) < 0.01 && meters.groups[0].isClipping)
    feed(meters, [0], isLinked: true, blocks: 195)
    #expect(meters.groups[0].isClipping)
    feed(meters, [0], isLinked: true, blocks: 10)
    #expect(!meters.groups[0].isClipping)
    feed(meters, [0.999], isLinked: true, blocks: 1)
    #expect(!meters.groups[0].isClipping, "a loud sample is not a cut one")
    feed(meters, [.nan], isLinked: true, blocks: 1)
    #expect(meters.groups[0].input.isFinite && meters.groups[0].inputPeak.isFinite)
  }
}
