import Ground
import NeuralLayers

extension LearnedNoise {
  /// The one tensor, (samples) F32.
  private static let tensorName = "sound"
  private static let mark = "limpid_learned_noise"
  /// 60 s take 3.8 MB; a file beyond this is not read.
  private static let largestFile = 5 << 20

  /// Writes a `.safetensors` file that only its owner may read, since it may be somebody's voice: whole, or not there.
  ///
  /// - Throws: `unwritable`.
  public func save(to path: String) throws(LearnedNoiseError) {
    var file = SafetensorsWriter(metadata: [(Self.mark, "1"), ("sample_rate", "\(Self.sampleRate)")])
    file.add(Self.tensorName, shape: [samples.count], values: samples)
    do throws(ModelFileError) { try file.write(to: path, isPrivate: true) } catch {
      if case .unwritable(_, let reason) = error { throw .unwritable(path: path, reason: reason) }
      throw .unwritable(path: path, reason: error.description)
    }
  }

  /// Reads a file that `save` wrote. Trusts nothing in it.
  ///
  /// - Throws: `missing`, `unreadable`, `notLearned`.
  public init(path: String) throws(LearnedNoiseError) {
    if let size = regularFileSize(path), size > Self.largestFile {
      throw .notLearned(path: path, reason: "\(size) bytes are too many")
    }
    let values: [Float]
    do throws(ModelFileError) {
      let file = try SafetensorsFile(path: path)
      guard file.metadata.contains(where: { $0.key == Self.mark }) else {
        throw .badConfiguration(path: path, reason: "no \(Self.mark) in its metadata")
      }
      values = try file.floats(Self.tensorName, shape: [file.tensor(Self.tensorName)?.shape.first ?? 1])
    } catch {
      switch error {
      case .missing: throw .missing(path: path)
      case .notAFile: throw .unreadable(path: path, reason: "not a regular file")
      case .unreadable(_, let reason): throw .unreadable(path: path, reason: reason)
      case .badConfiguration(_, let reason), .notSafetensors(_, let reason), .malformedHeader(_, let reason):
        throw .notLearned(path: path, reason: reason)
      default: throw .notLearned(path: path, reason: "its tensor is not one of samples")
      }
    }
    do throws(LearnedNoiseError) { try self.init(samples: values, sampleRate: Self.sampleRate) } catch {
      throw .notLearned(path: path, reason: error.description)
    }
  }
}
