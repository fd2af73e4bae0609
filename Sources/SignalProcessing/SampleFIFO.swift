import Ground

/// A queue of samples of fixed capacity, for one thread: it turns blocks of one size into blocks of another.
///
/// Memory is made in `init`; writing and reading allocate nothing and cost O(samples moved). Writing more than
/// `space` or reading more than `count` is the caller's mistake and traps: samples dropped in silence would shift
/// every later one.
package struct SampleFIFO: ~Copyable {
  /// Most samples it can hold.
  package let capacity: Int
  /// Samples held now.
  package private(set) var count = 0
  /// Samples that can be written now.
  package var space: Int { @_noLocks get { capacity - count } }

  private let ring: FloatMemory  // (capacity)
  private var first = 0  // index of the oldest sample

  /// - Parameter capacity: most samples it can hold, at least 1.
  package init(capacity: Int) {
    precondition(capacity > 0, "a queue holds at least one sample")
    self.capacity = capacity
    ring = FloatMemory(capacity)
  }

  /// Appends `count` samples, at most `space`.
  @_noLocks
  package mutating func write(_ samples: UnsafePointer<Float>, count: Int) {
    precondition(count >= 0 && count <= space, "write takes at most `space` samples")
    let start = wrapped(first + self.count)
    let head = min(count, capacity - start)
    copyFloats(samples, to: ring.base + start, count: head)
    copyFloats(samples + head, to: ring.base, count: count - head)
    self.count += count
  }

  /// Appends `count` zeros, at most `space`.
  @_noLocks
  package mutating func writeZeros(_ count: Int) {
    precondition(count >= 0 && count <= space, "writeZeros takes at most `space` samples")
    for n in 0..<count { ring[wrapped(first + self.count + n)] = 0 }
    self.count += count
  }

  /// Takes out the oldest `count` samples, at most `self.count`.
  @_noLocks
  package mutating func read(into samples: UnsafeMutablePointer<Float>, count: Int) {
    precondition(count >= 0 && count <= self.count, "read takes at most `count` samples")
    let head = min(count, capacity - first)
    copyFloats(ring.base + first, to: samples, count: head)
    copyFloats(ring.base, to: samples + head, count: count - head)
    drop(count)
  }

  /// Drops the oldest `count` samples, at most `self.count`.
  @_noLocks
  package mutating func discard(_ count: Int) {
    precondition(count >= 0 && count <= self.count, "discard takes at most `count` samples")
    drop(count)
  }

  /// Empties the queue.
  @_noLocks
  package mutating func reset() {
    first = 0
    count = 0
  }

  @_noLocks @inline(__always)
  private mutating func drop(_ count: Int) {
    first = wrapped(first + count)
    self.count -= count
  }

  /// `index` of 0..<2·capacity brought into the ring.
  @_noLocks @inline(__always)
  private func wrapped(_ index: Int) -> Int { index >= capacity ? index - capacity : index }
}
