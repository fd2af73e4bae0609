/// Why an ALSA device cannot be used. Prints as one sentence with the remedy.
package enum AlsaError: Error, Equatable, Sendable {
  /// libasound is not installed.
  case noLibrary
  case noSuchDevice(name: String)
  /// Its configuration names it, and what it is made of is not there or wrong.
  case badDevice(name: String, reason: String)
  /// ALSA's configuration cannot be read.
  case badConfiguration(reason: String)
  case busy(name: String)
  case notAllowed(name: String)
  case noFormat(name: String)
  /// Rates in Hz; `nearest` is what the device offers instead.
  case rateRefused(name: String, rate: Int, nearest: Int)
  /// What was being done, and ALSA's word for what went wrong.
  case failed(name: String, doing: String, reason: String)
  /// A channel was asked for that the input has not.
  case noChannel(name: String, channel: Int, channelCount: Int)
  case noThread
}

extension AlsaError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noLibrary:
      "ALSA's library, libasound.so.2, is not installed; install it (Debian: libasound2), or use limpid jack"
    case .noSuchDevice(let name): "there is no ALSA device \"\(name)\"; limpid devices lists those there are"
    case .badDevice(let name, let reason):
      "the ALSA device \"\(name)\" cannot be made (\(reason)): what its entry in ALSA's configuration names is not there or wrong; "
        + "mend the entry (~/.asoundrc, /etc/asound.conf), or name another device"
    case .badConfiguration(let reason):
      "ALSA's configuration cannot be read (\(reason)); mend what was changed last (~/.asoundrc, /etc/asound.conf)"
    case .busy(let name): "the ALSA device \"\(name)\" is in use; end the program that uses it, or name another one"
    case .notAllowed(let name): "you may not open the ALSA device \"\(name)\"; add your user to the group audio"
    case .noFormat(let name):
      "the ALSA device \"\(name)\" takes none of FLOAT, S32, S24, S24_3LE and S16; try \(Self.plugged(name))"
    case .rateRefused(let name, let rate, let nearest):
      "the ALSA device \"\(name)\" does not run at \(rate) Hz; try --rate \(nearest), or \(Self.plugged(name))"
    case .failed(let name, let doing, let reason):
      "the ALSA device \"\(name)\" failed while \(doing): \(reason); try \(Self.plugged(name)), or end other sound programs"
    case .noChannel(let name, let channel, let channelCount):
      "the ALSA device \"\(name)\" has \(channelCount) input channel\(channelCount == 1 ? "" : "s"), no channel \(channel); give "
        + "--input-channels that it has, or auto"
    case .noThread: "the system gives no thread; end other programs"
    }
  }

  /// The name of the same device behind ALSA's conversions.
  private static func plugged(_ name: String) -> String {
    if name.hasPrefix("hw:") { return "\"plug\(name)\"" }
    return name.allSatisfy { $0.isLetter || $0.isNumber } && name != "default" ? "\"plug:\(name)\"" : "\"default\""
  }
}
