import CKernels
import Ground

/// Number format of the weights in a layer's product, and of what is multiplied with them. Sums are float32 in both.
package enum ProductPrecision: String, Sendable, CaseIterable {
  case float32
  /// Eight bits of mantissa: half the memory, on processors with AVX512_BF16. A step takes 0.6 of the time on a Zen 5,
  /// 1.3 to 2 times as long on a Xeon: `fastest` tells.
  case bfloat16

  /// Whether this processor multiplies so.
  package var isSupported: Bool { self == .float32 || ck_has_bfloat16() }
}

/// The weights of a layer, packed for its product.
struct PackedMatrix: Sendable {
  private nonisolated(unsafe) let panels: UnsafePointer<Float>?
  private nonisolated(unsafe) let pairs: UnsafePointer<UInt32>?

  /// - Parameter pack: writes the panels of `ck_packed_count(taps, depth, columns)` floats.
  init(
    taps: Int, depth: Int, columns: Int, precision: ProductPrecision, store: WeightStore,
    pack: (UnsafeMutablePointer<Float>) -> Void
  ) {
    let count = ck_packed_count(taps, depth, columns)
    switch precision {
    case .float32:
      let panels = store.reserve(count)
      pack(panels)
      self.panels = UnsafePointer(panels)
      pairs = nil
    case .bfloat16:
      precondition(precision.isSupported, "bfloat16 is for processors that have it")
      precondition(taps * (depth + depth % 2) <= ck_bfloat16_most_depth, "the kernel has room for a row")
      let panels = FloatMemory(count)
      pack(panels.base)
      // A pair takes the room of a float.
      let pairs = UnsafeMutableRawPointer(store.reserve(ck_pairs_count(taps, depth, columns)))
        .assumingMemoryBound(to: UInt32.self)
      ck_pack_pairs(pairs, taps, depth, columns, panels.base)
      self.panels = nil
      self.pairs = UnsafePointer(pairs)
    }
  }

  /// Makes these the weights of a product.
  @_noLocks @inline(__always)
  func set(in product: inout ck_product) {
    product.panels = panels
    product.pairs = pairs
  }
}
