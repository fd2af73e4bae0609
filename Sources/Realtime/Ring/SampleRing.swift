import Ground
import Synchronization

/// The ring between a device and the enhancer: one thread writes, one reads, nobody locks or waits. Several channels, planar.
///
/// Samples have positions, counted from 0 since the ring was made. The reader keeps its own time: it asks for the samples of
/// certain positions, gets those that are there, and goes on, so what is written too late is simply not heard; nothing
/// after it moves. Keep it behind a pointer or in a class that both threads hold; all methods are safe to call while the
/// other thread is in one of its own.
package struct SampleRing: ~Copyable, @unchecked Sendable {
  package let channelCount: Int
  /// Samples per channel, a power of two.
  package let capacity: Int

  private let memory: FixedArray<Float>  // (channelCount, capacity)
  private let mask: Int
  // A cache line apart, or each thread's stores would slow the other's loads. Acquire and release order the samples.
  private let written = Atomic<Int>(0)
  private let spaceBetween: (Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0)
  private let readUpTo = Atomic<Int>(0)
  /// Where the writer's last `skip` ended: what lies below is not to be read, part of it was never written.
  private let validFrom = Atomic<Int>(0)

  /// - Parameters:
  ///   - channelCount: at least 1.
  ///   - capacity: samples per channel that it holds at least; rounded up to a power of two.
  ///   - zeros: samples that are there from the start, all 0.
  package init(channelCount: Int, capacity: Int, zeros: Int = 0) {
    precondition(channelCount > 0 && capacity > 0 && zeros <= capacity, "a ring has channels and room")
    var size = 1
    while size < capacity { size *= 2 }
    self.channelCount = channelCount
    self.capacity = size
    mask = size - 1
    memory = FixedArray(repeating: 0, count: channelCount * size)
    written.store(zeros, ordering: .relaxed)
  }

  // MARK: - The writer

  /// The position of the next sample written. Any thread; only the writer's is exact.
  package var writePosition: Int { @_noLocks get { written.load(ordering: .acquiring) } }

  /// Appends `count` samples per channel, all or none. Writer.
  ///
  /// - Parameter channels: (channelCount) pointers to `count` samples each.
  /// - Returns: false where there is no room: the reader is too far behind.
  @_noLocks
  package func write(_ channels: UnsafePointer<UnsafePointer<Float>>, count: Int) -> Bool {
    let start = written.load(ordering: .relaxed)
    guard start + count - readUpTo.load(ordering: .acquiring) <= capacity else { return false }
    let first = start & mask
    let head = min(count, capacity - first)
    for channel in 0..<channelCount {
      let lane = memory.base + channel * capacity
      copySamples(channels[channel], to: lane + first, count: head)
      copySamples(channels[channel] + head, to: lane, count: count - head)
    }
    written.store(start + count, ordering: .releasing)
    return true
  }

  /// Leaves out `count` positions: they will never be there. Writer.
  @_noLocks
  package func skip(_ count: Int) {
    let next = written.load(ordering: .relaxed) + count
    validFrom.store(next, ordering: .relaxed)
    written.store(next, ordering: .releasing)
  }

  // MARK: - The reader

  /// The position of the next sample read. Any thread; only the reader's is exact.
  package var readPosition: Int { @_noLocks get { readUpTo.load(ordering: .acquiring) } }

  /// Samples per channel that can be read now; negative where the reader is ahead. Reader.
  package var available: Int {
    @_noLocks get { written.load(ordering: .acquiring) - readUpTo.load(ordering: .relaxed) }
  }

  /// Which of the next `count` positions are there: from `first` (inclusive) to `last` (exclusive). Reader.
  @_noLocks
  package func readable(_ count: Int) -> (first: Int, last: Int) {
    let start = readUpTo.load(ordering: .relaxed)
    let end = written.load(ordering: .acquiring)
    let first = max(start, min(validFrom.load(ordering: .relaxed), start + count))
    return (first, max(first, min(end, start + count)))
  }

  /// Copies the samples of one channel out, without moving on. Reader; the positions must be readable.
  @_noLocks
  package func copy(channel: Int, from position: Int, count: Int, into output: UnsafeMutablePointer<Float>) {
    let first = position & mask
    let head = min(count, capacity - first)
    let lane = memory.base + channel * capacity
    copySamples(lane + first, to: output, count: head)
    copySamples(lane, to: output + head, count: count - head)
  }

  /// Moves on by `count` positions, whether they were there or not. Reader.
  @_noLocks
  package func advance(_ count: Int) {
    readUpTo.store(readUpTo.load(ordering: .relaxed) + count, ordering: .releasing)
  }

  /// Reads `count` samples per channel and moves on, all or none. Reader.
  ///
  /// - Parameter channels: (channelCount) pointers to room for `count` samples.
  @_noLocks
  package func read(into channels: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int) -> Bool {
    guard available >= count else { return false }
    let position = readUpTo.load(ordering: .relaxed)
    for channel in 0..<channelCount {
      copy(channel: channel, from: position, count: count, into: channels[channel])
    }
    advance(count)
    return true
  }
}

/// A loop, not `copyMemory`: ThreadSanitizer does not see into that one (tools/sanitize).
@_noLocks @inline(__always)
private func copySamples(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
  for n in 0..<count { target[n] = source[n] }
}
