/// Why the live engine cannot run.
public enum LiveError: Error, Equatable, CustomStringConvertible {
  /// One step per frame takes longer than the time there is, both in milliseconds.
  case tooSlow(sampleRate: Int, channelCount: Int, milliseconds: Double, available: Double)
  /// The system gave no thread.
  case noThread(code: Int)
  /// An option out of range.
  case badOption(String)
  /// Too many commands wait.
  case busy
  /// What was heard last is still being learned, or something is just now.
  case learning
  /// No device has begun to run yet, or it is between two formats.
  case notRunning

  public var description: String {
    switch self {
    case .tooSlow(let rate, let channels, let taken, let available):
      "this machine takes \(tenths(taken)) ms for a frame of \(channels) channel\(channels == 1 ? "" : "s") at "
        + "\(rate) Hz and has \(milliseconds(available / 1000)); use fewer channels, or end what else runs"
    case .noThread(let code): "the system gives no thread (error \(code)); end other programs"
    case .badOption(let sentence): sentence
    case .busy: "too many commands wait; try again"
    case .learning: "something is being learned just now; try again in a moment, or end it first (learn end)"
    case .notRunning: "the device does not run yet; try again in a moment"
    }
  }

  private func tenths(_ number: Double) -> String {
    let value = Int((number * 10).rounded())
    return "\(value / 10).\(value % 10)"
  }
}
