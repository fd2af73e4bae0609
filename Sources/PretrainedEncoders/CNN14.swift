import Ground
import NeuralLayers

/// Sizes of CNN14 (Kong et al. 2020, "PANNs"); the published one has channels 64, 128, 256, 512, 1024, 2048.
package struct CNN14Configuration: Sendable, Equatable {
  package var spectrogram: SpectrogramConfiguration
  /// Channels of each block of two convolutions; all but the last end in a 2×2 average.
  package var channels: [Int]
  package var embedding: Int
  /// Shorter stretches are repeated to this length: the pools leave nothing of less.
  package var minimumSamples: Int

  init(_ fields: TowerFields) throws(ModelFileError) {
    spectrogram = try fields.spectrogram()
    channels = try fields.list("channels", count: 1...8, 1...4096)
    embedding = try fields.number("embedding", 1...8192)
    minimumSamples = try fields.number("minimum_samples", 1...1 << 20)
    let shrink = 1 << (channels.count - 1)
    guard spectrogram.melBins >= shrink else {
      throw fields.wrong("tower mel_bins is \(spectrogram.melBins), which \(channels.count) blocks leave nothing of")
    }
    guard minimumSamples > spectrogram.fftLength / 2, spectrogram.frames(minimumSamples) >= shrink else {
      throw fields.wrong("tower minimum_samples is \(minimumSamples), which \(channels.count) blocks leave nothing of")
    }
    guard largestFeature(sampleCount: max(minimumSamples, 10 * spectrogram.sampleRate)) <= TowerFields.largestWorkspace
    else { throw fields.wrong("tower channels and hop_length take too much memory") }
  }

  /// Floats of the largest result of a layer.
  func largestFeature(sampleCount: Int) -> Int {
    var rows = spectrogram.frames(max(sampleCount, minimumSamples))
    var columns = spectrogram.melBins
    var largest = 0
    for channels in channels {
      largest = max(largest, rows * columns * channels)
      (rows, columns) = (rows / 2, columns / 2)
    }
    return largest
  }
}

/// CNN14's weights: batch norms are folded into the convolutions before them, as tools/convert writes them; the one
/// on the spectrogram stays, since zero padding follows it.
package final class CNN14Weights: Sendable {
  package let configuration: CNN14Configuration
  let inputScale: [Float]  // (melBins)
  let inputShift: [Float]  // (melBins)
  let blocks: [(Convolution2D, Convolution2D)]
  let linear: Dense

  init(configuration c: CNN14Configuration, read: TensorReader) throws(ModelFileError) {
    configuration = c
    inputScale = try read("input.scale", [c.spectrogram.melBins])
    inputShift = try read("input.shift", [c.spectrogram.melBins])
    func convolution(_ name: String, _ inputs: Int, _ outputs: Int) throws(ModelFileError) -> Convolution2D {
      Convolution2D(
        inputs: inputs, outputs: outputs, kernel: 3, stride: 1, padding: 1,
        weight: try read("\(name).weight", [outputs, inputs, 3, 3]), bias: try read("\(name).bias", [outputs]))
    }
    var blocks: [(Convolution2D, Convolution2D)] = []
    var inputs = 1
    for (i, outputs) in c.channels.enumerated() {
      blocks.append(
        (try convolution("blocks.\(i).conv1", inputs, outputs), try convolution("blocks.\(i).conv2", outputs, outputs)))
      inputs = outputs
    }
    self.blocks = blocks
    linear = try Dense("linear", inputs: inputs, outputs: c.embedding, read: read)
  }
}

