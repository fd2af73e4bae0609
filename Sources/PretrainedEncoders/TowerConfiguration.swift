import NeuralLayers

/// Which tower a file holds and its sizes; nothing of this is compiled in, so small towers work in tests.
package enum TowerConfiguration: Sendable, Equatable {
  /// The audio tower of LAION-CLAP without fusion: HTSAT and its projection.
  case clap(HTSATConfiguration)
  /// CNN14 of PANNs, up to its embedding.
  case panns(CNN14Configuration)

  /// The only version of the layout that exists.
  package static let supportedFormat = 1

  /// The name in files and on command lines.
  package var kind: String {
    switch self {
    case .clap: "clap"
    case .panns: "panns"
    }
  }
  package var spectrogram: SpectrogramConfiguration {
    switch self {
    case .clap(let sizes): sizes.spectrogram
    case .panns(let sizes): sizes.spectrogram
    }
  }
  /// Numbers of an embedding.
  package var embedding: Int {
    switch self {
    case .clap(let sizes): sizes.embedding
    case .panns(let sizes): sizes.embedding
    }
  }

  /// Reads the configuration from its JSON object and checks that a tower of these sizes can exist.
  ///
  /// - Throws: `ModelFileError.badTower`, naming the field. `path` names the file in it.
  package init(json: JSONValue, path: String) throws(ModelFileError) {
    let fields = TowerFields(json: json, path: path)
    guard json.members != nil else { throw fields.wrong("the tower's configuration is not a JSON object") }
    let format = try fields.number("format", 0...Int.max)
    guard format == Self.supportedFormat else {
      throw fields.wrong("the tower has format \(format), this program reads format \(Self.supportedFormat)")
    }
    switch json["kind"]?.string {
    case "clap": self = .clap(try HTSATConfiguration(fields))
    case "panns": self = .panns(try CNN14Configuration(fields))
    default: throw fields.wrong("tower kind is \(json["kind"]?.text ?? "missing"), expected clap or panns")
    }
  }
}

/// Reads whole numbers out of a tower's configuration.
struct TowerFields {
  /// Floats of the largest workspace that a configuration may ask for, 256 MB.
  static let largestWorkspace = 1 << 26

  let json: JSONValue
  let path: String

  func wrong(_ reason: String) -> ModelFileError { .badTower(path: path, reason: reason) }

  func number(_ key: String, _ range: ClosedRange<Int>) throws(ModelFileError) -> Int {
    guard let value = json[key]?.integer else { throw wrong("tower \(key) is not a whole number") }
    guard range.contains(value) else {
      throw wrong("tower \(key) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func list(_ key: String, count: ClosedRange<Int>, _ range: ClosedRange<Int>) throws(ModelFileError) -> [Int] {
    guard let values = json[key]?.array, count.contains(values.count) else {
      throw wrong("tower \(key) is not a list of \(count.lowerBound) to \(count.upperBound) whole numbers")
    }
    var result: [Int] = []
    for value in values {
      guard let n = value.integer, range.contains(n) else {
        throw wrong(
          "tower \(key) holds \(value.text), expected whole numbers from \(range.lowerBound) to \(range.upperBound)")
      }
      result.append(n)
    }
    return result
  }

  func spectrogram() throws(ModelFileError) -> SpectrogramConfiguration {
    let result = SpectrogramConfiguration(
      sampleRate: try number("sample_rate", 16_000...96_000), fftLength: try number("fft_length", 64...8192),
      hopLength: try number("hop_length", 16...8192), melBins: try number("mel_bins", 4...512),
      minimumFrequency: try number("minimum_frequency", 0...20_000),
      maximumFrequency: try number("maximum_frequency", 1...48_000))
    guard result.sampleRate % 16_000 == 0 else {
      throw wrong("tower sample_rate is \(result.sampleRate), expected a multiple of 16000")
    }
    guard result.fftLength % 2 == 0, result.hopLength <= result.fftLength else {
      throw wrong("tower fft_length \(result.fftLength) is odd or shorter than hop_length \(result.hopLength)")
    }
    guard result.minimumFrequency < result.maximumFrequency, 2 * result.maximumFrequency <= result.sampleRate
    else {
      throw wrong(
        "tower frequencies \(result.minimumFrequency) to \(result.maximumFrequency) do not fit its sample_rate")
    }
    return result
  }
}
