import Ground
import NeuralLayers

/// A GRU along time shared by all bands, attention across bands, cross-attention to the noise tokens, and a
/// feed-forward layer; each on a normalised copy, added back.
///
/// A plain value; `forward` neither allocates nor locks. The state is the GRU's.
struct BandBlock {
  let bands: Int
  let channels: Int
  /// Floats of the state of one item, on whole cache lines.
  let stateCount: Int
  /// Where the (1 + scale), shift of the GRU's norm begin among all norms'.
  let gruNormOffset: Int
  /// The same for the feed-forward layer's norm.
  let feedForwardNormOffset: Int
  private nonisolated(unsafe) let position: UnsafePointer<Float>  // (bands, channels)
  private let gru: GatedRecurrentUnit
  private let gruOut: Linear
  private let selfAttention: SelfAttention
  let crossAttention: CrossAttention
  private let feedForwardIn: Linear
  private let feedForwardOut: Linear

  init(
    loader: inout TensorLoader, name: String, configuration c: NetworkConfiguration, gruNormOffset: Int,
    feedForwardNormOffset: Int
  ) throws(ModelFileError) {
    let d = c.channels[1]
    bands = c.innerBands
    channels = d
    stateCount = wholeLines(c.innerBands * d)
    self.gruNormOffset = gruNormOffset
    self.feedForwardNormOffset = feedForwardNormOffset
    position = loader.store.copy(try loader.floats("\(name).position", c.innerBands, d))
    gru = try loader.recurrentUnit("\(name).gru", inputs: d, units: d)
    gruOut = try loader.linear("\(name).gru_out", inputs: d, outputs: d)
    selfAttention = SelfAttention(
      dimension: d, heads: c.heads,
      queryWeight: try loader.floats("\(name).self_attention.query.weight", d, d),
      queryBias: try loader.floats("\(name).self_attention.query.bias", d),
      keyValueWeight: try loader.floats("\(name).self_attention.key_value.weight", 2 * d, d),
      keyValueBias: try loader.floats("\(name).self_attention.key_value.bias", 2 * d),
      outWeight: try loader.floats("\(name).self_attention.out.weight", d, d),
      outBias: try loader.floats("\(name).self_attention.out.bias", d), precision: loader.precision, store: loader.store
    )
    // Float32 at every precision: what it multiplies with is made of the tokens, where those change.
    crossAttention = CrossAttention(
      dimension: d, heads: c.heads, tokens: c.heardTokenCount, tokenDimension: c.tokenDimension,
      queryWeight: try loader.floats("\(name).cross_attention.query.weight", d, d),
      queryBias: try loader.floats("\(name).cross_attention.query.bias", d),
      keyValueWeight: try loader.floats("\(name).cross_attention.key_value.weight", 2 * d, c.tokenDimension),
      keyValueBias: try loader.floats("\(name).cross_attention.key_value.bias", 2 * d),
      outWeight: try loader.floats("\(name).cross_attention.out.weight", d, d),
      outBias: try loader.floats("\(name).cross_attention.out.bias", d), store: loader.store)
    feedForwardIn = try loader.linear("\(name).feed_forward_in", inputs: d, outputs: c.feedForward)
    feedForwardOut = try loader.linear("\(name).feed_forward_out", inputs: c.feedForward, outputs: d)
  }

  /// Floats of scratch for so many items.
  func scratchCount(items: Int) -> Int {
    let wide = max(
      items * gru.scratchCount(bands: bands), selfAttention.scratchCount(bands: bands, items: items),
      crossAttention.scratchCount(bands: bands), items * bands * feedForwardIn.outputs)
    return items * bands * channels + wide
  }

  /// h: (items, bands, channels), contiguous; folded: the cross-attention's, items `foldedItemStride` apart, of as many
  /// tokens as `tokenCounts` says for each item.
  @_noLocks
  func forward(
    items: Int, h: UnsafeMutablePointer<Float>, norms: UnsafePointer<Float>, normsItemStride: Int,
    folded: UnsafePointer<Float>, foldedItemStride: Int, tokenCounts: UnsafePointer<Int>,
    state: UnsafeMutablePointer<Float>, stateItemStride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    let count = bands * channels
    let normed = scratch
    let wide = scratch + items * count
    for item in 0..<items {
      let scale = norms + item * normsItemStride + gruNormOffset
      RMSNorm.forward(
        rows: bands, channels: channels, input: h + item * count, scale: scale, shift: scale + channels,
        into: normed + item * count)
    }
    gru.forward(
      bands: bands, items: items, input: normed, inputItemStride: count, state: state,
      stateItemStride: stateItemStride, scratch: wide)
    gruOut.forward(
      rows: bands, items: items, input: state, inputItemStride: stateItemStride, into: h,
      outputItemStride: count, accumulate: true)

    for item in 0..<items {
      RMSNorm.forward(
        rows: bands, channels: channels, input: h + item * count, shifts: position,
        into: normed + item * count)
    }
    selfAttention.forward(bands: bands, items: items, input: normed, addingTo: h, scratch: wide)

    for item in 0..<items {
      RMSNorm.forward(
        rows: bands, channels: channels, input: h + item * count, into: normed + item * count)
      crossAttention.forward(
        bands: bands, tokens: tokenCounts[item], folded: folded + item * foldedItemStride, input: normed + item * count,
        addingTo: h + item * count, scratch: wide)
    }

    for item in 0..<items {
      let scale = norms + item * normsItemStride + feedForwardNormOffset
      RMSNorm.forward(
        rows: bands, channels: channels, input: h + item * count, scale: scale, shift: scale + channels,
        into: normed + item * count)
    }
    feedForwardIn.forward(rows: items * bands, input: normed, into: wide)
    applySiLU(wide, items * bands * feedForwardIn.outputs)
    feedForwardOut.forward(rows: items * bands, input: wide, into: h, accumulate: true)
  }
}
