/// A fixed number of values at one address, owned: an array that a checked (`@_noLocks`) function may write.
///
/// Its address never changes. Reading and writing neither allocates nor locks if the values' own copies do not. One thread
/// at a time, unless nobody writes.
package struct FixedArray<Element: ~Copyable>: ~Copyable {
  package let base: UnsafeMutablePointer<Element>
  package let count: Int

  /// - Parameters:
  ///   - count: 0 or more.
  ///   - make: gives the value at an index, from 0 on. Where it throws, those made before are gone again.
  package init<Failure: Error>(
    count: Int, _ make: (_ index: Int) throws(Failure) -> Element
  ) throws(Failure) {
    precondition(count >= 0, "an array has no negative size")
    let base = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
    var made = 0
    do throws(Failure) {
      while made < count {
        (base + made).initialize(to: try make(made))
        made += 1
      }
    } catch {
      base.deinitialize(count: made)
      base.deallocate()
      throw error
    }
    self.base = base
    self.count = count
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  /// The value at `index`, unchecked as in a pointer. Checked functions take `base[index]`: the compiler's check refuses a
  /// generic accessor of another module.
  package subscript(index: Int) -> Element {
    @_transparent unsafeAddress { UnsafePointer(base + index) }
    @_transparent nonmutating unsafeMutableAddress { base + index }
  }
}

extension FixedArray where Element: Copyable {
  package init(repeating value: Element, count: Int) {
    self.init(count: count) { _ in value }
  }

  package init(_ values: [Element]) {
    self.init(count: values.count) { values[$0] }
  }
}

extension FixedArray where Element: BitwiseCopyable {
  /// Room for values that are written before they are read.
  package init(unfilled count: Int) {
    precondition(count >= 0, "an array has no negative size")
    base = .allocate(capacity: max(count, 1))
    self.count = count
  }
}
