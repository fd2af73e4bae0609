import Ground

/// The packed weights of a network: made once, never written again, freed together.
///
/// Layers are plain values that point in here; whoever holds a layer holds its store too. Any thread may read.
package final class WeightStore {
  private var blocks: [UnsafeMutablePointer<Float>] = []

  package init() {}

  deinit { for block in blocks { block.deallocate() } }

  /// Room for `count` floats, zeroed.
  package func reserve(_ count: Int) -> UnsafeMutablePointer<Float> {
    let block = allocateFloats(count)
    blocks.append(block)
    return block
  }

  /// A copy of some values, followed by zeros up to a whole cache line.
  package func copy(_ values: [Float]) -> UnsafePointer<Float> {
    let block = reserve(values.count)
    for i in values.indices { block[i] = values[i] }
    return UnsafePointer(block)
  }
}
