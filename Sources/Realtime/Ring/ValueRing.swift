import Ground
import Synchronization

/// A ring of plain values from one thread to another: commands, events. Neither locks nor allocates after `init`.
package struct ValueRing<Value: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  private let memory: FixedArray<Value>
  private let mask: Int
  private let written = Atomic<Int>(0)
  private let readUpTo = Atomic<Int>(0)

  /// - Parameter capacity: values held at most, rounded up to a power of two.
  package init(capacity: Int, filler: Value) {
    var size = 1
    while size < capacity { size *= 2 }
    mask = size - 1
    memory = FixedArray(repeating: filler, count: size)
  }

  /// Values that fit now; the reader may make more room meanwhile. Writer, or any thread for an estimate.
  package var room: Int { mask + 1 - (written.load(ordering: .acquiring) - readUpTo.load(ordering: .acquiring)) }

  /// Writer. Returns false where the ring is full: the value is not in it.
  package func write(_ value: Value) -> Bool {
    let next = written.load(ordering: .relaxed)
    guard next - readUpTo.load(ordering: .acquiring) <= mask else { return false }
    memory[next & mask] = value
    written.store(next + 1, ordering: .releasing)
    return true
  }

  /// Reader. nil where the ring is empty.
  package func read() -> Value? {
    let next = readUpTo.load(ordering: .relaxed)
    guard written.load(ordering: .acquiring) > next else { return nil }
    let value = memory[next & mask]
    readUpTo.store(next + 1, ordering: .releasing)
    return value
  }
}
