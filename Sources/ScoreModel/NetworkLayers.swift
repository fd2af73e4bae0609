import NeuralLayers

/// All layers of the backbone with their weights, and where each keeps its state.
struct NetworkLayers {
  let conditioning: Conditioning
  let stem: CausalConvolution
  let downBlocks: [ResidualBlock]
  let down: CausalConvolution
  let innerBlocks: [ResidualBlock]
  let bandBlocks: [BandBlock]
  let up: CausalConvolution
  let upBlocks: [ResidualBlock]
  nonisolated(unsafe) let outScale: UnsafePointer<Float>
  let out: CausalConvolution
  /// Floats of the state of one slot and item: the blocks' states in order, each on whole cache lines.
  let stateCount: Int

  /// - Parameter precision: of the products that run every frame; those that wait for new tokens are float32.
  init(
    loader: inout TensorLoader, configuration c: NetworkConfiguration, precision: ProductPrecision
  ) throws(ModelFileError) {
    loader.precision = precision
    let outer = c.channels[0]
    let inner = c.channels[1]

    // The conditioned norms, in the order of their scales and shifts.
    var norms: [(String, Int)] = []
    var normOffset = 0
    func norm(_ name: String, _ channels: Int) -> Int {
      defer { normOffset += 2 * channels }
      norms.append((name, channels))
      return normOffset
    }

    stem = try loader.convolution(
      "stem", inputs: 6, outputs: outer, width: 2 * c.strides[0], stride: c.strides[0], bands: c.bins)
    var downBlocks: [ResidualBlock] = []
    for (i, dilation) in c.outerDilations.enumerated() {
      downBlocks.append(
        try ResidualBlock(
          loader: &loader, name: "down_blocks.\(i)", bands: c.outerBands, channels: outer,
          dilation: dilation, normOffset: norm("down_blocks.\(i).condition", outer)))
    }
    down = try loader.convolution(
      "down", inputs: outer, outputs: inner, width: 2 * c.strides[1], stride: c.strides[1],
      bands: c.outerBands)
    var innerBlocks: [ResidualBlock] = []
    var bandBlocks: [BandBlock] = []
    for (i, dilation) in c.innerDilations.enumerated() {
      innerBlocks.append(
        try ResidualBlock(
          loader: &loader, name: "inner_blocks.\(i)", bands: c.innerBands, channels: inner,
          dilation: dilation, normOffset: norm("inner_blocks.\(i).condition", inner)))
      bandBlocks.append(
        try BandBlock(
          loader: &loader, name: "band_blocks.\(i)", configuration: c,
          gruNormOffset: norm("band_blocks.\(i).gru_condition", inner),
          feedForwardNormOffset: norm("band_blocks.\(i).feed_forward_condition", inner)))
    }
    up = try loader.convolution(
      "up", inputs: inner, outputs: outer * c.strides[1], width: 3, bands: c.innerBands)
    var upBlocks: [ResidualBlock] = []
    for (i, dilation) in c.outerDilations.enumerated() {
      upBlocks.append(
        try ResidualBlock(
          loader: &loader, name: "up_blocks.\(i)", bands: c.outerBands, channels: outer,
          dilation: dilation, normOffset: norm("up_blocks.\(i).condition", outer)))
    }
    outScale = loader.store.copy(try loader.floats("out_scale", outer))
    out = try loader.convolution(
      "out", inputs: outer, outputs: 4 * c.strides[0], width: 3, bands: c.outerBands)
    loader.precision = .float32
    conditioning = try Conditioning(loader: &loader, configuration: c, norms: norms)
    self.downBlocks = downBlocks
    self.innerBlocks = innerBlocks
    self.bandBlocks = bandBlocks
    self.upBlocks = upBlocks

    var count = 0
    for block in downBlocks + innerBlocks + upBlocks { count += block.stateCount }
    for block in bandBlocks { count += block.stateCount }
    stateCount = count
  }
}
