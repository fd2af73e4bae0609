/// What is wrong with a recording. Prints as one sentence with the remedy.
public enum RecordingError: Error, Equatable, CustomStringConvertible {
  /// Its folder cannot be made or written.
  case cannotRecord(path: String, reason: String)
  /// There is no such folder.
  case missing(path: String)
  /// A folder that holds no recording, or a damaged one.
  case badRecording(path: String, reason: String)

  public var description: String {
    switch self {
    case .cannotRecord(let path, let reason): "\(path): cannot record: \(reason)"
    case .missing(let path): "\(path): there is no such folder; name the one that was named with --record"
    case .badRecording(let path, let reason): "\(path): \(reason)"
    }
  }
}
