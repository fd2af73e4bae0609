import AudioIO
import Enhancement
import Foundation

/// What `--json` says of one file.
struct FileReport: Sendable, Encodable {
  struct FrameTime: Sendable, Encodable {
    let meanInMilliseconds: Double
    let medianInMilliseconds: Double
    let p99InMilliseconds: Double
    let maximumInMilliseconds: Double
  }

  let input: String
  let output: String
  let preset: String
  let method: String
  let model: String?
  let steps: Int
  let guidance: Float
  let sampleRate: Int
  let channels: Int
  let samples: Int
  let durationInSeconds: Double
  let secondsTaken: Double
  /// Time taken over duration: below 1 is faster than real time.
  let realTimeFactor: Double
  let frames: Int
  /// Of 10 ms of one channel: transform, network, and the noise encoder where it is due.
  let frameTime: FrameTime
  /// From an input sample to its output sample when run live.
  let latencyInSamples: Int
  let latencyInMilliseconds: Double
  /// How much quieter the frames without speech became; absent where there were none.
  let noiseReductionInDecibels: Double?
  let levelReductionInDecibels: Double?
  /// Frames of digital silence, frames judged to be noise alone, and frames that went into the noise reference.
  let silentFrames: Int
  let noiseFrames: Int
  let noiseReferenceFrames: Int
  let noiseReferenceRefreshes: Int
  let clippedSamples: Int
  let nonFiniteSamples: Int
  let fallbackFrames: Int

  init(
    task: FileTask, plan: Plan, format: AudioFormat, sampleCount: Int, latencyInSamples: Int,
    statistics: EnhancementStatistics, clippedSamples: Int, secondsTaken: Double
  ) {
    let duration = Double(sampleCount) / Double(format.sampleRate)
    let times = statistics.frameTimes
    input = task.input
    output = task.output
    preset = plan.preset
    method = plan.settings.method.rawValue
    model = plan.model?.name
    steps = plan.settings.steps
    guidance = plan.settings.guidance
    sampleRate = format.sampleRate
    channels = format.channelCount
    samples = sampleCount
    durationInSeconds = duration
    self.secondsTaken = secondsTaken
    realTimeFactor = duration > 0 ? secondsTaken / duration : 0
    frames = statistics.frames
    frameTime = FrameTime(
      meanInMilliseconds: times.mean * 1000,
      medianInMilliseconds: times.percentile(0.5) * 1000, p99InMilliseconds: times.percentile(0.99) * 1000,
      maximumInMilliseconds: times.maximum * 1000)
    self.latencyInSamples = latencyInSamples
    latencyInMilliseconds = 1000 * Double(latencyInSamples) / Double(format.sampleRate)
    noiseReductionInDecibels = statistics.noiseReductionInDecibels.flatMap { $0.isFinite ? $0 : nil }
    levelReductionInDecibels = statistics.levelReductionInDecibels.flatMap { $0.isFinite ? $0 : nil }
    silentFrames = statistics.silentFrames
    noiseFrames = statistics.noiseFrames
    noiseReferenceFrames = statistics.referenceFrames
    noiseReferenceRefreshes = statistics.referenceRefreshes
    self.clippedSamples = clippedSamples
    nonFiniteSamples = statistics.nonFiniteInputSamples
    fallbackFrames = statistics.fallbackFrames
  }
}

/// All of a command: the files that were enhanced, and the sentences of those that were not.
struct JSONReport: Encodable {
  struct Refusal: Encodable {
    let input: String
    let error: String
  }

  let files: [FileReport]
  let failures: [Refusal]

  init(_ results: [FileResult]) {
    files = results.compactMap(\.report)
    failures = results.compactMap { result in
      result.failure.map { Refusal(input: result.task.input, error: $0.sentence) }
    }
  }

  func print() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    Swift.print(String(decoding: try encoder.encode(self), as: UTF8.self))
  }
}
