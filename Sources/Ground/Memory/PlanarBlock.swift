/// The samples of several channels, a lane each, owned: (channelCount, capacity) floats, zeroed, every lane at a multiple of
/// 64 bytes, and the pointers to the lanes as C takes them.
///
/// No address in it ever changes. Reading and writing neither allocates nor locks. One thread at a time, unless nobody
/// writes.
package struct PlanarBlock: ~Copyable {
  package let channelCount: Int
  /// Samples that a lane has room for.
  package let capacity: Int
  private let memory: FloatMemory
  private let pointers: FixedArray<UnsafeMutablePointer<Float>>
  private let constantPointers: FixedArray<UnsafePointer<Float>>

  /// - Parameters:
  ///   - channelCount: at least 1.
  ///   - capacity: samples per channel, 0 or more.
  package init(channelCount: Int, capacity: Int) {
    precondition(channelCount >= 1 && capacity >= 0, "a block has a channel and no negative size")
    self.channelCount = channelCount
    self.capacity = capacity
    let pitch = wholeLines(capacity)
    memory = FloatMemory(channelCount * pitch)
    let base = memory.base
    pointers = FixedArray(count: channelCount) { base + $0 * pitch }
    constantPointers = FixedArray(count: channelCount) { UnsafePointer(base + $0 * pitch) }
  }

  /// (channelCount) pointers to the lanes.
  package var lanes: UnsafePointer<UnsafeMutablePointer<Float>> {
    @_noLocks get { UnsafePointer(pointers.base) }
  }

  /// (channelCount) pointers to the lanes, for what only reads them.
  package var constantLanes: UnsafePointer<UnsafePointer<Float>> {
    @_noLocks get { UnsafePointer(constantPointers.base) }
  }

  /// The lane of a channel, `capacity` samples.
  package subscript(channel: Int) -> UnsafeMutablePointer<Float> {
    @_noLocks get {
      precondition(channel >= 0 && channel < channelCount, "a channel is from 0 to channelCount − 1")
      return pointers.base[channel]
    }
  }

  /// Sets all samples to 0.
  @_noLocks
  package func clear() { memory.clear() }

  /// Takes interleaved samples, (count, channelCount), into the lanes' beginnings.
  @_noLocks
  package func deinterleave(_ samples: UnsafePointer<Float>, count: Int) {
    precondition(count >= 0 && count <= capacity, "a block takes at most `capacity` samples per channel")
    for channel in 0..<channelCount {
      let from = samples + channel
      let lane = pointers.base[channel]
      for n in 0..<count { lane[n] = from[n * channelCount] }
    }
  }

  /// Gives the lanes' beginnings as interleaved samples, (count, channelCount).
  @_noLocks
  package func interleave(into samples: UnsafeMutablePointer<Float>, count: Int) {
    precondition(count >= 0 && count <= capacity, "a block gives at most `capacity` samples per channel")
    for channel in 0..<channelCount {
      let to = samples + channel
      let lane = pointers.base[channel]
      for n in 0..<count { to[n * channelCount] = lane[n] }
    }
  }
}
