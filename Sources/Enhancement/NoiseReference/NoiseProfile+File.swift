import Ground
import NeuralLayers

extension NoiseProfile {
  /// The name of the one tensor, (frames, 160) F32.
  private static let tensorName = "noise"
  /// A profile of 200 frames takes 128 kB; a file beyond this is not read.
  private static let largestFile = 1 << 20

  /// Writes a `.safetensors` file: under a temporary name first, then renamed, so that it is whole or not there.
  ///
  /// - Throws: `unwritable`.
  public func save(to path: String) throws(NoiseProfileError) {
    var file = SafetensorsWriter(metadata: [
      ("limpid_noise_profile", "1"), ("sample_rate", "16000"), ("fft_length", "320"), ("hop_length", "160"),
    ])
    file.add(Self.tensorName, shape: [frameCount, Self.binCount], values: magnitudes)
    do throws(ModelFileError) { try file.write(to: path) } catch {
      throw NoiseProfileError(error, path: path)
    }
  }

  /// Reads a file that `save` wrote. Trusts nothing in it.
  ///
  /// - Throws: `missing`, `unreadable`, `notAProfile`.
  public init(path: String) throws(NoiseProfileError) {
    if let size = regularFileSize(path), size > Self.largestFile {
      throw .notAProfile(path: path, reason: "\(size) bytes are too many")
    }
    let values: [Float]
    do throws(ModelFileError) {
      let file = try SafetensorsFile(path: path)
      let frames = file.tensor(Self.tensorName)?.shape.first ?? 1
      values = try file.floats(Self.tensorName, shape: [frames, Self.binCount])
    } catch { throw NoiseProfileError(error, path: path) }
    do throws(NoiseProfileError) { try self.init(magnitudes: values) } catch {
      throw .notAProfile(path: path, reason: error.reason)
    }
  }

  /// Reads a file that `save` wrote: `init(path:)` by another name.
  public static func load(from path: String) throws(NoiseProfileError) -> NoiseProfile {
    try NoiseProfile(path: path)
  }
}

extension NoiseProfileError {
  /// The same in the words of a noise profile: a reader of this error has no weights file in mind.
  init(_ error: ModelFileError, path: String) {
    switch error {
    case .missing: self = .missing(path: path)
    case .notAFile: self = .unreadable(path: path, reason: "not a regular file")
    case .unreadable(_, let reason): self = .unreadable(path: path, reason: reason)
    case .unwritable(_, let reason): self = .unwritable(path: path, reason: reason)
    case .tooLarge(_, let bytes, _): self = .notAProfile(path: path, reason: "\(bytes) bytes are too many")
    case .cutShort(_, let expected, let found):
      self = .notAProfile(path: path, reason: "cut short, \(found) bytes of \(expected)")
    case .notSafetensors(_, let reason), .malformedHeader(_, let reason), .badConfiguration(_, let reason),
      .badTower(_, let reason):
      self = .notAProfile(path: path, reason: reason)
    case .towerAlone: self = .notAProfile(path: path, reason: "it holds a pre-trained tower")
    case .unsupportedType(_, let tensor, let type):
      self = .notAProfile(path: path, reason: "tensor \(tensor) is stored as \(type)")
    case .missingTensor(_, let tensor, _): self = .notAProfile(path: path, reason: "no tensor \(tensor)")
    case .unexpectedTensor(_, let tensor):
      self = .notAProfile(path: path, reason: "tensor \(tensor) has no place")
    case .shapeMismatch(_, let tensor, _, let found):
      self = .notAProfile(path: path, reason: "tensor \(tensor) has the shape \(found), not (frames, 160)")
    case .notFinite(_, let tensor): self = .notAProfile(path: path, reason: "tensor \(tensor) is not finite")
    // No product is made of a profile.
    case .unsupportedPrecision: self = .notAProfile(path: path, reason: error.description)
    }
  }
}
