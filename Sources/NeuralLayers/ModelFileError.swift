/// What is wrong with a weights file (or a noise profile), and what to do about it.
///
/// Prints as one sentence that begins with the file's path, where it is about the file.
package enum ModelFileError: Error, Equatable, CustomStringConvertible {
  /// There is no file of that name.
  case missing(path: String)
  /// The file exists but is a folder, a device or a pipe.
  case notAFile(path: String)
  /// The system refused; `reason` is its word.
  case unreadable(path: String, reason: String)
  /// The file could not be written; `reason` is the system's word.
  case unwritable(path: String, reason: String)
  /// The file is larger than anything this program reads.
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// The file ends before what its header promises.
  case cutShort(path: String, expectedBytes: Int, foundBytes: Int)
  /// The first bytes are not a safetensors header.
  case notSafetensors(path: String, reason: String)
  /// The header is JSON, but not as the format demands.
  case malformedHeader(path: String, reason: String)
  /// A tensor's number format is not one that is read here.
  case unsupportedType(path: String, tensor: String, type: String)
  /// The configuration in the metadata is missing or makes no sense.
  case badConfiguration(path: String, reason: String)
  /// Two models of which there is no mean: the second's file, and the first's name.
  case noMean(path: String, first: String)
  /// A pre-trained tower, alone or within a model, whose description is missing or makes no sense.
  case badTower(path: String, reason: String)
  /// A pre-trained tower where a model is wanted.
  case towerAlone(path: String)
  /// A tensor that the configuration calls for is not there.
  case missingTensor(path: String, tensor: String, expected: [Int])
  /// A tensor is there that the configuration does not call for.
  case unexpectedTensor(path: String, tensor: String)
  /// A tensor's shape does not follow from the configuration.
  case shapeMismatch(path: String, tensor: String, expected: [Int], found: [Int])
  /// A tensor holds NaN or infinity.
  case notFinite(path: String, tensor: String)
  /// The processor does not multiply in this precision.
  case unsupportedPrecision(ProductPrecision)

  package var description: String {
    switch self {
    case .missing(let path):
      return "\(path): there is no such file; give the path of a .safetensors file"
    case .notAFile(let path):
      return "\(path): not a regular file; give the path of a .safetensors file"
    case .unreadable(let path, let reason):
      return "\(path): cannot be read (\(reason)); check its permissions"
    case .unwritable(let path, let reason):
      return "\(path): cannot be written (\(reason)); choose a folder that you may write to"
    case .tooLarge(let path, let bytes, let limit):
      return
        "\(path): \(bytes) bytes is more than the limit of \(limit); this is no file of Limpid"
    case .cutShort(let path, let expected, let found):
      return "\(path): cut short, \(found) bytes of \(expected); fetch or copy the file again"
    case .notSafetensors(let path, let reason):
      return "\(path): not a safetensors file (\(reason)); give the path of a .safetensors file"
    case .malformedHeader(let path, let reason):
      return "\(path): damaged header (\(reason)); fetch or export the file again"
    case .unsupportedType(let path, let tensor, let type):
      return "\(path): tensor \(tensor) is stored as \(type); export it as F32, F16 or BF16"
    case .noMean(let path, let first):
      return
        "\(path): cuts sound into other frames than \(first), multiplies in another precision, solves another process or hears "
        + "another reference, so they have no mean; choose two models of one format, in one precision"
    case .badConfiguration(let path, let reason):
      return "\(path): \(reason); export the file with tools/training of the same version"
    case .badTower(let path, let reason):
      return "\(path): \(reason); convert the tower with tools/convert of the same version"
    case .towerAlone(let path):
      return "\(path): a pre-trained tower, not a model; train a model with it (--tower of tools/training)"
    case .missingTensor(let path, let tensor, let expected):
      return
        "\(path): tensor \(tensor) is missing, expected \(shapeText(expected)); export the file again"
    case .unexpectedTensor(let path, let tensor):
      return
        "\(path): tensor \(tensor) has no place in this configuration; export with the matching version"
    case .shapeMismatch(let path, let tensor, let expected, let found):
      return "\(path): tensor \(tensor) is \(shapeText(found)), expected \(shapeText(expected)); export the file anew"
    case .notFinite(let path, let tensor):
      return "\(path): tensor \(tensor) holds NaN or infinity; the training failed, use another checkpoint"
    case .unsupportedPrecision(let precision):
      return "this processor has no AVX512_BF16, which the precision \(precision) needs; choose float32"
    }
  }
}

/// (64, 4, 3, 3), as Python prints a shape.
func shapeText(_ shape: [Int]) -> String {
  if shape.count == 1 { return "(\(shape[0]),)" }
  return "(" + shape.map { String($0) }.joined(separator: ", ") + ")"
}
