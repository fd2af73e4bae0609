import Ground

/// A GRU along time that all bands share: each band keeps a state of its own.
///
/// PyTorch's equations and gate order (r, z, n). A state is (bands, units), zero at the start.
/// A plain value that points into a `WeightStore`. `forward` neither allocates nor locks.
package struct GatedRecurrentUnit: Sendable {
  package let inputs: Int
  package let units: Int
  private let fromInput: Linear
  private let fromState: Linear

  /// - Parameters:
  ///   - inputWeight: weight_ih, (3 units, inputs).
  ///   - stateWeight: weight_hh, (3 units, units).
  ///   - inputBias: bias_ih, (3 units).
  ///   - stateBias: bias_hh, (3 units).
  package init(
    inputs: Int, units: Int, inputWeight: [Float], stateWeight: [Float], inputBias: [Float],
    stateBias: [Float], precision: ProductPrecision = .float32, store: WeightStore
  ) {
    self.inputs = inputs
    self.units = units
    fromInput = Linear(
      inputs: inputs, outputs: 3 * units, weight: inputWeight, bias: inputBias, precision: precision,
      store: store)
    fromState = Linear(
      inputs: units, outputs: 3 * units, weight: stateWeight, bias: stateBias, precision: precision,
      store: store)
  }

  /// Floats of scratch for so many bands, of one item.
  package func scratchCount(bands: Int) -> Int { 6 * units * bands }

  /// Advances the states of all items by one frame; the new state is the output.
  ///
  /// Input (bands, inputs), items `inputItemStride` apart; state (bands, units), items `stateItemStride` apart;
  /// scratch of `items` · `scratchCount(bands:)`.
  @_noLocks
  package func forward(
    bands: Int, items: Int = 1, input: UnsafePointer<Float>, inputItemStride: Int = 0,
    state: UnsafeMutablePointer<Float>, stateItemStride: Int = 0, scratch: UnsafeMutablePointer<Float>
  ) {
    let gates = 3 * units * bands
    let inputGates = scratch
    let stateGates = scratch + items * gates
    fromInput.forward(
      rows: bands, items: items, input: input, inputItemStride: inputItemStride, into: inputGates,
      outputItemStride: gates)
    fromState.forward(
      rows: bands, items: items, input: state, inputItemStride: stateItemStride, into: stateGates,
      outputItemStride: gates)
    for item in 0..<items {
      gruGates(
        bands, units, inputGates + item * gates, stateGates + item * gates, state + item * stateItemStride)
    }
  }
}
