import Diffusion
import Ground
import NeuralLayers
import ScoreModel
import SignalProcessing

/// A trained model, ready to be shared by any number of enhancers and threads.
public final class EnhancementModel: Sendable {
  /// Weights, configuration and what the file says about itself.
  package let weights: ScoreModelWeights

  /// Number format of the network's products.
  public enum Precision: String, Sendable, CaseIterable {
    case float32
    /// Eight bits of mantissa: half the memory and about twice the speed, on processors with AVX512_BF16.
    case bfloat16

    /// Whether this processor multiplies so.
    public var isSupported: Bool { products.isSupported }

    var products: ProductPrecision {
      switch self {
      case .float32: .float32
      case .bfloat16: .bfloat16
      }
    }
  }

  /// Rate, frames, compression, diffusion process and time grid that it was trained for.
  package typealias Format = ModelFormat

  /// Reads and checks a weights file.
  ///
  /// - Parameters:
  ///   - path: a `.safetensors` file.
  ///   - precision: of the network's products; the weights are rounded as they are read.
  /// - Throws: one sentence with the file and the remedy.
  public convenience init(path: String, precision: Precision = .float32) throws(EnhancementModelError) {
    do throws(ModelFileError) {
      try self.init(weights: try ScoreModelWeights(path: path, precision: precision.products))
    } catch { throw EnhancementModelError(error) }
  }

  /// - Throws: `badConfiguration` for a network made for other spectra than its format's.
  package init(weights: ScoreModelWeights) throws(ModelFileError) {
    let bins = weights.configuration.bins
    guard bins == weights.format.frame.modelBinCount else {
      throw .badConfiguration(
        path: weights.path,
        reason: "the network takes \(bins) bins, and the file states no format that has as many")
    }
    self.weights = weights
  }

  /// The model's own name, or the file's.
  public var name: String { weights.name }
  /// The file it came from.
  public var path: String { weights.path }
  /// As its file states it, else the standard one.
  package var format: Format { weights.format }
  /// The most steps that it can be solved in: the points of its time grid.
  public var largestSteps: Int { weights.format.grid.count }
  /// Rate, frame, hop and bins of `format`.
  package var frameFormat: FrameFormat { weights.format.frame }
  /// The rate in Hz that it hears at; an enhancer resamples to it from its device's.
  public var sampleRate: Int { frameFormat.sampleRate }
  /// Seconds from frame to frame, which is the time that a frame has to be computed in.
  public var hopDuration: Double { frameFormat.hopDuration }
  /// Of the network's products.
  public var precision: Precision {
    switch weights.precision {
    case .float32: .float32
    case .bfloat16: .bfloat16
    }
  }
  /// Learned numbers, the noise encoder included.
  public var parameterCount: Int { weights.parameterCount }
  /// Multiply-adds of one network evaluation.
  public var multiplyAddsPerFrame: Int { weights.multiplyAddsPerFrame }
  /// The processor level of the arithmetic, such as "v4": results of different levels differ in their last bits.
  public static var dispatchLevel: String { kernelLevelName }
  /// Labels and values that describe the file, in the order to print them.
  public var details: [(label: String, value: String)] { weights.details }
}

extension ScoreNetwork: ConditionalPredictor {}

extension ScoreModelWeights {
  /// A noise encoder with workspaces of its own; nil for a model without a condition: no tokens are ever made.
  func makeReferenceEncoder() -> (any NoiseEncoder)? {
    configuration.encoder == .none ? nil : makeNoiseEncoder(maximumFrameCount: format.frame.longestReference)
  }
}
