import AudioFiles
import Enhancement
import Foundation
import Realtime

/// What `--json` says of one file.
struct FileReport: Sendable, Encodable {
  /// What the clock made of it, with `--realtime`.
  struct Live: Sendable, Encodable {
    let block: Int
    let late: Int
    let reduced: Int
    let dry: Int
    let drySamples: Int
    let referenceLate: Int
    let overruns: Int
    let isRealTime: Bool
  }

  struct FrameTime: Sendable, Encodable {
    let meanInMilliseconds: Double?
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
  let frames: Int?
  /// Of a hop of one channel: transform, network, and the noise encoder where it is due.
  let frameTime: FrameTime
  /// From an input sample to its output sample when run live.
  let latencyInSamples: Int
  let latencyInMilliseconds: Double
  /// How much quieter the frames without speech became; absent where there were none.
  let noiseReductionInDecibels: Double?
  let levelReductionInDecibels: Double?
  /// Frames of digital silence, frames judged to be noise alone, and frames that went into the noise reference. These and
  /// the other counts of frames are not there with `--realtime`.
  let silentFrames: Int?
  let noiseFrames: Int?
  let noiseReferenceFrames: Int?
  let noiseReferenceRefreshes: Int?
  let noiseReferenceActiveFrames: Int?
  let clippedSamples: Int
  let nonFiniteSamples: Int?
  let fallbackFrames: Int?
  let live: Live?

  init(
    task: FileTask, plan: Plan, format: AudioFormat, sampleCount: Int, latencyInSamples: Int,
    statistics: EnhancementStatistics? = nil, live: LiveStatus? = nil, clippedSamples: Int, secondsTaken: Double
  ) {
    let duration = Double(sampleCount) / Double(format.sampleRate)
    let times = statistics?.frameTimes
    func finite(_ number: Double?) -> Double? { number.flatMap { $0.isFinite ? $0 : nil } }
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
    frames = statistics?.frames
    frameTime = FrameTime(
      meanInMilliseconds: times.map { $0.mean * 1000 },
      medianInMilliseconds: (times?.percentile(0.5) ?? live?.frameTimeMedian ?? 0) * 1000,
      p99InMilliseconds: (times?.percentile(0.99) ?? live?.frameTime99 ?? 0) * 1000,
      maximumInMilliseconds: (times?.maximum ?? live?.frameTimeLongest ?? 0) * 1000)
    self.latencyInSamples = latencyInSamples
    latencyInMilliseconds = 1000 * Double(latencyInSamples) / Double(format.sampleRate)
    noiseReductionInDecibels = finite(statistics?.noiseReductionInDecibels ?? live?.noiseReduction)
    levelReductionInDecibels = finite(statistics?.levelReductionInDecibels)
    silentFrames = statistics?.silentFrames
    noiseFrames = statistics?.noiseFrames
    noiseReferenceFrames = statistics?.referenceFrames
    noiseReferenceRefreshes = statistics?.referenceRefreshes
    noiseReferenceActiveFrames = statistics?.conditionedFrames
    self.clippedSamples = clippedSamples
    nonFiniteSamples = statistics?.nonFiniteInputSamples
    fallbackFrames = statistics?.fallbackFrames
    self.live = live.map {
      Live(
        block: $0.format.block, late: $0.counters.late, reduced: $0.counters.reduced, dry: $0.counters.dry,
        drySamples: $0.counters.drySamples, referenceLate: $0.counters.referenceLate, overruns: $0.counters.overruns,
        isRealTime: $0.isRealTime)
    }
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
    try putOut(String(decoding: try encoder.encode(self), as: UTF8.self))
  }
}
