/// Why a resampler could not be made.
package enum ResamplerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A sample rate outside 8000…192000 Hz.
  case unsupportedRate(Int)
  /// A quality outside 0…10.
  case unsupportedQuality(Int)
  /// speexdsp refused, with its own code.
  case refused(from: Int, to: Int, code: Int)

  package var description: String {
    switch self {
    case .unsupportedRate(let rate):
      "sample rate \(rate) Hz is not supported; choose one from 8000 to 192000 Hz"
    case .unsupportedQuality(let quality):
      "resampler quality \(quality) does not exist; choose one from 0 (fast) to 10 (best)"
    case .refused(let from, let to, let code):
      "speexdsp could not make a resampler from \(from) to \(to) Hz (code \(code)); "
        + "free some memory or choose a common rate such as 48000 Hz"
    }
  }
}
