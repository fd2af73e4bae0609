import Ground
import HeapCounter
import Testing

@Suite struct MemoryTests {
  @Test(arguments: [0, 1, 15, 16, 17, 1000]) func `Floats are zeroed, in whole cache lines`(count: Int) {
    // Memory that was used before, so that zeros are no accident.
    for _ in 0..<8 {
      let used = FloatMemory(count)
      for n in 0..<count { used[n] = .nan }
    }
    let memory = FloatMemory(count)
    #expect(memory.count == count)
    #expect(UInt(bitPattern: memory.base) % 64 == 0)
    var sum: Float = 0
    for n in 0..<wholeLines(count) { sum += memory.base[n].magnitude }
    #expect(sum == 0)
  }

  @Test func `Floats are copied in, read, written and cleared at one address`() {
    let memory = FloatMemory([1, 2, 3])
    let base = memory.base
    memory[1] += 5
    #expect(base[0] == 1 && base[1] == 7 && memory[2] == 3 && memory.buffer.count == 3)
    #expect(base == memory.base && base == memory.buffer.baseAddress)
    memory.clear()
    #expect(base[0] == 0 && base[1] == 0 && base[2] == 0)
  }

  @Test func `Lines are rounded up`() {
    #expect(wholeLines(0) == 0 && wholeLines(1) == 16 && wholeLines(16) == 16 && wholeLines(17) == 32)
  }

  /// Counts how many of its kind live.
  private final class Witness {
    nonisolated(unsafe) static var living = 0
    init() { Self.living += 1 }
    deinit { Self.living -= 1 }
  }
  private struct Refusal: Error {}

  @Test func `An array owns its values, also where making one of them throws`() throws {
    do {
      let array = FixedArray<Witness>(count: 3) { _ in Witness() }
      #expect(array.count == 3 && Witness.living == 3)
    }
    #expect(Witness.living == 0)
    #expect(throws: Refusal.self) {
      let array = try FixedArray<Witness>(count: 3) { n throws(Refusal) in
        if n == 2 { throw Refusal() }
        return Witness()
      }
      #expect(array.count == 3)
    }
    #expect(Witness.living == 0)
  }

  @Test func `A value is owned, at one address, and written in place`() {
    do {
      let value = FixedValue(Witness())
      #expect(Witness.living == 1)
      #expect(value.pointee === value.address.pointee)
    }
    #expect(Witness.living == 0)
    let number = FixedValue(1)
    number.pointee += 2
    #expect(number.address.pointee == 3)
  }

  @Test(arguments: [0, 1, 63, 1000]) func `Bytes are zeroed, at a multiple of 64`(count: Int) {
    for _ in 0..<8 {
      let used = ByteMemory(count)
      for n in 0..<count { used.base.storeBytes(of: 255, toByteOffset: n, as: UInt8.self) }
    }
    let memory = ByteMemory(count)
    #expect(memory.count == count && UInt(bitPattern: memory.base) % 64 == 0)
    #expect(UnsafeRawBufferPointer(start: memory.base, count: count).allSatisfy { $0 == 0 })
  }

  @Test func `An array is written in place`() {
    let array = FixedArray([1, 2, 3])
    let base = array.base
    array[1] = 9
    #expect(base[0] == 1 && base[1] == 9 && base[2] == 3)
    let same = FixedArray(repeating: 7, count: 2)
    #expect(same[0] == 7 && same[1] == 7)
  }

  @Test(arguments: [(1, 0), (1, 1), (3, 17), (32, 480)])
  func `A block has a lane a channel, apart and at whole lines`(channels: Int, capacity: Int) {
    let block = PlanarBlock(channelCount: channels, capacity: capacity)
    for channel in 0..<channels {
      #expect(UInt(bitPattern: block[channel]) % 64 == 0)
      #expect(block.lanes[channel] == block[channel])
      #expect(block.constantLanes[channel] == UnsafePointer(block[channel]))
      for n in 0..<capacity {
        #expect(block[channel][n] == 0)
        block[channel][n] = Float(1000 * channel + n)
      }
    }
    // No lane reaches into another.
    for channel in 0..<channels {
      for n in 0..<capacity { #expect(block[channel][n] == Float(1000 * channel + n)) }
    }
  }

  @Test func `A block's pointers stay, whatever is done with it`() {
    let block = PlanarBlock(channelCount: 2, capacity: 4)
    let lanes = block.lanes
    let first = block[0]
    let second = block[1]
    var samples: [Float] = [1, 10, 2, 20, 3, 30]
    block.deinterleave(samples, count: 3)
    #expect(first[0] == 1 && first[1] == 2 && first[2] == 3 && first[3] == 0)
    #expect(second[0] == 10 && second[1] == 20 && second[2] == 30 && second[3] == 0)
    first[1] = 5
    block.interleave(into: &samples, count: 3)
    #expect(samples == [1, 10, 5, 20, 3, 30])
    block.clear()
    #expect(first[0] == 0 && second[2] == 0)
    #expect(lanes == block.lanes && lanes[0] == first && lanes[1] == second)
  }

  /// Compiles only while reading and writing pass the compiler's real-time check.
  @_noLocks
  private static func work(
    _ memory: borrowing FloatMemory, _ array: borrowing FixedArray<Int>, _ block: borrowing PlanarBlock,
    _ samples: UnsafeMutablePointer<Float>
  ) -> UInt64 {
    memory[1] = memory[0] + 1
    array.base[0] += 1
    block.deinterleave(samples, count: 4)
    copyFloats(block[0], to: memory.base + 4, count: 4)
    block.interleave(into: samples, count: 4)
    memory[2] = squareRoot(decibelsToAmplitude(logarithm10(memory[1])))
    return monotonicNanoseconds()
  }

  @Test func `Reading and writing make no heap call`() {
    let memory = FloatMemory(16)
    let array = FixedArray(repeating: 0, count: 1)
    let block = PlanarBlock(channelCount: 2, capacity: 4)
    let samples = FloatMemory(8)
    var last = Self.work(memory, array, block, samples.base)
    let before = heap_call_count()
    for _ in 0..<1000 { last = max(last, Self.work(memory, array, block, samples.base)) }
    let calls = heap_call_count() - before
    #expect(calls == 0)
    #expect(array[0] == 1001 && last > 0)
  }

  @Test func `Memory of negative size traps`() async {
    await #expect(processExitsWith: .failure) { _ = FloatMemory(-1) }
    await #expect(processExitsWith: .failure) { _ = FixedArray(repeating: 0, count: -1) }
  }

  @Test func `A channel that is not there, or more samples than there is room for, traps`() async {
    await #expect(processExitsWith: .failure) { _ = PlanarBlock(channelCount: 0, capacity: 1) }
    await #expect(processExitsWith: .failure) { _ = PlanarBlock(channelCount: 2, capacity: 1)[2] }
    await #expect(processExitsWith: .failure) {
      let samples = FloatMemory(4)
      PlanarBlock(channelCount: 2, capacity: 1).deinterleave(samples.base, count: 2)
    }
  }
}
