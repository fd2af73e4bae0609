import NeuralLayers

/// Sizes of the speaker network, as the weights file states them (tools/training, speaker/network.py).
package struct SpeakerConfiguration: Sendable, Equatable {
  /// The key of it in a weights file's `limpid` metadata.
  package static let key = "speaker"
  /// The only version of the architecture that exists.
  package static let supportedFormat = 1

  /// Frames of a step.
  package let stride: Int
  /// Units of each recurrent layer.
  package let width: Int
  /// Numbers of a voice's embedding.
  package let embedding: Int
  /// Voices that a step may tell apart.
  package let slots: Int

  /// Reads the sizes from their JSON object.
  ///
  /// - Parameters:
  ///   - bins: that the score network of the same file sees.
  ///   - path: names the file in the error.
  /// - Throws: `ModelFileError.badConfiguration`, naming the field.
  package init(json: JSONValue, bins: Int, path: String) throws(ModelFileError) {
    func number(_ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int {
      guard let value = json[key]?.integer, range.contains(value) else {
        throw .badConfiguration(
          path: path,
          reason:
            "speaker \(key) is \(json[key]?.text ?? "missing"), expected \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    let format = try number("format", 0...Int.max)
    guard format == Self.supportedFormat else {
      throw .badConfiguration(
        path: path,
        reason: "its speaker network has format \(format), this program reads format \(Self.supportedFormat)")
    }
    guard try number("bins", 8...1024) == bins else {
      throw .badConfiguration(
        path: path, reason: "its speaker network takes other bins than the score network's \(bins)")
    }
    stride = try number("stride", 1...16)
    width = try number("width", 1...1024)
    embedding = try number("embedding", 1...1024)
    slots = try number("slots", 1...16)
  }
}