/// CNN14 of PANNs from samples to its embedding: log-mel, blocks of two 3×3 convolutions with ReLU and a 2×2 average,
/// mean over bands, maximum plus mean over time, a linear layer with ReLU.
package final class CNN14Tower: AudioTower {
  package let maximumSampleCount: Int
  private let weights: CNN14Weights
  private let spectrogram: LogMelSpectrogram
  private let samples: FloatMemory
  private let features: FloatMemory  // two halves
  private let half: Int
  private let scratch: FloatMemory
  private let pooled: FloatMemory  // (channels)

  init(weights: CNN14Weights, maximumSampleCount: Int) {
    precondition(maximumSampleCount >= 1, "a stretch has at least one sample")
    self.weights = weights
    self.maximumSampleCount = maximumSampleCount
    let c = weights.configuration
    spectrogram = LogMelSpectrogram(c.spectrogram)
    samples = FloatMemory(c.minimumSamples)
    half = wholeLines(c.largestFeature(sampleCount: maximumSampleCount))
    features = FloatMemory(2 * half)
    scratch = FloatMemory(Convolution2D.scratchCount)
    pooled = FloatMemory(c.channels.last!)
  }

  package var sampleRate: Int { weights.configuration.spectrogram.sampleRate }
  package var embeddingDimension: Int { weights.configuration.embedding }

  package func multiplyAdds(sampleCount: Int) -> Int {
    let c = weights.configuration
    var rows = c.spectrogram.frames(max(sampleCount, c.minimumSamples))
    var columns = c.spectrogram.melBins
    var count = weights.linear.inputs * weights.linear.outputs
    for (conv1, conv2) in weights.blocks {
      count += conv1.multiplyAdds(rows: rows, columns: columns) + conv2.multiplyAdds(rows: rows, columns: columns)
      (rows, columns) = (rows / 2, columns / 2)
    }
    return count
  }

  package func embed(
    _ input: UnsafePointer<Float>, count: Int, into embedding: UnsafeMutablePointer<Float>
  ) {
    precondition((1...maximumSampleCount).contains(count), "embed takes 1 to maximumSampleCount samples")
    let c = weights.configuration
    var rows: Int
    let a = features.base
    let b = features.base + half
    if count < c.minimumSamples {
      for n in 0..<c.minimumSamples { samples.base[n] = input[n % count] }
      rows = c.spectrogram.frames(c.minimumSamples)
      spectrogram.forward(samples.base, count: c.minimumSamples, into: a)
    } else {
      rows = c.spectrogram.frames(count)
      spectrogram.forward(input, count: count, into: a)
    }
    var columns = c.spectrogram.melBins
    scaleAndShift(a, rows: rows, scale: weights.inputScale, shift: weights.inputShift)
    for (i, (conv1, conv2)) in weights.blocks.enumerated() {
      conv1.forward(rows: rows, columns: columns, input: a, into: b, scratch: scratch.base)
      rectify(b, rows * columns * conv1.outputs)
      conv2.forward(rows: rows, columns: columns, input: b, into: a, scratch: scratch.base)
      rectify(a, rows * columns * conv2.outputs)
      if i + 1 < weights.blocks.count {
        averageTwoByTwo(a, rows: rows, columns: columns, channels: conv2.outputs)
        (rows, columns) = (rows / 2, columns / 2)
      }
    }
    poolOverTime(a, rows: rows, columns: columns)
    weights.linear.forward(rows: 1, input: pooled.base, into: embedding)
    rectify(embedding, c.embedding)
  }

  /// Mean over the bands, then maximum plus mean over time, into `pooled`.
  private func poolOverTime(_ x: UnsafePointer<Float>, rows: Int, columns: Int) {
    let channels = weights.linear.inputs
    for c in 0..<channels {
      var sum: Float = 0
      var most = -Float.infinity
      for t in 0..<rows {
        var mean: Float = 0
        for f in 0..<columns { mean += x[(t * columns + f) * channels + c] }
        mean /= Float(columns)
        sum += mean
        most = max(most, mean)
      }
      pooled.base[c] = most + sum / Float(rows)
    }
  }
}

/// x = max(x, 0), in place.
func rectify(_ x: UnsafeMutablePointer<Float>, _ count: Int) { for n in 0..<count { x[n] = max(x[n], 0) } }

/// x · scale + shift for rows as long as `scale`, in place.
func scaleAndShift(_ x: UnsafeMutablePointer<Float>, rows: Int, scale: [Float], shift: [Float]) {
  for row in 0..<rows {
    let place = x + row * scale.count
    for i in scale.indices { place[i] = place[i] * scale[i] + shift[i] }
  }
}

/// The mean of every 2×2 positions, in place: (rows, columns, channels) to half as many, an odd last one left out.
func averageTwoByTwo(_ x: UnsafeMutablePointer<Float>, rows: Int, columns: Int, channels: Int) {
  // The result of a position lies before all inputs that are still to be read.
  for row in 0..<rows / 2 {
    for column in 0..<columns / 2 {
      let top = x + (2 * row * columns + 2 * column) * channels
      let bottom = top + columns * channels
      let target = x + (row * (columns / 2) + column) * channels
      for c in 0..<channels {
        target[c] = (top[c] + top[c + channels] + bottom[c] + bottom[c + channels]) / 4
      }
    }
  }
}
