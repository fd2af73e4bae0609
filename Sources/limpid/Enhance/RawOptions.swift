import ArgumentParser
import AudioFiles

/// What raw PCM is made of.
struct RawOptions: ParsableArguments {
  @Option(name: .customLong("raw"), help: "s16le, s24le, s32le or f32le.")
  var sampleFormat: String?

  @Option(parsing: .unconditional, help: "Sample rate of raw input in Hz; raw output has its input's.")
  var rate = 48_000

  @Option(parsing: .unconditional, help: "Channels of raw input; raw output has its input's.")
  var channels = 1

  var pcm: RawPCM? {
    sampleFormat.flatMap(RawSampleFormat.init(rawValue:)).map {
      RawPCM(sampleFormat: $0, sampleRate: rate, channelCount: channels)
    }
  }

  func validate() throws {
    if let sampleFormat, RawSampleFormat(rawValue: sampleFormat) == nil {
      let all = RawSampleFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--raw '\(sampleFormat)' is not known; give one of \(all)")
    }
    guard (8000...192_000).contains(rate) else {
      throw ValidationError("--rate \(rate) is out of range; give 8000 to 192000 Hz")
    }
    guard (1...32).contains(channels) else {
      throw ValidationError("--channels \(channels) is out of range; give 1 to 32")
    }
  }
}

struct RawPCM: Sendable {
  let sampleFormat: RawSampleFormat
  let sampleRate: Int
  let channelCount: Int
}
