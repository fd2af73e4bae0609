import NeuralLayers
import PretrainedEncoders

/// Sizes of the network, as the weights file states them; nothing of this is compiled in.
///
/// Field for field the configuration of the training program (tools/training, network.py), in Swift's spelling.
package struct NetworkConfiguration: Sendable, Equatable {
  /// The only version of the architecture that exists.
  package static let supportedFormat = 1

  /// Noise encoders by the names of the weights file.
  package enum Encoder: String, Sendable, CaseIterable {
    /// No reference is heard; the learned null condition always holds.
    case none
    /// One token: an average over the whole reference.
    case global
    /// Tokens in time order.
    case sequence
    /// The embedding of CLAP's audio tower, projected to tokens.
    case clap
    /// The embedding of PANNs CNN14, projected to tokens.
    case panns
  }

  /// Bins of a spectrum that the network sees.
  package var bins: Int
  /// Channels of the outer and of the inner level.
  package var channels: [Int]
  /// Band strides into the outer and into the inner level.
  package var strides: [Int]
  /// Time dilation of each outer residual block (the same on the way down and up).
  package var outerDilations: [Int]
  /// Time dilation of each inner residual block; a band block follows each.
  package var innerDilations: [Int]
  package var heads: Int
  /// Width of the feed-forward layer.
  package var feedForward: Int
  /// Width of the time embedding.
  package var embedding: Int
  package var timeFrequencies: Int
  package var encoder: Encoder
  package var encoderChannels: [Int]
  package var encoderTimeStrides: [Int]
  /// Tokens of the encoders `sequence`, `clap` and `panns`.
  package var tokens: Int
  package var tokenDimension: Int
  /// Whether noise that was learned is a set of tokens of its own, beside the rolling reference's.
  package var learnedTokens: Bool
  /// The tower of the encoders `clap` and `panns`; nil for the others.
  package var tower: TowerConfiguration?

  /// Bands of the outer level.
  package var outerBands: Int { bins / strides[0] }
  /// Bands of the inner level.
  package var innerBands: Int { outerBands / strides[1] }
  /// Tokens that a condition consists of: one for the encoders `none` and `global`.
  package var tokenCount: Int {
    switch encoder {
    case .none, .global: 1
    case .sequence, .clap, .panns: tokens
    }
  }

  /// The most tokens that are attended to: the rolling reference's, and as many of what was learned.
  package var heardTokenCount: Int { learnedTokens ? 2 * tokenCount : tokenCount }

  /// Reads the configuration from its JSON object and checks that a network of these sizes can exist.
  ///
  /// - Throws: `ModelFileError.badConfiguration`, naming the field. `path` names the file in it.
  package init(json: JSONValue, path: String) throws(ModelFileError) {
    func wrong(_ reason: String) -> ModelFileError { .badConfiguration(path: path, reason: reason) }
    func number(_ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int {
      guard let value = json[key]?.integer else { throw wrong("configuration \(key) is not a whole number") }
      guard range.contains(value) else {
        throw wrong(
          "configuration \(key) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    func list(
      _ key: String, count: ClosedRange<Int>, _ range: ClosedRange<Int>
    ) throws(ModelFileError) -> [Int] {
      guard let values = json[key]?.array else { throw wrong("configuration \(key) is not a list") }
      guard count.contains(values.count) else {
        let expected =
          count.count == 1 ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
        throw wrong("configuration \(key) has \(values.count) entries, expected \(expected)")
      }
      var result: [Int] = []
      for value in values {
        guard let n = value.integer, range.contains(n) else {
          throw wrong(
            "configuration \(key) holds \(value.text), expected whole numbers from \(range.lowerBound) to "
              + "\(range.upperBound)")
        }
        result.append(n)
      }
      return result
    }
    guard json.members != nil else { throw wrong("the configuration is not a JSON object") }
    let format = try number("format", 0...Int.max)
    guard format == Self.supportedFormat else {
      throw wrong("the file has format \(format), this program reads format \(Self.supportedFormat)")
    }
    bins = try number("bins", 8...1024)
    channels = try list("channels", count: 2...2, 1...1024)
    strides = try list("strides", count: 2...2, 2...16)
    outerDilations = try list("outer_dilations", count: 1...16, 1...64)
    innerDilations = try list("inner_dilations", count: 1...16, 1...64)
    heads = try number("heads", 1...64)
    feedForward = try number("feed_forward", 1...8192)
    embedding = try number("embedding", 1...4096)
    timeFrequencies = try number("time_frequencies", 1...1024)
    guard let encoderName = json["encoder"]?.string, let encoder = Encoder(rawValue: encoderName) else {
      let known = Encoder.allCases.map(\.rawValue).joined(separator: ", ")
      throw wrong("configuration encoder is \(json["encoder"]?.text ?? "missing"), expected one of \(known)")
    }
    self.encoder = encoder
    encoderChannels = try list("encoder_channels", count: 1...8, 1...2048)
    encoderTimeStrides = try list("encoder_time_strides", count: 1...8, 1...8)
    tokens = try number("tokens", 1...256)
    tokenDimension = try number("token_dimension", 1...4096)
    switch json["learned_tokens"] {
    case nil: learnedTokens = false
    case .some(let value):
      guard let flag = value.boolean else {
        throw wrong("configuration learned_tokens is \(value.text), expected true or false")
      }
      guard !flag || encoder == .sequence || encoder == .global else {
        throw wrong("configuration learned_tokens needs the encoder sequence or global, not \(encoderName)")
      }
      learnedTokens = flag
    }
    switch encoder {
    case .none, .global, .sequence: tower = nil
    case .clap, .panns:
      guard let towerJSON = json["tower"] else {
        throw wrong("configuration encoder is \(encoderName), but there is no configuration tower")
      }
      tower = try TowerConfiguration(json: towerJSON, path: path)
      guard tower?.kind == encoderName else {
        throw wrong("configuration encoder is \(encoderName), but its tower is \(tower?.kind ?? "missing")")
      }
    }

    guard bins % strides[0] == 0, outerBands % strides[1] == 0 else {
      throw wrong("configuration strides \(strides[0]) and \(strides[1]) do not divide \(bins) bins")
    }
    guard channels[1] % heads == 0 else {
      throw wrong("configuration heads is \(heads), which does not divide \(channels[1]) channels")
    }
    guard encoderChannels.count == encoderTimeStrides.count else {
      throw wrong("configuration encoder_channels and encoder_time_strides differ in length")
    }
  }

  /// Multiply-adds of one evaluation for one frame, counted as the training program does: conditioning aside, as it
  /// changes only with the tokens.
  package var multiplyAddsPerFrame: Int {
    let outer = channels[0]
    let d = channels[1]
    let wide = outerBands
    let narrow = innerBands
    var count = wide * 2 * strides[0] * 6 * outer
    count += 2 * outerDilations.count * wide * outer * outer * 9
    count += narrow * 2 * strides[1] * outer * d + narrow * 3 * d * outer * strides[1]
    let recurrent = 6 * d * d + d * d
    let attention = 4 * d * d + 2 * narrow * d + 2 * d * d + 2 * tokenCount * d
    let band = recurrent + attention + 2 * d * feedForward
    count += innerDilations.count * narrow * (d * d * 9 + band)
    count += wide * 3 * outer * 4 * strides[0]
    return count
  }
}
