import NeuralLayers

/// The speaker network's layers, which point into the weights' store.
package struct SpeakerLayers: Sendable {
  package let configuration: SpeakerConfiguration
  let bins: Int
  let stem: Linear
  let first: GatedRecurrentUnit
  let second: GatedRecurrentUnit
  /// How much a step says of a learned voice.
  let attention: Linear
  let embedding: Linear
  /// Whether what was learned is a voice.
  let voice: Linear
  let query: Linear
  /// Of the agreement, to a logit.
  let scale: Float
  let bias: Float

  init(loader: inout TensorLoader, configuration: SpeakerConfiguration, bins: Int) throws(ModelFileError) {
    let c = configuration
    self.configuration = c
    self.bins = bins
    func named(_ name: String) -> String { "\(SpeakerConfiguration.key).\(name)" }
    stem = try loader.linear(named("stem"), inputs: c.stride * bins, outputs: c.width)
    first = try loader.recurrentUnit(named("gru1"), inputs: c.width, units: c.width)
    second = try loader.recurrentUnit(named("gru2"), inputs: c.width, units: c.width)
    attention = try loader.linear(named("attention"), inputs: c.width, outputs: 1)
    embedding = try loader.linear(named("embedding"), inputs: 2 * c.width, outputs: c.embedding)
    voice = try loader.linear(named("voice"), inputs: 2 * c.width, outputs: 1)
    query = try loader.linear(named("query"), inputs: 2 * c.width, outputs: c.slots * c.embedding)
    let agreement = try loader.floats(named("agreement"), 2)
    scale = agreement[0]
    bias = agreement[1]
  }
}
