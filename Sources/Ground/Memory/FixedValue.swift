/// One value at one address, owned: what a C callback is given the address of, and what several threads look at.
///
/// Its address never changes. Whether several threads may look is the value's own to say.
package struct FixedValue<Value: ~Copyable>: ~Copyable {
  package let address: UnsafeMutablePointer<Value>

  package init(_ value: consuming Value) {
    address = .allocate(capacity: 1)
    address.initialize(to: value)
  }

  deinit {
    address.deinitialize(count: 1)
    address.deallocate()
  }

  /// The value, in place. Checked functions take `address.pointee`, as with `FixedArray`.
  package var pointee: Value {
    @_transparent unsafeAddress { UnsafePointer(address) }
    @_transparent nonmutating unsafeMutableAddress { address }
  }
}
