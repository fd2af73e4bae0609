import Diffusion
import Ground
import NeuralLayers

/// The frame-causal U-Net as a stream: x̂0 of one frame from x_t, y, the time of a slot and the noise tokens.
///
/// Every slot has a diffusion time and its own state, because its input over the frames is its own signal. The
/// weights are shared. With a batch of two, item 0 is conditional (the tokens that were set) and item 1 unconditional
/// (the learned null condition); each item's result is the same to the bit whatever the batch.
///
/// One instance belongs to one thread. `predict`, `setTokens` and the resets neither allocate nor lock.
package struct ScoreNetwork: ~Copyable, CleanSpectrumPredictor {
  package let bins: Int
  package let slotCount: Int
  /// Items that memory was made for: 1 or 2.
  package let maximumBatch: Int
  /// Tokens of a condition, and their dimension.
  package let tokenCount: Int
  package let tokenDimension: Int
  /// Whether learned noise has tokens of its own.
  package let hearsLearned: Bool

  // Set up in ScoreNetwork+Setup.swift.
  let weights: ScoreModelWeights  // keeps the memory that the layers point to
  let conditioning: Conditioning
  let stem: CausalConvolution
  let down: CausalConvolution
  let up: CausalConvolution
  let out: CausalConvolution
  let outScale: UnsafePointer<Float>
  let outerBlocks: FixedArray<ResidualBlock>  // down blocks, then up blocks
  let outerCount: Int  // of each
  let innerBlocks: FixedArray<ResidualBlock>
  let bandBlocks: FixedArray<BandBlock>
  let innerCount: Int

  let stateStride: Int  // floats of one item's state in one slot
  let states: FloatMemory  // (slots, maximumBatch, stateStride)
  let frames: FixedArray<Int>  // frames seen, per slot

  let times: FloatMemory  // (slots, embedding)
  let nullTokens: FloatMemory  // (tokenCount, tokenDimension)
  let heardTokens: FloatMemory  // item 0's: (tokenCount, tokenDimension), then as many learned ones
  /// Tokens that each item attends to, (maximumBatch).
  let tokenCounts: FixedArray<Int>
  let normsStride: Int  // floats of all norms of one slot
  let norms: FloatMemory  // (maximumBatch, slots, normsStride)
  let foldedStride: Int  // floats of one cross-attention's folded tokens
  let folded: FloatMemory  // (maximumBatch, band blocks, foldedStride)
  let conditionScratch: FloatMemory

  let features: FloatMemory  // the stem's padded input
  let outer: FloatMemory  // (maximumBatch, outer bands, outer channels)
  let outerPadded: FloatMemory  // padded inputs of the outer blocks' second convolution
  let downPadded: FloatMemory
  let inner: FloatMemory  // (maximumBatch, inner bands, inner channels)
  let innerPadded: FloatMemory
  let upPadded: FloatMemory
  let outPadded: FloatMemory
  let mask: FloatMemory  // (maximumBatch, bins, 4)
  let bandScratch: FloatMemory

  /// Sets the condition of item 0 in all slots: `tokens` is (tokenCount, tokenDimension); nil is the null condition.
  ///
  /// For four slots it costs about a sixth of a `predict`: not for every frame.
  @_noLocks
  package mutating func setTokens(_ tokens: UnsafePointer<Float>?) {
    copyFloats(tokens ?? UnsafePointer(nullTokens.base), to: heardTokens.base, count: tokenCount * tokenDimension)
    condition(item: 0, tokens: heardTokens.base, count: tokenCounts.base[0])
  }

  /// Sets what was learned for item 0 in all slots, beside the tokens of the rolling reference: (tokenCount, tokenDimension), as
  /// `ScoreModelWeights.markLearned` leaves them; nil: nothing was learned, and only the others are attended to.
  ///
  /// Only for a model with tokens for it. It costs what `setTokens` does.
  @_noLocks
  package mutating func setLearnedTokens(_ tokens: UnsafePointer<Float>?) {
    precondition(hearsLearned || tokens == nil, "this model has no tokens for learned noise")
    let count = tokenCount * tokenDimension
    if let tokens { copyFloats(tokens, to: heardTokens.base + count, count: count) }
    tokenCounts.base[0] = tokens == nil ? tokenCount : 2 * tokenCount
    condition(item: 0, tokens: heardTokens.base, count: tokenCounts.base[0])
  }

  @_noLocks
  func condition(item: Int, tokens: UnsafePointer<Float>, count: Int) {
    conditioning.condition(
      slots: slotCount, times: times.base, tokens: tokens, tokenCount: count,
      into: norms.base + item * slotCount * normsStride, scratch: conditionScratch.base)
    for i in 0..<innerCount {
      bandBlocks.base[i].crossAttention.fold(
        tokens: tokens, count: count, into: folded.base + (item * innerCount + i) * foldedStride,
        scratch: conditionScratch.base)
    }
  }

  /// Estimates the clean spectrum of the present frame and advances the state of `slot` by that frame.
  ///
  /// - Parameters:
  ///   - slot: an index into the times given at the start.
  ///   - batch: 1 for the conditional estimate, 2 for both; at most the batch given at the start.
  ///   - x: (bins, 2).
  ///   - y: (bins, 2).
  ///   - output: (batch, bins, 2): conditional, then unconditional.
  @_noLocks
  package mutating func predict(
    slot: Int, batch: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    precondition(slot >= 0 && slot < slotCount, "predict takes a slot that exists")
    precondition(batch >= 1 && batch <= maximumBatch, "predict takes a batch that memory was made for")
    let frame = frames.base[slot]
    frames.base[slot] = frame + 1
    var state = states.base + slot * maximumBatch * stateStride
    let slotNorms = norms.base + slot * normsStride
    let normsItemStride = slotCount * normsStride
    let outerFloats = stem.outputBands * stem.outputs
    let innerFloats = down.outputBands * down.outputs

    spectrumFeatures(bins: bins, state: x, noisy: y, into: stem.input(history: features.base, frame: 0))
    stem.forward(history: features.base, frame: 0, into: outer.base)
    if batch == 2 { copyFloats(outer.base, to: outer.base + outerFloats, count: outerFloats) }

    for i in 0..<outerCount {
      outerBlocks.base[i].forward(
        items: batch, frame: frame, h: outer.base, norms: slotNorms, normsItemStride: normsItemStride,
        state: state, stateItemStride: stateStride, padded: outerPadded.base)
      state += outerBlocks.base[i].stateCount
    }
    // `outer` stays as it is until the way up: it is the skip connection.
    for item in 0..<batch {
      copyFloats(
        outer.base + item * outerFloats,
        to: down.input(history: downPadded.base + item * down.historyCount, frame: 0), count: outerFloats)
    }
    down.forward(
      history: downPadded.base, historyItemStride: down.historyCount, items: batch, frame: 0,
      into: inner.base, outputItemStride: innerFloats)

    for i in 0..<innerCount {
      innerBlocks.base[i].forward(
        items: batch, frame: frame, h: inner.base, norms: slotNorms, normsItemStride: normsItemStride,
        state: state, stateItemStride: stateStride, padded: innerPadded.base)
      state += innerBlocks.base[i].stateCount
      bandBlocks.base[i].forward(
        items: batch, h: inner.base, norms: slotNorms, normsItemStride: normsItemStride,
        folded: folded.base + i * foldedStride, foldedItemStride: innerCount * foldedStride,
        tokenCounts: tokenCounts.base, state: state,
        stateItemStride: stateStride, scratch: bandScratch.base)
      state += bandBlocks.base[i].stateCount
    }

    // The sub-pixel layer: (inner bands, stride · channels) is (outer bands, channels) as it lies in memory.
    for item in 0..<batch {
      copyFloats(
        inner.base + item * innerFloats,
        to: up.input(history: upPadded.base + item * up.historyCount, frame: 0), count: innerFloats)
    }
    up.forward(
      history: upPadded.base, historyItemStride: up.historyCount, items: batch, frame: 0, into: outer.base,
      outputItemStride: outerFloats, accumulate: true)
    for i in outerCount..<2 * outerCount {
      outerBlocks.base[i].forward(
        items: batch, frame: frame, h: outer.base, norms: slotNorms, normsItemStride: normsItemStride,
        state: state, stateItemStride: stateStride, padded: outerPadded.base)
      state += outerBlocks.base[i].stateCount
    }

    for item in 0..<batch {
      RMSNorm.forward(
        rows: out.inputBands, channels: out.inputs, input: outer.base + item * outerFloats, scale: outScale,
        into: out.input(history: outPadded.base + item * out.historyCount, frame: 0))
    }
    out.forward(
      history: outPadded.base, historyItemStride: out.historyCount, items: batch, frame: 0, into: mask.base,
      outputItemStride: 4 * bins)
    for item in 0..<batch {
      applyComplexMask(
        bins: bins, mask: mask.base + item * 4 * bins, noisy: y, into: output + item * 2 * bins)
    }
  }

  /// Returns every slot to the state before the first frame. The tokens stay.
  @_noLocks
  package mutating func reset() {
    for slot in 0..<slotCount { resetSlot(slot) }
  }

  /// Returns one slot to the state before the first frame.
  @_noLocks
  package mutating func resetSlot(_ slot: Int) {
    precondition(slot >= 0 && slot < slotCount, "resetSlot takes a slot that exists")
    clearFloats(states.base + slot * maximumBatch * stateStride, count: maximumBatch * stateStride)
    frames.base[slot] = 0
  }

  /// Gives `destination` the state of `source`, both items of the batch.
  @_noLocks
  package mutating func copySlot(from source: Int, to destination: Int) {
    precondition(
      source >= 0 && source < slotCount && destination >= 0 && destination < slotCount,
      "copySlot takes slots that exist")
    if source == destination { return }
    let count = maximumBatch * stateStride
    copyFloats(states.base + source * count, to: states.base + destination * count, count: count)
    frames.base[destination] = frames.base[source]
  }

  /// Gives the unconditional item of `slot` the state of its conditional item: it missed the frames before.
  @_noLocks
  package mutating func startUnconditionalLane(slot: Int) {
    precondition(slot >= 0 && slot < slotCount, "startUnconditionalLane takes a slot that exists")
    if maximumBatch < 2 { return }
    let state = states.base + slot * 2 * stateStride
    copyFloats(state, to: state + stateStride, count: stateStride)
  }
}
