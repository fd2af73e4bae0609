/// Keeps the delay between two clocks where it is meant to be: measured delays in, a resampling ratio out.
///
/// The delay is smoothed twice (a device's position moves in steps), then a second-order loop with critical damping: the
/// integral learns the clocks' difference, the proportional part brings the delay back. After Adriaensen, "Using a DLL to
/// filter time" (2005), and the loop filter of zita-ajbridge. Its DLL for the times of wake-ups is not needed: both devices'
/// positions are read at one moment, so a late wake-up moves both and leaves their sum. One thread; allocates nothing.
struct ClockControl {
  /// Loop bandwidth, Hz: slow enough to be inaudible, fast enough for clocks that warm up.
  static var bandwidth: Double { @_noLocks get { 0.05 } }
  /// Wider at first, to lock soon.
  static var startBandwidth: Double { @_noLocks get { 0.5 } }
  static var startSeconds: Double { @_noLocks get { 4 } }
  /// The smoothing's corner over the loop's bandwidth: 20 costs the loop a few degrees of phase only.
  static var smoothingFactor: Double { @_noLocks get { 20 } }
  /// Largest difference of the ratio from 1: ten times what crystals differ by.
  static var limit: Double { @_noLocks get { 0.005 } }

  /// Delay wished, samples.
  let target: Double
  private let sampleRate: Double
  private var elapsed = 0.0
  private var smoothedOnce = 0.0
  private var smoothed = 0.0
  private var integral: Double
  /// The clocks' difference as learnt: positive where the output's clock is the faster one, parts per million.
  var drift: Double { @_noLocks get { integral * 1e6 } }

  /// - Parameter drift: what was learnt before, ppm.
  init(target: Double, sampleRate: Int, drift: Double = 0) {
    self.target = target
    self.sampleRate = Double(sampleRate)
    integral = drift * 1e-6
  }

  /// Samples that are missing now, not smoothed.
  @_noLocks
  func shortfall(delay: Double) -> Double { target - delay }

  /// Takes a measurement.
  ///
  /// - Parameters:
  ///   - delay: samples that wait between input and output.
  ///   - seconds: since the last one.
  /// - Returns: output samples per input sample for the next block.
  @_noLocks
  mutating func update(delay: Double, seconds: Double) -> Double {
    let error = shortfall(delay: delay) / sampleRate
    let bandwidth = elapsed < Self.startSeconds ? Self.startBandwidth : Self.bandwidth
    elapsed += seconds
    let omega = 2 * Double.pi * bandwidth
    let step = Self.smoothingFactor * omega * seconds
    let weight = step / (1 + step)
    smoothedOnce += weight * (error - smoothedOnce)
    smoothed += weight * (smoothedOnce - smoothed)
    integral = Self.limited(integral + omega * omega * smoothed * seconds)
    return 1 + Self.limited(integral + 2 * omega * smoothed)
  }

  /// Both directions began anew with the right delay: what was smoothed is of the past, what was learnt is not.
  @_noLocks
  mutating func realign() {
    smoothedOnce = 0
    smoothed = 0
  }

  @_noLocks
  private static func limited(_ value: Double) -> Double { value > limit ? limit : value < -limit ? -limit : value }
}
