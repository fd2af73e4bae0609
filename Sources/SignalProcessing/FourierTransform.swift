import CFFTW
import Ground
import Synchronization

/// FFTW's planner keeps process-wide tables and is not thread-safe; executing a plan is. Every plan of this
/// library is made and destroyed while holding this lock. (A host that plans with FFTW on another thread at the
/// same moment is out of its reach: FFTW shares one planner per process.)
private let planner = Mutex<Void>(())

/// A real transform of fixed length, its two buffers and its plan.
///
/// `FFTW_ESTIMATE` chooses the algorithm without measuring time, so equal builds give equal bits.
/// One instance belongs to one thread. `init` allocates and locks, `execute` does neither.
package struct FourierTransform: ~Copyable {
  package enum Direction { case forward, inverse }

  package let length: Int
  /// (length) samples: the input of `forward`, the output of `inverse`.
  package let time: UnsafeMutablePointer<Float>
  /// (2·(length/2 + 1)) interleaved complex bins: the output of `forward`, the input (overwritten) of `inverse`.
  package let bins: UnsafeMutablePointer<Float>
  private let timeMemory: FloatMemory
  private let binMemory: FloatMemory
  private let plan: fftwf_plan

  package init(length: Int, direction: Direction) {
    precondition(
      length >= 2 && length % 2 == 0 && length <= 1 << 20, "a transform has an even length up to 2^20")
    self.length = length
    let binCount = length / 2 + 1
    timeMemory = FloatMemory(length)
    binMemory = FloatMemory(2 * binCount)
    let time = timeMemory.base
    let bins = binMemory.base
    self.time = time
    self.bins = bins
    let complex = UnsafeMutableRawPointer(bins).assumingMemoryBound(to: fftwf_complex.self)
    let address = planner.withLock { _ in
      switch direction {
      case .forward: UInt(bitPattern: fftwf_plan_dft_r2c_1d(Int32(length), time, complex, FFTW_ESTIMATE))
      case .inverse: UInt(bitPattern: fftwf_plan_dft_c2r_1d(Int32(length), complex, time, FFTW_ESTIMATE))
      }
    }
    guard let plan = fftwf_plan(bitPattern: address) else {
      fatalError("FFTW has no plan for a transform of \(length) samples")
    }
    self.plan = plan
  }

  deinit {
    let address = UInt(bitPattern: plan)
    planner.withLock { _ in fftwf_destroy_plan(fftwf_plan(bitPattern: address)) }
  }

  /// Transforms `time` into `bins` or back, unnormalised: there and back multiplies by `length`.
  @_noLocks @inline(__always)
  package func execute() { executePlan(plan) }
}

/// FFTW documents `fftwf_execute` as thread-safe; it takes no lock and makes no heap call (HeapCallTests).
@_semantics("no_performance_analysis") @inline(__always)
private func executePlan(_ plan: fftwf_plan) { fftwf_execute(plan) }
