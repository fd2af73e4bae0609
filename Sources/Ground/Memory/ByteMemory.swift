/// Zeroed bytes at a multiple of 64, owned. As `FloatMemory`, for samples as a device or a file has them.
package struct ByteMemory: ~Copyable {
  package let base: UnsafeMutableRawPointer
  package let count: Int

  /// - Parameter count: 0 or more.
  package init(_ count: Int) {
    precondition(count >= 0, "memory has no negative size")
    self.count = count
    base = .allocate(byteCount: max(count, 1), alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
  }

  deinit { base.deallocate() }
}
