import Ground

/// Multi-head attention from the bands of a frame to a few tokens that change rarely.
///
/// Because the tokens stand still for many frames, keys and values are folded into the weights when they change:
/// the score of token k in head h is x · (Wq_hᵀ K_hk), and the output is a sum of V_hk Wo_hᵀ. What remains per frame
/// is two products, dimension × (heads · tokens) and back, with a softmax between them.
///
/// A plain value that points into a `WeightStore`; the folded weights are the caller's memory, one per item.
package struct CrossAttention: Sendable {
  package let dimension: Int
  package let heads: Int
  /// The most tokens that are attended to.
  package let tokens: Int
  package let tokenDimension: Int
  private let keyValue: Linear
  // Per head: (dimension / heads, dimension).
  private nonisolated(unsafe) let queryPanels: UnsafePointer<Float>
  private nonisolated(unsafe) let queryBias: UnsafePointer<Float>  // (dimension)
  private nonisolated(unsafe) let outPanels: UnsafePointer<Float>  // likewise
  private nonisolated(unsafe) let outBias: UnsafePointer<Float>  // (dimension)
  private let headPanelCount: Int
  private let scoreFactor: Float  // 1 / √size of a head

  /// Weights as PyTorch keeps them: query (d, d), key and value together (2 d, tokenDimension), out (d, d).
  package init(
    dimension: Int, heads: Int, tokens: Int, tokenDimension: Int, queryWeight: [Float], queryBias: [Float],
    keyValueWeight: [Float], keyValueBias: [Float], outWeight: [Float], outBias: [Float], store: WeightStore
  ) {
    precondition(dimension % heads == 0, "the heads share the dimension evenly")
    self.dimension = dimension
    self.heads = heads
    self.tokens = tokens
    self.tokenDimension = tokenDimension
    keyValue = Linear(
      inputs: tokenDimension, outputs: 2 * dimension, weight: keyValueWeight, bias: keyValueBias,
      store: store)
    let size = dimension / heads
    scoreFactor = 1 / Float(size).squareRoot()
    let headPanelCount = packedCount(depth: size, columns: dimension)
    self.headPanelCount = headPanelCount
    let query = store.reserve(heads * headPanelCount)
    let out = store.reserve(heads * headPanelCount)
    for head in 0..<heads {
      // Query: row j of head h is W[h · size + j][·]. Out: row j of head h is W[·][h · size + j].
      pack(
        query + head * headPanelCount, depth: size, columns: dimension,
        Array(queryWeight[(head * size * dimension)...]), depthStride: dimension, columnStride: 1)
      pack(
        out + head * headPanelCount, depth: size, columns: dimension, Array(outWeight[(head * size)...]),
        depthStride: 1, columnStride: dimension)
    }
    queryPanels = UnsafePointer(query)
    outPanels = UnsafePointer(out)
    self.queryBias = store.copy(queryBias)
    self.outBias = store.copy(outBias)
  }

  // The folded weights of one item, for so many tokens: score panels, score bias, output panels.
  @_noLocks
  private func scorePanelsCount(_ count: Int) -> Int {
    wholeLines(packedCount(depth: dimension, columns: heads * count))
  }

  /// Floats of the folded weights of one item.
  package var foldedCount: Int {
    scorePanelsCount(tokens) + wholeLines(heads * tokens)
      + wholeLines(packedCount(depth: heads * tokens, columns: dimension))
  }

  /// Floats of scratch for `fold`.
  package var foldScratchCount: Int { tokens * 2 * dimension + 2 * heads * tokens * dimension }

  /// Folds keys and values of some tokens into `folded`. Not per frame, but it neither allocates nor locks.
  ///
  /// - Parameters:
  ///   - tokenValues: (count, tokenDimension).
  ///   - count: 1…tokens; `forward` is told the same.
  @_noLocks
  package func fold(
    tokens tokenValues: UnsafePointer<Float>, count tokens: Int, into folded: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    precondition(tokens >= 1 && tokens <= self.tokens, "fold takes as many tokens as memory was made for")
    let size = dimension / heads
    let scoreCount = heads * tokens
    let projected = scratch  // (tokens, 2, heads, size)
    let scores = projected + tokens * 2 * dimension  // (heads, tokens, dimension)
    let outputs = scores + scoreCount * dimension  // (heads, tokens, dimension)
    keyValue.forward(rows: tokens, input: tokenValues, into: projected)

    let scorePanels = folded
    let scoreBias = folded + scorePanelsCount(tokens)
    let outputPanels = scoreBias + wholeLines(scoreCount)
    for i in 0..<tokens {
      for j in 0..<dimension { projected[i * 2 * dimension + j] *= scoreFactor }
    }
    for head in 0..<heads {
      headProduct(
        tokens, projected + head * size, queryPanels + head * headPanelCount, scores + head * tokens * dimension)
      headProduct(
        tokens, projected + dimension + head * size, outPanels + head * headPanelCount,
        outputs + head * tokens * dimension)
      for i in 0..<tokens {
        var sum: Float = 0
        for j in 0..<size {
          sum += queryBias[head * size + j] * projected[i * 2 * dimension + head * size + j]
        }
        scoreBias[head * tokens + i] = sum
      }
    }
    pack(
      scorePanels, depth: dimension, columns: scoreCount, scores, depthStride: 1, columnStride: dimension)
    pack(
      outputPanels, depth: scoreCount, columns: dimension, outputs, depthStride: dimension, columnStride: 1)
  }

  /// (tokens, size) of one head times (size, dimension).
  @_noLocks
  private func headProduct(
    _ tokens: Int, _ rows: UnsafePointer<Float>, _ panels: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    multiplyPacked(
      rows: tokens, depth: dimension / heads, columns: dimension, rows, pitch: 2 * dimension, panels: panels, bias: nil,
      into: output, pitch: dimension)
  }

  /// Floats of scratch for `forward`.
  package func scratchCount(bands: Int) -> Int { bands * heads * tokens }

  /// Adds the attention's output for one item to `output`: (bands, dimension), like the input.
  @_noLocks
  package func forward(
    bands: Int, tokens: Int, folded: UnsafePointer<Float>, input: UnsafePointer<Float>,
    addingTo output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let scoreCount = heads * tokens
    let scorePanelsCount = scorePanelsCount(tokens)
    multiplyPacked(
      rows: bands, depth: dimension, columns: scoreCount, input, pitch: dimension, panels: folded,
      bias: folded + scorePanelsCount, into: scratch, pitch: scoreCount)
    softmax(bands * heads, tokens, scratch)
    multiplyPacked(
      rows: bands, depth: scoreCount, columns: dimension, scratch, pitch: scoreCount,
      panels: folded + scorePanelsCount + wholeLines(scoreCount), bias: outBias, into: output, pitch: dimension,
      accumulate: true)
  }
}
