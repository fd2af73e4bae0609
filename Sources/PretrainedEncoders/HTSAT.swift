import Ground
import NeuralLayers

/// CLAP's audio tower from samples to its embedding, before normalisation: log-mel of a 10 s clip, folded into a square
/// picture, patches, stages of window attention, mean over all positions, projection.
///
/// What `transformers`' ClapFeatureExtractor (`rand_trunc`, `repeatpad`) and ClapAudioModelWithProjection compute. Every
/// call costs the same, however short the stretch.
package final class HTSATTower: AudioTower {
  package let maximumSampleCount: Int
  private let weights: HTSATWeights
  private let spectrogram: LogMelSpectrogram
  private let clip: FloatMemory  // (clipSamples)
  private let mel: FloatMemory  // (frames, melBins)
  private let picture: FloatMemory  // (image, image)
  private let x: FloatMemory  // positions of a stage
  private let scratch: FloatMemory

  init(weights: HTSATWeights, maximumSampleCount: Int) {
    precondition(maximumSampleCount >= 1, "a stretch has at least one sample")
    self.weights = weights
    let c = weights.configuration
    self.maximumSampleCount = min(maximumSampleCount, c.clipSamples)
    spectrogram = LogMelSpectrogram(c.spectrogram)
    clip = FloatMemory(c.clipSamples)
    mel = FloatMemory(c.spectrogram.frames(c.clipSamples) * c.spectrogram.melBins)
    picture = FloatMemory(c.image * c.image)
    var scratchCount = Convolution2D.scratchCount
    for (i, stage) in weights.stages.enumerated() {
      let features = c.side(stage: i) * c.side(stage: i) * c.channels(stage: i)
      scratchCount = max(scratchCount, features * (1 + c.feedForwardFactor))
      for block in stage.blocks { scratchCount = max(scratchCount, block.attention.scratchCount) }
    }
    x = FloatMemory(c.side(stage: 0) * c.side(stage: 0) * c.width)
    scratch = FloatMemory(scratchCount)
  }

  package var sampleRate: Int { weights.configuration.spectrogram.sampleRate }
  package var embeddingDimension: Int { weights.configuration.embedding }

  package func multiplyAdds(sampleCount: Int) -> Int {
    let c = weights.configuration
    var count = weights.patch.multiplyAdds(rows: c.image, columns: c.image)
    for (i, stage) in weights.stages.enumerated() {
      let positions = c.side(stage: i) * c.side(stage: i)
      for block in stage.blocks {
        count += block.attention.multiplyAdds + 2 * positions * block.norm.channels * block.feedForwardIn.outputs
      }
      if let merge = stage.merge { count += positions / 4 * merge.inputs * merge.outputs }
    }
    return count + (weights.projection1.inputs + c.embedding) * c.embedding
  }

  package func embed(
    _ samples: UnsafePointer<Float>, count: Int, into embedding: UnsafeMutablePointer<Float>
  ) {
    precondition((1...maximumSampleCount).contains(count), "embed takes 1 to maximumSampleCount samples")
    let c = weights.configuration
    let whole = c.clipSamples / count * count
    for n in 0..<c.clipSamples { clip.base[n] = n < whole ? samples[n % count] : 0 }
    spectrogram.forward(clip.base, count: c.clipSamples, into: mel.base)
    scaleAndShift(
      mel.base, rows: c.spectrogram.frames(c.clipSamples), scale: weights.inputScale, shift: weights.inputShift)
    fold()
    weights.patch.forward(rows: c.image, columns: c.image, input: picture.base, into: x.base, scratch: scratch.base)
    let first = c.side(stage: 0)
    for n in 0..<first * first {
      weights.patchNorm.forward(x.base + n * c.width, into: x.base + n * c.width)
    }
    for i in weights.stages.indices { run(stage: i) }
    pool(into: embedding)
  }

  /// The spectrogram stretched in time and folded: rows are the pieces of time above each other, mel bins within each;
  /// columns are the frames of a piece.
  private func fold() {
    let c = weights.configuration
    let bins = c.spectrogram.melBins
    let frames = c.spectrogram.frames(c.clipSamples)
    let length = c.stretchedFrames
    let pieceLength = length / c.folds
    for t in 0..<length {
      let (rows, taps) = Self.cubic(t, from: frames, to: length)
      let column = t % pieceLength
      let top = t / pieceLength * bins
      for m in 0..<bins {
        var sum: Float = 0
        for k in 0..<4 { sum += taps[k] * mel.base[rows[k] * bins + m] }
        picture.base[(top + m) * c.image + column] = sum
      }
    }
  }

  /// The four rows that a stretched row is made of and their weights: PyTorch's bicubic interpolation (a = −0.75) with
  /// aligned corners; rows beyond an end are the end's.
  static func cubic(_ t: Int, from frames: Int, to length: Int) -> (SIMD4<Int>, SIMD4<Float>) {
    if frames == length || length == 1 { return (SIMD4(repeating: min(t, frames - 1)), SIMD4(0, 1, 0, 0)) }
    let position = Float(frames - 1) / Float(length - 1) * Float(t)
    let base = Int(position)
    let x = position - Float(base)
    let a: Float = -0.75
    func near(_ x: Float) -> Float { ((a + 2) * x - (a + 3)) * x * x + 1 }
    func far(_ x: Float) -> Float { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    var rows = SIMD4<Int>()
    for k in 0..<4 { rows[k] = min(max(base + k - 1, 0), frames - 1) }
    return (rows, SIMD4(far(x + 1), near(x), near(1 - x), far(2 - x)))
  }

  private func run(stage i: Int) {
    let c = weights.configuration
    let stage = weights.stages[i]
    let side = c.side(stage: i)
    let positions = side * side
    let channels = c.channels(stage: i)
    for block in stage.blocks {
      block.attention.forward(x.base, scratch: scratch.base)
      let hidden = scratch.base + positions * channels
      for n in 0..<positions { block.norm.forward(x.base + n * channels, into: scratch.base + n * channels) }
      block.feedForwardIn.forward(rows: positions, input: scratch.base, into: hidden)
      for part in 0..<c.feedForwardFactor {
        gaussianErrorLinear(hidden + part * positions * channels, positions * channels, scratch: scratch.base)
      }
      block.feedForwardOut.forward(rows: positions, input: hidden, into: x.base, accumulate: true)
    }
    guard let norm = stage.mergeNorm, let merge = stage.merge else { return }
    let half = side / 2
    for row in 0..<half {
      for column in 0..<half {
        let target = scratch.base + (row * half + column) * 4 * channels
        for k in 0..<4 {  // down first, then across
          let source = x.base + ((2 * row + k % 2) * side + 2 * column + k / 2) * channels
          copyFloats(source, to: target + k * channels, count: channels)
        }
        norm.forward(target, into: target)
      }
    }
    merge.forward(rows: half * half, input: scratch.base, into: x.base)
  }

  /// Normalised, averaged over all positions, projected.
  private func pool(into embedding: UnsafeMutablePointer<Float>) {
    let c = weights.configuration
    let last = c.depths.count - 1
    let channels = c.channels(stage: last)
    let positions = c.side(stage: last) * c.side(stage: last)
    let mean = scratch.base
    let hidden = mean + wholeLines(channels)
    for k in 0..<channels { mean[k] = 0 }
    for n in 0..<positions {
      let place = x.base + n * channels
      weights.norm.forward(place, into: place)
      for k in 0..<channels { mean[k] += place[k] }
    }
    for k in 0..<channels { mean[k] /= Float(positions) }
    weights.projection1.forward(rows: 1, input: mean, into: hidden)
    rectify(hidden, c.embedding)
    weights.projection2.forward(rows: 1, input: hidden, into: embedding)
  }
}
