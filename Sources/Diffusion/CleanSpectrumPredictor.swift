/// What a reverse sampler needs from a network: x̂0, the estimate of the clean spectrum.
///
/// The sampler knows no network; a network fulfils this protocol. All spectra are one frame of compressed complex
/// bins, interleaved `Float` (re, im), shape (bins, 2), channels last. A frame-causal network keeps a state for
/// every point of the reverse trajectory, because the sequence x_{t_n} over the frames is its own signal; such a
/// state is a *slot*. `FrameSampler.slotTimes(kind:maximumSteps:grid:)` lists the time of each slot.
///
/// One instance belongs to one thread. Everything here runs once or more per frame: it neither allocates nor locks.
package protocol CleanSpectrumPredictor: ~Copyable {
  /// Estimates the clean spectrum of the present frame and advances the state of `slot` by that frame.
  ///
  /// - Parameters:
  ///   - slot: which state and which time, an index into the slot times.
  ///   - batch: 1 for the conditional estimate alone, 2 for the conditional and the unconditional estimate.
  ///   - x: the state x_t of the reverse process, (bins, 2); both lanes of the batch see the same.
  ///   - y: the noisy spectrum, (bins, 2).
  ///   - output: (batch, bins, 2): conditional first, then unconditional. Overlaps neither `x` nor `y`.
  mutating func predict(
    slot: Int, batch: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>)

  /// Returns every slot to the state before the first frame.
  mutating func reset()

  /// Gives `destination` the state of `source`, both lanes of the batch.
  ///
  /// Called when the number of steps rises beyond those that have ever run: the step before a new one has the closest
  /// history. The default does nothing, which is right for a predictor without memory.
  mutating func copySlot(from source: Int, to destination: Int)

  /// Gives the unconditional lane of `slot` the state of its conditional lane.
  ///
  /// Called when guidance comes into use after frames that evaluated the conditional lane alone. The default does
  /// nothing, which is right for a predictor without memory.
  mutating func startUnconditionalLane(slot: Int)
}

extension CleanSpectrumPredictor where Self: ~Copyable {
  package mutating func copySlot(from source: Int, to destination: Int) {}
  package mutating func startUnconditionalLane(slot: Int) {}
}
