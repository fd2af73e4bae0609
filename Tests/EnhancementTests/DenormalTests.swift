import Ground
import Testing
import TestSupport

@testable import Enhancement

/// Silence after speech is denormal numbers by the thousand; live, offline and for a host the arithmetic is one.
@Suite struct DenormalTests {
  /// A thread's own setting: SiLU halves small numbers. (A product written here would be folded by the optimiser.)
  private var isFlushing: Bool {
    var number: [Float] = [.leastNormalMagnitude]
    applySiLU(&number, 1)
    return number[0].bitPattern == 0
  }

  /// A sound that fades until it is denormal.
  private var fading: [Float] {
    var level: Float = 1
    return voiceLike(32_000, rate: 16_000).map { sample in
      level *= 0.996
      return sample * level
    }
  }

  private func enhanced(_ sound: [Float]) throws -> (one: [Float], pair: [Float]) {
    var one = try StreamingEnhancer(model: try tinyModel(), sampleRate: 16_000)
    var pair = try MultichannelEnhancer(model: try tinyModel(), sampleRate: 16_000, channelCount: 2)
    var single = sound
    var double = sound.flatMap { [$0, $0] }
    single.withUnsafeMutableBufferPointer { one.process(UnsafeBufferPointer($0), into: $0) }
    double.withUnsafeMutableBufferPointer { pair.process(interleaved: UnsafeBufferPointer($0), into: $0) }
    return (single, double)
  }

  @Test func `A thread's setting changes nothing, and is what it was afterwards`() throws {
    let sound = fading
    #expect(sound.contains { $0 != 0 && $0.isSubnormal })
    #expect(!isFlushing)
    let ordinary = try enhanced(sound)
    #expect(!isFlushing)
    let saved = flushDenormals()
    let isSet = isFlushing
    let flushed = try enhanced(sound)
    let isStillSet = isFlushing
    restoreDenormals(saved)
    #expect(isSet)
    #expect(isStillSet)
    #expect(!isFlushing)
    #expect(bits(ordinary.one) == bits(flushed.one))
    #expect(bits(ordinary.pair) == bits(flushed.pair))
  }
}
