import CKernels
import Glibc
import KernelLevels
import Testing
import TestSupport

/// The kernels of parts of frames against plain loops in double precision, at every level and for counts around every
/// vector's end; what lies behind an output stays as it was.
@Suite struct FrameKernelTests {
  static let counts = [0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 161]

  /// Values before `count`, then what must not be read or written.
  private func guarded(_ values: [Float], _ guardValue: Float = .nan) -> [Float] {
    values + [Float](repeating: guardValue, count: 40)
  }

  @Test(arguments: counts) func `sums are those of a plain loop`(count: Int) {
    var noise = SplitMix(3)
    let x = noise.samples(count)
    let y = noise.samples(count)
    let total = x.reduce(0.0) { $0 + Double($1) }
    let squares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
    let below = x.reduce(0.0) { $0 + ($1 < 0.3 ? Double($1) : 0) }
    let mixed = zip(y, x).reduce(0.0) { $0 + pow(Double($1.1) + 0.25 * (Double($1.0) - Double($1.1)), 2) }
    atEveryKernelLevel {
      #expect(abs(Double(ck_sum(count, guarded(x))) - total) < 1e-5)
      #expect(abs(Double(ck_sum_of_squares(count, guarded(x))) - squares) < 1e-5)
      #expect(abs(Double(ck_sum_below(count, 0.3, guarded(x))) - below) < 1e-5)
      let energies = ck_energies_of(count, guarded(y), guarded(x), 0.25)
      #expect(abs(Double(energies.clean) - squares) < 1e-5)
      #expect(abs(Double(energies.noisy) - y.reduce(0.0) { $0 + Double($1) * Double($1) }) < 1e-5)
      #expect(abs(Double(energies.mixed) - mixed) < 1e-5)
      var windowed = guarded([Float](repeating: 0, count: count), -9)
      #expect(
        abs(
          Double(ck_windowed(count, guarded(y), guarded(x), &windowed))
            - zip(x, y).reduce(0.0) { $0 + pow(Double($1.0) * Double($1.1), 2) }) < 1e-5)
      for n in 0..<count { #expect(windowed[n] == x[n] * y[n]) }
      #expect(windowed[count...].allSatisfy { $0 == -9 })
    }
  }

  @Test func `what is not finite is found at every place, and is below nothing`() {
    atEveryKernelLevel {
      for count in [1, 16, 35] {
        #expect(ck_all_finite(count, guarded([Float](repeating: -.greatestFiniteMagnitude, count: count))))
        for place in 0..<count {
          for value in [Float.infinity, -.infinity, .nan, -.nan] {
            var x = [Float](repeating: 1, count: count)
            x[place] = value
            #expect(!ck_all_finite(count, guarded(x)), "\(value) at \(place) of \(count)")
            if value.isNaN { #expect(ck_sum_below(count, 2, x) == Float(count - 1)) }
          }
        }
      }
    }
  }

  @Test(arguments: counts) func `products and combinations are those of a plain loop`(count: Int) {
    var noise = SplitMix(4)
    let (x, y, z, w) = (noise.samples(count), noise.samples(count), noise.samples(count), noise.samples(count))
    func check(_ out: [Float], _ expected: (Int) -> Float) {
      for n in 0..<count { #expect(abs(out[n] - expected(n)) < 1e-6) }
      #expect(out[count...].allSatisfy { $0 == -9 })
    }
    atEveryKernelLevel {
      let unwritten = guarded([Float](repeating: 0, count: count), -9)
      var out = unwritten
      ck_add_product(count, guarded(x), guarded(y), guarded(z), &out)
      check(out) { x[$0] + y[$0] * z[$0] }
      out = unwritten
      ck_add_scaled(count, guarded(x), 0.7, guarded(y), &out)
      check(out) { x[$0] + 0.7 * y[$0] }
      out = guarded(x, -9)
      ck_combine(count, 0.5, &out, -0.25, guarded(y), 2, guarded(z), 0.1, guarded(w))
      check(out) { 0.5 * x[$0] - 0.25 * y[$0] + 2 * z[$0] + 0.1 * w[$0] }
      out = guarded(x, -9)
      ck_combine(count, 0.5, &out, -0.25, guarded(y), 2, guarded(z), 0.1, nil)
      check(out) { 0.5 * x[$0] - 0.25 * y[$0] + 2 * z[$0] }
    }
  }

  @Test(arguments: counts) func `bins are scaled, squared, compressed and expanded as in a plain loop`(bins: Int) {
    var noise = SplitMix(5)
    let x = noise.samples(2 * bins)
    let share = noise.samples(bins).map { abs($0) }
    let y = noise.samples(2 * bins)
    func magnitude(_ k: Int) -> Float { (x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1]).squareRoot() }
    func check(_ out: [Float], _ factor: (Int) -> Float) {
      for k in 0..<bins {
        #expect(abs(out[2 * k] - factor(k) * x[2 * k]) < 1e-6 && abs(out[2 * k + 1] - factor(k) * x[2 * k + 1]) < 1e-6)
      }
      #expect(out[(2 * bins)...].allSatisfy { $0 == -9 })
    }
    atEveryKernelLevel {
      let unwritten = guarded([Float](repeating: 0, count: 2 * bins), -9)
      var out = guarded(x, -9)
      ck_scale_bins(bins, 0.2, 0.9, guarded(share), &out)
      check(out) { 0.2 + share[$0] * 0.7 }
      out = unwritten
      ck_compress(bins, 2, 0.15, guarded(x), &out)
      check(out) { 0.15 * 2 / (2 * magnitude($0)).squareRoot() }
      out = unwritten
      ck_expand(bins, 0.5, guarded(x), &out)
      check(out) { 0.5 * magnitude($0) }
      out = guarded(x, -9)
      ck_post_filter(bins, 0.8, guarded(y), &out)
      check(out) {
        let noisy = (y[2 * $0] * y[2 * $0] + y[2 * $0 + 1] * y[2 * $0 + 1]).squareRoot()
        return min(1, max(0.8, (magnitude($0) / noisy).squareRoot().squareRoot().squareRoot()))
      }
      out = unwritten
      ck_power(bins, guarded(x), &out)
      for k in 0..<bins { #expect(abs(out[k] - magnitude(k) * magnitude(k)) < 1e-6) }
      #expect(out[bins..<2 * bins].allSatisfy { $0 == 0 } && out[(2 * bins)...].allSatisfy { $0 == -9 })
    }
  }
}
