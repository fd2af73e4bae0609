import NeuralLayers

/// The weights of CLAP's audio tower, by the names that tools/convert gives them.
package final class HTSATWeights: Sendable {
  /// Attention and feed-forward layer, each on a normalised copy, added back.
  struct Block: Sendable {
    let attention: WindowAttention
    let norm: LayerNorm
    let feedForwardIn: Dense
    let feedForwardOut: Dense
  }
  /// Blocks, then (in all but the last stage) four neighbours made one with twice the channels.
  struct Stage: Sendable {
    let blocks: [Block]
    let mergeNorm: LayerNorm?
    let merge: Dense?
  }

  package let configuration: HTSATConfiguration
  let inputScale: [Float]  // (melBins)
  let inputShift: [Float]  // (melBins)
  let patch: Convolution2D
  let patchNorm: LayerNorm
  let stages: [Stage]
  let norm: LayerNorm
  let projection1: Dense
  let projection2: Dense

  init(configuration c: HTSATConfiguration, read: TensorReader) throws(ModelFileError) {
    configuration = c
    inputScale = try read("input.scale", [c.spectrogram.melBins])
    inputShift = try read("input.shift", [c.spectrogram.melBins])
    patch = Convolution2D(
      inputs: 1, outputs: c.width, kernel: c.patch, stride: c.patch, padding: 0,
      weight: try read("patch.weight", [c.width, 1, c.patch, c.patch]), bias: try read("patch.bias", [c.width]))
    patchNorm = try LayerNorm("patch_norm", channels: c.width, read: read)
    var stages: [Stage] = []
    for (i, depth) in c.depths.enumerated() {
      let channels = c.channels(stage: i)
      let side = c.side(stage: i)
      let hidden = channels * c.feedForwardFactor
      var blocks: [Block] = []
      for j in 0..<depth {
        let name = "stages.\(i).blocks.\(j)"
        // A picture of one window has nothing to shift against.
        let shift = j % 2 == 1 && side > c.window ? c.window / 2 : 0
        blocks.append(
          Block(
            attention: try WindowAttention(
              name, side: side, window: c.window, shift: shift, channels: channels, heads: c.heads[i], read: read),
            norm: try LayerNorm("\(name).norm2", channels: channels, read: read),
            feedForwardIn: try Dense("\(name).feed_forward_in", inputs: channels, outputs: hidden, read: read),
            feedForwardOut: try Dense("\(name).feed_forward_out", inputs: hidden, outputs: channels, read: read)))
      }
      let isLast = i + 1 == c.depths.count
      stages.append(
        Stage(
          blocks: blocks,
          mergeNorm: isLast
            ? nil : try LayerNorm("stages.\(i).merge_norm", channels: 4 * channels, read: read),
          merge: isLast
            ? nil
            : try Dense("stages.\(i).merge", inputs: 4 * channels, outputs: 2 * channels, hasBias: false, read: read)))
    }
    self.stages = stages
    let channels = c.channels(stage: c.depths.count - 1)
    norm = try LayerNorm("norm", channels: channels, read: read)
    projection1 = try Dense("projection1", inputs: channels, outputs: c.embedding, read: read)
    projection2 = try Dense("projection2", inputs: c.embedding, outputs: c.embedding, read: read)
  }
}
