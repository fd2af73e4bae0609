import NeuralLayers

/// A network trained by others on public sound that turns a stretch of sound into one embedding.
///
/// An instance has workspaces of its own and belongs to one thread at a time. It runs off the audio path, at 1 Hz or
/// slower: `embed` neither allocates nor locks, but takes a hundred milliseconds and more at the published sizes.
package protocol AudioTower: AnyObject {
  /// Hz of the samples that go in.
  var sampleRate: Int { get }
  /// Numbers that come out.
  var embeddingDimension: Int { get }
  /// The longest stretch.
  var maximumSampleCount: Int { get }
  /// Multiply-adds of one call on so many samples; spectrogram and norms aside.
  func multiplyAdds(sampleCount: Int) -> Int

  /// - Parameters:
  ///   - samples: full scale ±1, at `sampleRate`.
  ///   - count: 1...maximumSampleCount.
  ///   - embedding: room for `embeddingDimension` floats.
  func embed(
    _ samples: UnsafePointer<Float>, count: Int, into embedding: UnsafeMutablePointer<Float>)
}

/// Gives a tensor of a weights file by name and shape, row-major, or says what is wrong with it.
package typealias TensorReader = (_ name: String, _ shape: [Int]) throws(ModelFileError) -> [Float]

/// A tower's weights, read once and shared by any number of towers and threads.
package enum TowerWeights: Sendable {
  case clap(HTSATWeights)
  case panns(CNN14Weights)

  /// Takes the tensors that the configuration calls for.
  package init(configuration: TowerConfiguration, read: TensorReader) throws(ModelFileError) {
    switch configuration {
    case .clap(let sizes): self = .clap(try HTSATWeights(configuration: sizes, read: read))
    case .panns(let sizes): self = .panns(try CNN14Weights(configuration: sizes, read: read))
    }
  }

  /// A tower with workspaces for so many samples at its own rate.
  package func makeTower(maximumSampleCount: Int) -> any AudioTower {
    switch self {
    case .clap(let weights): HTSATTower(weights: weights, maximumSampleCount: maximumSampleCount)
    case .panns(let weights): CNN14Tower(weights: weights, maximumSampleCount: maximumSampleCount)
    }
  }
}
