import ArgumentParser
import AudioFiles

/// What raw PCM is made of.
struct RawOptions: ParsableArguments {
  @Option(
    name: .customLong("raw"), help: "s16le, s24le, s32le or f32le.",
    completion: .list(RawSampleFormat.allCases.map(\.rawValue)))
  var sampleFormat: String?

  @Option(parsing: .unconditional, help: "Sample rate of raw input in Hz (default: 48000); raw output has its input's.")
  var rate: Int?

  @Option(parsing: .unconditional, help: "Channels of raw input (default: 1); raw output has its input's.")
  var channels: Int?

  var pcm: RawPCM? {
    sampleFormat.flatMap(RawSampleFormat.init(rawValue:)).map {
      RawPCM(sampleFormat: $0, sampleRate: rate ?? 48_000, channelCount: channels ?? 1)
    }
  }

  func validate() throws {
    if let sampleFormat, RawSampleFormat(rawValue: sampleFormat) == nil {
      let all = RawSampleFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--raw '\(sampleFormat)' is not known; give one of \(all)")
    }
    for (name, value) in [("--rate", rate), ("--channels", channels)] where value != nil && sampleFormat == nil {
      throw ValidationError("\(name) is of raw sound, and sound files state their own; leave it out, or give --raw")
    }
    if let rate, !(8000...192_000).contains(rate) {
      throw ValidationError("--rate \(rate) is out of range; give 8000 to 192000 Hz")
    }
    if let channels, !(1...32).contains(channels) {
      throw ValidationError("--channels \(channels) is out of range; give 1 to 32")
    }
  }
}

struct RawPCM: Sendable {
  let sampleFormat: RawSampleFormat
  let sampleRate: Int
  let channelCount: Int
}
