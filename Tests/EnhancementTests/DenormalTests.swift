import Ground
import Testing

@testable import Enhancement

/// Silence after speech is denormal numbers by the thousand; live, offline and for a host the arithmetic is one.
@Suite struct DenormalTests {
  /// A thread's own setting, by what it makes of half the smallest normal number.
  private var isFlushing: Bool {
    let smallest = [Float.leastNormalMagnitude]
    return smallest.withUnsafeBufferPointer { memory in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 1) { half in
        // Through memory and a kernel: a compiler would know the answer.
        addScaled(memory.baseAddress!, -0.5, memory.baseAddress!, into: half.baseAddress!, count: 1)
        return half[0].bitPattern == 0
      }
    }
  }

  /// A sound that fades until it is denormal.
  private var fading: [Float] {
    var level: Float = 1
    return voiceLike(32_000, rate: 16_000).map { sample in
      level *= 0.996
      return sample * level
    }
  }

  private func enhanced() throws -> (one: [Float], pair: [Float]) {
    var one = try StreamingEnhancer(model: try tinyModel(), sampleRate: 16_000)
    var pair = try MultichannelEnhancer(model: try tinyModel(), sampleRate: 16_000, channelCount: 2)
    let sound = fading
    #expect(sound.contains { $0 != 0 && $0.isSubnormal })
    var single = sound
    var double = sound.flatMap { [$0, 0.5 * $0] }
    single.withUnsafeMutableBufferPointer { one.process(UnsafeBufferPointer($0), into: $0) }
    double.withUnsafeMutableBufferPointer { pair.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    return (single, double)
  }

  @Test func `A thread's setting changes nothing, and is what it was afterwards`() throws {
    #expect(!isFlushing)
    let ordinary = try enhanced()
    #expect(!isFlushing)
    let saved = flushDenormals()
    let isSet = isFlushing
    let flushed = try enhanced()
    let isStillSet = isFlushing
    restoreDenormals(saved)
    #expect(isSet && isStillSet && !isFlushing)
    #expect(bits(ordinary.one) == bits(flushed.one))
    #expect(bits(ordinary.pair) == bits(flushed.pair))
  }
}
