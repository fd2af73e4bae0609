/// Zeroed floats at a multiple of 64 bytes, owned; the length is rounded up to whole cache lines.
///
/// Its address never changes, so pointers into it are good as long as it lives. Reading and writing neither allocates nor
/// locks. One thread at a time, unless nobody writes.
@usableFromInline package struct FloatMemory: ~Copyable {
  @usableFromInline package let base: UnsafeMutablePointer<Float>
  package let count: Int

  /// - Parameter count: 0 or more; 0 is memory that nothing is read from.
  package init(_ count: Int) {
    self.count = count
    base = allocateFloats(count)
  }

  /// Floats that begin with copies of some values.
  package init(_ values: [Float]) {
    self.init(values.count)
    for i in values.indices { base[i] = values[i] }
  }

  deinit { base.deallocate() }

  /// All of it as a buffer.
  package var buffer: UnsafeMutableBufferPointer<Float> {
    @_noLocks get { UnsafeMutableBufferPointer(start: base, count: count) }
  }

  /// The float at `index`, unchecked as in a pointer.
  @inlinable package subscript(index: Int) -> Float {
    @_transparent unsafeAddress { UnsafePointer(base + index) }
    @_transparent nonmutating unsafeMutableAddress { base + index }
  }

  /// Sets everything to 0.
  @_noLocks
  package func clear() { clearFloats(base, count: count) }
}

/// Rounds a number of floats up to whole cache lines of sixteen.
@inlinable @_noLocks
package func wholeLines(_ count: Int) -> Int { (count + 15) & ~15 }

/// Zeroed floats as in `FloatMemory`, for an owner that calls `deallocate()` itself.
package func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
  precondition(count >= 0, "memory has no negative size")
  let bytes = 4 * wholeLines(max(count, 1))
  let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
  raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  return raw.assumingMemoryBound(to: Float.self)
}
