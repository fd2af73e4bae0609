import Ground
import NeuralLayers
import SignalProcessing

/// The learned part of a model: configuration, packed weights, and what the file says about itself.
///
/// Read and checked once, then never written: any number of networks and threads share one instance.
// Unchecked: it is immutable after init; the pointers in its layers lead into `store`, which lives as long.
package final class ScoreModelWeights: @unchecked Sendable {
  /// The file that the weights came from.
  package let path: String
  package let configuration: NetworkConfiguration
  /// What surrounds the network: as the file states it, else the standard one.
  package let format: ModelFormat
  /// Of the products that a network step consists of.
  package let precision: ProductPrecision
  /// Learned numbers, encoder included.
  package let parameterCount: Int
  /// Everything in the file's `limpid` metadata except configuration and format, in the file's order.
  package let metadata: [JSONValue.Member]
  /// The condition that holds when no noise was heard: (tokenCount, tokenDimension).
  package let nullTokens: [Float]
  /// What is added to every token of learned noise, (tokenDimension); nil: the model has no tokens for it.
  package let learnedMark: [Float]?

  /// Tells whether a voice that was learned speaks; nil: the file has no network for it.
  package let speaker: SpeakerLayers?

  let layers: NetworkLayers
  private let makeEncoder: (Int) -> any NoiseEncoder
  private let store: WeightStore

  /// Reads and checks a weights file.
  ///
  /// - Throws: `ModelFileError`, naming the file and the tensor or field.
  package convenience init(path: String, precision: ProductPrecision = .float32) throws(ModelFileError) {
    try self.init(file: try SafetensorsFile(path: path), precision: precision)
  }

  /// Takes the weights from a file in memory.
  package init(file: SafetensorsFile, precision: ProductPrecision = .float32) throws(ModelFileError) {
    guard precision.isSupported else { throw .unsupportedPrecision(precision) }
    self.precision = precision
    path = file.path
    guard let text = file.metadata.first(where: { $0.key == "limpid" })?.value else {
      if file.metadata.contains(where: { $0.key == "limpid_tower" }) { throw .towerAlone(path: file.path) }
      throw .badConfiguration(
        path: file.path, reason: "the metadata has no \"limpid\" entry, so these are no weights of Limpid")
    }
    let json: JSONValue
    do { json = try JSONReader.read(text) } catch {
      throw .badConfiguration(
        path: file.path, reason: "the \"limpid\" metadata is not JSON (\(error.description))")
    }
    guard let members = json.members, let configurationJSON = json["configuration"] else {
      throw .badConfiguration(path: file.path, reason: "the \"limpid\" metadata has no configuration")
    }
    let ownKeys = ["configuration", ModelFormat.key, SpeakerConfiguration.key]
    metadata = members.filter { !ownKeys.contains($0.key) }
    let configuration = try NetworkConfiguration(json: configurationJSON, path: file.path)
    self.configuration = configuration
    let format: ModelFormat
    if let stated = json[ModelFormat.key] {
      format = try ModelFormat(json: stated, path: file.path)
      guard format.frame.modelBinCount == configuration.bins else {
        throw .badConfiguration(
          path: file.path,
          reason: "the network takes \(configuration.bins) bins, its format has \(format.frame.modelBinCount)")
      }
    } else {
      format = .standard
    }
    self.format = format
    if configuration.encoder == .sequence || configuration.encoder == .global {
      // Nothing longer than 4 s is heard: of a learned sound; of the room it is 2 s.
      guard EncoderTower.widest(configuration, frames: format.frame.frames(in: 4)) <= EncoderTower.largestWorkspace
      else {
        throw .badConfiguration(path: file.path, reason: "the noise encoder needs too much memory")
      }
    }

    store = WeightStore()
    var loader = TensorLoader(file: file, store: store)
    nullTokens = try loader.floats("null_tokens", configuration.tokenCount, configuration.tokenDimension)
    learnedMark =
      configuration.learnedTokens ? try loader.floats("learned_mark", configuration.tokenDimension) : nil
    layers = try NetworkLayers(loader: &loader, configuration: configuration, precision: precision)
    makeEncoder = try noiseEncoderMaker(
      loader: &loader, configuration: configuration, format: format.frame, nullTokens: nullTokens)
    if let stated = json[SpeakerConfiguration.key] {
      loader.precision = .float32
      speaker = try SpeakerLayers(
        loader: &loader,
        configuration: try SpeakerConfiguration(json: stated, bins: configuration.bins, path: file.path),
        bins: configuration.bins)
    } else {
      speaker = nil
    }
    try loader.finish()
    parameterCount = loader.parameterCount
    guard layers.stateCount <= 1 << 24 else {
      throw .badConfiguration(
        path: file.path, reason: "the configuration needs \(layers.stateCount * 4 >> 20) MB of state")
    }
  }

  /// The name that the training gave the model; the file's name if it gave none.
  package var name: String {
    if let name = metadata.first(where: { $0.key == "name" })?.value.string, !name.isEmpty { return printable(name) }
    let last = path.split(separator: "/").last.map { String($0) } ?? path
    return printable(last.hasSuffix(".safetensors") ? String(last.dropLast(12)) : last)
  }

  package var multiplyAddsPerFrame: Int { configuration.multiplyAddsPerFrame }

  /// A noise encoder with workspaces of its own, for references of up to so many frames; nil: 2 s of them.
  ///
  /// Allocates. Each instance belongs to one thread at a time.
  package func makeNoiseEncoder(maximumFrameCount: Int? = nil) -> any NoiseEncoder {
    makeEncoder(maximumFrameCount ?? format.frame.frames(in: 2))
  }

  /// One for one network or two: the tokens of the first, then those of the second.
  ///
  /// - Parameter networks: that hear the same form, or nothing.
  package static func makeNoiseEncoder(of networks: [ScoreModelWeights], maximumFrameCount: Int) -> any NoiseEncoder {
    let encoders = networks.map { $0.makeEncoder(maximumFrameCount) }
    return encoders.dropFirst().reduce(encoders[0]) { NoiseEncoderPair($0, $1) }
  }

  /// What its noise encoder hears; nil: it has none.
  package var hears: NoiseReferenceForm? {
    switch configuration.encoder {
    case .none: nil
    case .global, .sequence: .magnitudes
    case .clap, .panns: .samples
    }
  }
}
