import Glibc

/// Zeroed floats at a multiple of 64 bytes, owned; the length is rounded up to whole cache lines.
public struct FloatMemory: ~Copyable {
  public let base: UnsafeMutablePointer<Float>
  public let count: Int

  public init(_ count: Int) {
    self.count = count
    base = allocateFloats(count)
  }

  deinit { base.deallocate() }

  /// Sets everything to 0.
  @_noLocks
  public func clear() { clearFloats(base, count) }
}

/// Rounds a number of floats up to whole cache lines of sixteen.
@_noLocks
public func wholeLines(_ count: Int) -> Int { (count + 15) & ~15 }

func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
  let bytes = 4 * wholeLines(max(count, 1))
  let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
  raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  return raw.assumingMemoryBound(to: Float.self)
}

/// The packed weights of a network: made once, never written again, freed together.
///
/// Layers are plain values that point in here; whoever holds a layer holds its store too. Any thread may read.
public final class WeightStore {
  private var blocks: [UnsafeMutablePointer<Float>] = []

  public init() {}

  deinit { for block in blocks { block.deallocate() } }

  /// Room for `count` floats, zeroed.
  public func reserve(_ count: Int) -> UnsafeMutablePointer<Float> {
    let block = allocateFloats(count)
    blocks.append(block)
    return block
  }

  /// A copy of some values, followed by zeros up to a whole cache line.
  public func copy(_ values: [Float]) -> UnsafePointer<Float> {
    let block = reserve(values.count)
    for i in values.indices { block[i] = values[i] }
    return UnsafePointer(block)
  }
}
