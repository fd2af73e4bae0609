/// Keeps the delay between two clocks where it is meant to be: measured delays in, a resampling ratio out.
///
/// The delay is smoothed (a device's position moves in steps), then a second-order loop with critical damping: the integral
/// learns the clocks' difference, the proportional part brings the delay back. After Adriaensen, "Using a DLL to filter
/// time" (2005) and zita-ajbridge. One thread; allocates nothing.
struct ClockControl {
  /// Loop bandwidth, Hz: slow enough to be inaudible, fast enough for clocks that warm up.
  static var bandwidth: Double { @_noLocks get { 0.05 } }
  /// Wider at first, to lock soon.
  static var startBandwidth: Double { @_noLocks get { 0.5 } }
  static var startSeconds: Double { @_noLocks get { 4 } }
  /// Seconds over which measurements are smoothed.
  static var smoothing: Double { @_noLocks get { 0.25 } }

  /// Delay wished, samples.
  let target: Double
  private let sampleRate: Double
  private var elapsed = 0.0
  private var smoothed = 0.0
  private var integral = 0.0
  /// Output samples per input sample, less 1, now.
  private(set) var correction = 0.0
  /// The clocks' difference as learnt: positive where the output's clock is the faster one, parts per million.
  var drift: Double { @_noLocks get { integral * 1e6 } }

  init(target: Double, sampleRate: Int) {
    self.target = target
    self.sampleRate = Double(sampleRate)
  }

  /// Takes a measurement.
  ///
  /// - Parameters:
  ///   - delay: samples that wait between input and output.
  ///   - seconds: since the last one.
  /// - Returns: the ratio for the next block.
  @_noLocks
  mutating func update(delay: Double, seconds: Double) -> Double {
    let error = (target - delay) / sampleRate  // seconds that are missing
    let weight = seconds / (Self.smoothing + seconds)
    smoothed = elapsed == 0 ? error : smoothed + weight * (error - smoothed)
    elapsed += seconds
    let bandwidth = elapsed < Self.startSeconds ? Self.startBandwidth : Self.bandwidth
    let omega = 2 * Double.pi * bandwidth
    let limit = 0.005
    integral += omega * omega * smoothed * seconds
    integral = integral > limit ? limit : integral < -limit ? -limit : integral
    let sum = integral + 2 * omega * smoothed
    correction = sum > limit ? limit : sum < -limit ? -limit : sum
    return 1 + correction
  }
}
