import Diffusion
import Ground
import NeuralLayers
import ScoreModel
import SignalProcessing

/// A trained model, ready to be shared by any number of enhancers and threads: one network, or two whose mean is heard.
public final class EnhancementModel: Sendable {
  /// Weights, configuration and what its file says about itself, of one network or two.
  package let networks: [ScoreModelWeights]
  /// Those of the first.
  package var weights: ScoreModelWeights { networks[0] }

  /// Number format of the network's products.
  public enum Precision: String, Sendable, CaseIterable {
    /// 24 bits of mantissa: on every processor.
    case float32
    /// Eight bits of mantissa: half the memory, on processors with AVX512_BF16. A step takes 0.6 of the time on a Zen 5,
    /// 1.3 to 2 times as long on a Xeon: `fastest` tells.
    case bfloat16

    /// Whether this processor multiplies so.
    public var isSupported: Bool { products.isSupported }

    /// The one in which this processor multiplies in clearly less time, else `float32`. What is enhanced scores the same in
    /// both. Measured when it is first asked for, which takes a millisecond: not for the real-time path.
    public static var fastest: Precision { Precision(ProductPrecision.fastest) }

    init(_ products: ProductPrecision) {
      switch products {
      case .float32: self = .float32
      case .bfloat16: self = .bfloat16
      }
    }

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
    networks = [weights]
  }

  /// One network of a model's.
  init(of network: ScoreModelWeights) { networks = [network] }

  /// Two models as one, whose estimate of the clean spectrum is the mean of theirs, which is nearer to it than either: networks
  /// trained apart err in different ways. It takes the time of both. `EnhancementSettings.networks` chooses, while it runs, which
  /// are heard.
  ///
  /// - Parameters:
  ///   - first: of one network: whose name and file this one has, and what is left where the time of both is too much.
  ///   - second: of one network, of the same format and precision.
  /// - Throws: `unusable` where they do not go together.
  public init(mean first: EnhancementModel, _ second: EnhancementModel) throws(EnhancementModelError) {
    let (one, other) = (first.weights, second.weights)
    let hear = (one.hears, other.hears)
    guard first.networks.count == 1, second.networks.count == 1, one.format == other.format,
      one.precision == other.precision, hear.0 == nil || hear.1 == nil || hear.0 == hear.1
    else {
      throw EnhancementModelError(.noMean(path: second.path, first: first.name))
    }
    networks = [one, other]
  }

  /// The model's own name, or the file's; of two, the first one's.
  public var name: String { weights.name }
  /// The file it came from; of two, the first one's.
  public var path: String { weights.path }
  /// The second network's name; nil: there is one.
  public var secondName: String? { networks.count == 2 ? networks[1].name : nil }
  /// The second network's file; nil: there is one.
  public var secondPath: String? { networks.count == 2 ? networks[1].path : nil }
  /// What people read: a name, or "light and wide".
  public var fullName: String { networks.map(\.name).joined(separator: " and ") }
  /// As its file states it, else the standard one.
  package var format: Format { weights.format }
  /// The most steps that it can be solved in: the points of its time grid.
  public var largestSteps: Int { weights.format.grid.count }
  /// Whether it was trained on sound that is heard from its end: for `BackwardPass` alone.
  public var hearsBackwards: Bool { weights.format.direction == .backward }
  /// Rate, frame, hop and bins of `format`.
  package var frameFormat: FrameFormat { weights.format.frame }
  /// The rate in Hz that it hears at; an enhancer resamples to it from its device's.
  public var sampleRate: Int { frameFormat.sampleRate }
  /// Seconds from frame to frame, which is the time that a frame has to be computed in.
  public var hopDuration: Double { frameFormat.hopDuration }
  /// Of the network's products.
  public var precision: Precision { Precision(weights.precision) }
  /// Learned numbers, the noise encoders included.
  public var parameterCount: Int { networks.reduce(0) { $0 + $1.parameterCount } }
  /// Multiply-adds of one evaluation of all networks.
  public var multiplyAddsPerFrame: Int { networks.reduce(0) { $0 + $1.multiplyAddsPerFrame } }
  /// The first network's share of them: 1 where it stands alone.
  package var firstShare: Double { Double(weights.multiplyAddsPerFrame) / Double(multiplyAddsPerFrame) }
  /// The processor level of the arithmetic, such as "v4": results of different levels differ in their last bits.
  public static var dispatchLevel: String { kernelLevelName }
  /// Labels and values that describe the file, in the order to print them.
  public var details: [(label: String, value: String)] { weights.details }
}

extension NetworkPair: ConditionalPredictor {}

extension EnhancementModel {
  /// The network, or both as one.
  ///
  /// - Parameter times: of the slots.
  func makeNetwork(times: [Float]) -> NetworkPair { NetworkPair(weights: networks, times: times, batch: 2) }

  /// A noise encoder with workspaces of its own, of all networks; nil for a model without a condition: no tokens are ever made.
  func makeReferenceEncoder() -> (any NoiseEncoder)? {
    guard networks.contains(where: { $0.hears != nil }) else { return nil }
    return ScoreModelWeights.makeNoiseEncoder(of: networks, maximumFrameCount: format.frame.longestReference)
  }
}
