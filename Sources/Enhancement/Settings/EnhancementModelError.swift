import NeuralLayers

/// Why a model's file cannot be used. Prints as one sentence with the file and the remedy.
public struct EnhancementModelError: Error, Equatable, Sendable {
  /// What a caller may want to tell apart.
  public enum Kind: Sendable, Equatable {
    /// There is no file of that name.
    case missing
    /// It is no regular file, or the system refuses to read it.
    case unreadable
    /// The processor does not multiply in the precision that was asked for.
    case unsupportedPrecision
    /// The file is there and is no model that this version runs: damaged, of another kind, or not as it describes itself.
    case unusable
  }

  /// Which fault it is.
  public let kind: Kind
  /// The fault in full.
  package let cause: ModelFileError

  init(_ cause: ModelFileError) {
    self.cause = cause
    kind =
      switch cause {
      case .missing: .missing
      case .notAFile, .unreadable: .unreadable
      case .unsupportedPrecision: .unsupportedPrecision
      default: .unusable
      }
  }
}

extension EnhancementModelError: CustomStringConvertible {
  public var description: String { cause.description }
}
