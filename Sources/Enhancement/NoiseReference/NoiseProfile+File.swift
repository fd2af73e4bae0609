import Ground
import NeuralLayers
import SignalProcessing

extension NoiseProfile {
  /// The name of the one tensor, (frames, bins) F32.
  private static let tensorName = "noise"
  /// 2 s of the standard frames take 128 kB, of the largest there can be 8 MB; a file beyond this is not read.
  private static let largestFile = 9 << 20

  /// Writes a `.safetensors` file: under a temporary name first, then renamed, so that it is whole or not there.
  ///
  /// - Throws: `unwritable`.
  public func save(to path: String) throws(NoiseProfileError) {
    var file = SafetensorsWriter(metadata: [
      ("limpid_noise_profile", "1"), ("sample_rate", "\(format.sampleRate)"), ("fft_length", "\(format.fftLength)"),
      ("hop_length", "\(format.hopLength)"),
    ])
    file.add(Self.tensorName, shape: [frameCount, binCount], values: magnitudes)
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
    let format: FrameFormat
    do throws(ModelFileError) {
      let file = try SafetensorsFile(path: path)
      let shape = file.tensor(Self.tensorName)?.shape ?? []
      format = try Self.format(of: file, bins: shape.last)
      values = try file.floats(Self.tensorName, shape: [shape.first ?? 1, format.modelBinCount])
    } catch { throw NoiseProfileError(error, path: path) }
    do throws(NoiseProfileError) { try self.init(magnitudes: values, format: format) } catch {
      throw .notAProfile(path: path, reason: error.reason)
    }
  }

  /// What the metadata states; files without it, as other programs write them, have the standard frames.
  private static func format(of file: SafetensorsFile, bins: Int?) throws(ModelFileError) -> FrameFormat {
    let keys = ["sample_rate", "fft_length", "hop_length"]
    let stated = keys.map { key in file.metadata.first { $0.key == key }?.value }
    guard stated.contains(where: { $0 != nil }) else { return .standard }
    var numbers: [Int] = []
    for (key, text) in zip(keys, stated) {
      guard let text, let number = Int(text), number.magnitude < 1 << 31 else {
        throw .badConfiguration(path: file.path, reason: "its \(key) is \(text ?? "missing")")
      }
      numbers.append(number)
    }
    do throws(FrameFormatError) {
      return try FrameFormat(
        sampleRate: numbers[0], fftLength: numbers[1], hopLength: numbers[2],
        modelBinCount: bins ?? FrameFormat.standard.modelBinCount)
    } catch { throw .badConfiguration(path: file.path, reason: error.description) }
  }

  /// Reads a file that `save` wrote: `init(path:)` by another name, which throws the same.
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
      self = .notAProfile(path: path, reason: "tensor \(tensor) has the shape \(found), not (frames, bins)")
    case .notFinite(_, let tensor): self = .notAProfile(path: path, reason: "tensor \(tensor) is not finite")
    // No product and no mean is made of a profile.
    case .unsupportedPrecision, .noMean: self = .notAProfile(path: path, reason: error.description)
    }
  }
}
