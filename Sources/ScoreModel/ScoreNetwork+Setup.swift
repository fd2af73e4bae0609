import Ground
import NeuralLayers

extension ScoreNetwork {
  /// Makes the states and workspaces; all memory that the network will ever need.
  ///
  /// - Parameters:
  ///   - weights: shared with other networks.
  ///   - times: the diffusion time of every slot, in (0, 1].
  ///   - batch: 1, or 2 for guidance.
  package init(weights: ScoreModelWeights, times slotTimes: [Float], batch: Int) {
    precondition(batch == 1 || batch == 2, "the batch is 1 or 2")
    precondition(
      !slotTimes.isEmpty && slotTimes.allSatisfy { $0 > 0 && $0 <= 1 }, "diffusion times lie in (0, 1]")
    let c = weights.configuration
    let layers = weights.layers
    self.weights = weights
    bins = c.bins
    slotCount = slotTimes.count
    maximumBatch = batch
    tokenCount = c.tokenCount
    tokenDimension = c.tokenDimension
    hearsLearned = c.learnedTokens

    conditioning = layers.conditioning
    stem = layers.stem
    down = layers.down
    up = layers.up
    out = layers.out
    outScale = layers.outScale
    outerCount = layers.downBlocks.count
    innerCount = layers.innerBlocks.count
    outerBlocks = FixedArray(layers.downBlocks + layers.upBlocks)
    innerBlocks = FixedArray(layers.innerBlocks)
    bandBlocks = FixedArray(layers.bandBlocks)

    stateStride = layers.stateCount
    states = FloatMemory(slotTimes.count * batch * layers.stateCount)
    frames = FixedArray(repeating: 0, count: slotTimes.count)

    times = FloatMemory(slotTimes.count * c.embedding)
    for (slot, time) in slotTimes.enumerated() {
      layers.conditioning.embedTime(time, into: times.base + slot * c.embedding)
    }
    nullTokens = FloatMemory(weights.nullTokens)
    heardTokens = FloatMemory(c.heardTokenCount * c.tokenDimension)
    copyFloats(nullTokens.base, to: heardTokens.base, count: c.tokenCount * c.tokenDimension)
    tokenCounts = FixedArray(repeating: c.tokenCount, count: batch)
    normsStride = layers.conditioning.normsCount
    norms = FloatMemory(batch * slotTimes.count * normsStride)
    let cross = layers.bandBlocks[0].crossAttention
    foldedStride = cross.foldedCount
    folded = FloatMemory(batch * layers.bandBlocks.count * cross.foldedCount)
    conditionScratch = FloatMemory(
      max(layers.conditioning.scratchCount(slots: slotTimes.count), cross.foldScratchCount))

    features = FloatMemory(stem.historyCount)
    outer = FloatMemory(batch * stem.outputBands * stem.outputs)
    outerPadded = FloatMemory(batch * layers.downBlocks[0].paddedCount)
    downPadded = FloatMemory(batch * down.historyCount)
    inner = FloatMemory(batch * down.outputBands * down.outputs)
    innerPadded = FloatMemory(batch * layers.innerBlocks[0].paddedCount)
    upPadded = FloatMemory(batch * up.historyCount)
    outPadded = FloatMemory(batch * out.historyCount)
    mask = FloatMemory(batch * c.bins * 4)
    bandScratch = FloatMemory(layers.bandBlocks[0].scratchCount(items: batch))

    for item in 0..<batch { condition(item: item, tokens: nullTokens.base, count: c.tokenCount) }
  }
}
