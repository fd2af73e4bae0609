/// Why the live engine cannot run.
public enum LiveError: Error, Equatable, CustomStringConvertible {
  /// One step per frame takes longer than the time there is.
  case tooSlow(sampleRate: Int, channelCount: Int, milliseconds: Double)
  /// The system gave no thread.
  case noThread(code: Int)
  /// An option out of range.
  case badOption(String)
  /// The folder of a recording cannot be made or written.
  case cannotRecord(path: String, reason: String)
  /// A folder that holds no recording, or a damaged one.
  case badRecording(path: String, reason: String)
  /// Too many commands wait.
  case busy

  var isOfRecording: Bool { if case .cannotRecord = self { true } else { false } }

  public var description: String {
    switch self {
    case .tooSlow(let rate, let channels, let milliseconds):
      "this machine takes \(tenths(milliseconds)) ms for a frame of \(channels) channel\(channels == 1 ? "" : "s") at "
        + "\(rate) Hz and has 10 ms; use fewer channels, or end what else runs"
    case .noThread(let code): "the system gives no thread (error \(code)); end other programs"
    case .badOption(let sentence): sentence
    case .cannotRecord(let path, let reason): "\(path): cannot record: \(reason)"
    case .badRecording(let path, let reason): "\(path): \(reason)"
    case .busy: "too many commands wait; try again"
    }
  }

  private func tenths(_ number: Double) -> String {
    let value = Int((number * 10).rounded())
    return "\(value / 10).\(value % 10)"
  }
}
