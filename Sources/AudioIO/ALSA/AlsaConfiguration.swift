/// Which ALSA devices to open, and how.
public struct AlsaConfiguration: Sendable, Equatable {
  /// ALSA's names: "default", "hw:1,0", "plughw:CARD=USB", or one of your own ~/.asoundrc.
  public var input = "default"
  public var output = "default"
  /// Hz wished; nil: 48000, or the nearest that both devices run at.
  public var sampleRate: Int?
  /// Samples per channel wished of every block.
  public var period = 256
  /// Periods that the output's buffer holds; 2 or more.
  public var periods = 3
  /// Channels of the stream. A device with fewer inputs gives its last one to the rest, one with more outputs plays a
  /// single channel on all.
  public var channelCount = 1

  public init() {}

  /// Whether input and output are one device, with one clock.
  var hasOneClock: Bool { Self.card(input) == Self.card(output) }

  /// "hw:1,0" and "plughw:1,3" are of one card; names without a card are themselves.
  private static func card(_ name: String) -> String {
    guard let colon = name.firstIndex(of: ":") else { return name }
    let rest = name[name.index(after: colon)...]
    let first = rest.split(separator: ",").first.map { String($0) } ?? ""
    return first.hasPrefix("CARD=") ? String(first.dropFirst(5)) : first
  }
}

/// Why an ALSA device cannot be used. Prints as one sentence with the remedy.
public enum AlsaError: Error, Equatable, Sendable {
  case noSuchDevice(name: String)
  case busy(name: String)
  case notAllowed(name: String)
  case noFormat(name: String)
  case rateRefused(name: String, rate: Int)
  case ratesDiffer(input: Int, output: Int)
  /// What was being done, and ALSA's word for what went wrong.
  case failed(name: String, doing: String, reason: String)
  case noThread
}

extension AlsaError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noSuchDevice(let name): "there is no ALSA device \"\(name)\"; limpid devices lists those there are"
    case .busy(let name): "the ALSA device \"\(name)\" is in use; end the program that uses it, or name another one"
    case .notAllowed(let name): "you may not open the ALSA device \"\(name)\"; add your user to the group audio"
    case .noFormat(let name):
      "the ALSA device \"\(name)\" takes none of FLOAT, S32, S24, S24_3LE and S16; try \"plug\(name)\" or \"default\""
    case .rateRefused(let name, let rate):
      "the ALSA device \"\(name)\" does not run at \(rate) Hz; try \"plug\(name)\", or another --rate"
    case .ratesDiffer(let input, let output):
      "the input runs at \(input) Hz and the output at \(output) Hz; choose a --rate that both have, or \"plughw:\" devices"
    case .failed(let name, let doing, let reason): "the ALSA device \"\(name)\" failed while \(doing): \(reason)"
    case .noThread: "the system gives no thread; end other programs"
    }
  }
}
