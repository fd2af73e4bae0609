// Reaches into modules under test, which only debug builds allow.
#if DEBUG
  import Enhancement
  import Foundation
  import Ground
  import NIOCore
  import Testing

  @testable import LivePage
  @testable import Realtime

  /// An update's numbers, against what is played.
  @Suite struct UpdateFrameTests {
    @Test func `a channel at full scale beside a silent one is seen at full scale, not at half of it`() throws {
      let format = StreamFormat(sampleRate: 48_000, block: 480, channelCount: 2)
      let block = PlanarBlock(channelCount: 2, capacity: 480)
      let left = block[0]
      // Whole periods, whose highest samples are 1.
      for n in 0..<480 { left[n] = Float(sin(2 * Double.pi * Double(n) / 48)) }
      let meters = LevelMeters()
      meters.addInput(block.lanes, channels: 2, count: 480, isLinked: true, seconds: 1)
      meters.addOutput(block.lanes, channels: 2, count: 480, isLinked: true, seconds: 1)
      var status = LiveStatus(
        format: format, latencyInSamples: 0, frameDeadline: 0.01, settings: EnhancementSettings())
      status.groups = meters.groups
      status.inputLevel = status.groups[0].input
      status.outputLevel = status.groups[0].output
      let tap = SoundTap(format: format, latency: 0)
      tap.open()
      tap.rings.pointee.leaveInput(block.constantLanes, channelCount: 2, count: 480)
      tap.rings.pointee.leaveOutput(block.lanes, channelCount: 2, count: 480)

      let spectra = RollingSpectra(tap)
      let update = UpdateFrame.encoded(status, spectra)
      func hundredths(_ at: Int, of update: ByteBuffer) -> Int16? { update.getInteger(at: at, endianness: .little) }
      #expect(update.getInteger(at: 1, as: UInt8.self) == 3, "both sides clip")
      #expect(hundredths(4, of: update) == -602 && hundredths(6, of: update) == -602, "the mean of both powers")
      #expect(hundredths(8, of: update) == 0 && hundredths(10, of: update) == 0, "the highest sample of either")

      let next = UpdateFrame.encoded(status, spectra)
      #expect(next.getInteger(at: 1, as: UInt8.self) == 1 && hundredths(10, of: next) == UpdateFrame.none)
    }
  }
#endif
