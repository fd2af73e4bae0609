import NeuralLayers

/// Sizes of CLAP's audio tower, HTSAT (Chen et al. 2022) without fusion; the published tiny one has a picture of 256,
/// patches of 4, width 96, depths 2, 2, 6, 2, heads 4, 8, 16, 32 and windows of 8.
package struct HTSATConfiguration: Sendable, Equatable {
  package var spectrogram: SpectrogramConfiguration
  /// Samples that the tower hears: shorter stretches are repeated as often as they fit, then zeros follow.
  package var clipSamples: Int
  /// Side of the square picture that the spectrogram is folded into.
  package var image: Int
  /// Side of a patch, which becomes one position.
  package var patch: Int
  /// Channels of the first stage; every stage after it has twice as many.
  package var width: Int
  /// Blocks of each stage.
  package var depths: [Int]
  /// Attention heads of each stage.
  package var heads: [Int]
  /// Side of the square in which positions attend to each other.
  package var window: Int
  /// Width of the feed-forward layers, in channels of the stage.
  package var feedForwardFactor: Int
  package var embedding: Int

  /// Pieces of the spectrogram's time that lie above each other in the picture.
  package var folds: Int { image / spectrogram.melBins }
  /// Frames that the spectrogram is stretched to.
  package var stretchedFrames: Int { image * folds }
  /// Positions along a side of a stage's picture.
  package func side(stage: Int) -> Int { (image / patch) >> stage }
  /// Channels of a stage.
  package func channels(stage: Int) -> Int { width << stage }

  init(_ fields: TowerFields) throws(ModelFileError) {
    spectrogram = try fields.spectrogram()
    clipSamples = try fields.number("clip_samples", 1...1 << 20)
    image = try fields.number("image", 4...1024)
    patch = try fields.number("patch", 1...64)
    width = try fields.number("width", 1...1024)
    depths = try fields.list("depths", count: 1...6, 1...64)
    heads = try fields.list("heads", count: 1...6, 1...256)
    window = try fields.number("window", 2...32)
    feedForwardFactor = try fields.number("feed_forward_factor", 1...8)
    embedding = try fields.number("embedding", 1...8192)
    guard depths.count == heads.count else { throw fields.wrong("tower depths and heads differ in length") }
    guard image % spectrogram.melBins == 0 else {
      throw fields.wrong("tower image \(image) is no multiple of mel_bins \(spectrogram.melBins)")
    }
    guard image % folds == 0, image % (patch << (depths.count - 1)) == 0 else {
      throw fields.wrong("tower image \(image) does not divide by its folds, or by patch and stages")
    }
    guard clipSamples > spectrogram.fftLength / 2, spectrogram.frames(clipSamples) <= stretchedFrames else {
      throw fields.wrong("tower clip_samples \(clipSamples) do not fit its picture of \(image)")
    }
    for stage in depths.indices {
      guard side(stage: stage) % window == 0 else {
        throw fields.wrong("tower window \(window) does not divide stage \(stage)'s side of \(side(stage: stage))")
      }
      guard channels(stage: stage) % heads[stage] == 0 else {
        throw fields.wrong(
          "tower heads \(heads[stage]) do not divide stage \(stage)'s \(channels(stage: stage)) channels")
      }
    }
    let widest = max(4, feedForwardFactor)
    // Every block keeps the biases of all pairs of a window's positions.
    let allHeads = zip(heads, depths).reduce(0) { $0 + $1.0 * $1.1 }
    guard side(stage: 0) * side(stage: 0) * width * widest <= TowerFields.largestWorkspace,
      allHeads * window * window * window * window <= TowerFields.largestWorkspace
    else { throw fields.wrong("tower image, width, window and depths take too much memory") }
  }
}
