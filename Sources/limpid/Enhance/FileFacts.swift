import AudioFiles
import Enhancement
import Foundation
import Realtime

/// What `--json` says of one file beside what was counted.
struct FileFacts: Sendable, Encodable {
  /// What the clock made of it, with `--realtime`.
  struct Live: Sendable, Encodable {
    private let block: Int
    private let isRealTime: Bool
    let counters: LiveCounters

    private enum CodingKeys: CodingKey { case block, isRealTime }

    init(_ status: LiveStatus) {
      block = status.format.block
      isRealTime = status.isRealTime
      counters = status.counters
    }

    func encode(to encoder: any Encoder) throws {
      var object = encoder.container(keyedBy: CodingKeys.self)
      try object.encode(block, forKey: .block)
      try object.encode(isRealTime, forKey: .isRealTime)
      try CounterValues(counters, LiveCounters.all.filter { !$0.isOfDevice }).encode(to: encoder)
    }
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
  /// Of the network whose output was averaged with the first one's.
  let secondModel: String?
  /// Of the network that heard the recording from its end.
  let backwardModel: String?
  /// Of the second one that did.
  let backwardSecondModel: String?
  let steps: Int
  let guidance: Float
  let sampleRate: Int
  let channels: Int
  let samples: Int
  let durationInSeconds: Double
  let secondsTaken: Double
  /// Time taken over duration: below 1 is faster than real time.
  let realTimeFactor: Double
  /// Of a hop of one channel: transform, network, and the noise encoder where it is due.
  let frameTime: FrameTime
  /// From an input sample to its output sample when run live.
  let latencyInSamples: Int
  let latencyInMilliseconds: Double
  /// How much quieter the frames without speech became; absent where there were none.
  let noiseReductionInDecibels: Double?
  let levelReductionInDecibels: Double?
  let clippedSamples: Int
  /// What is unusual about the input; `damage` is that part of it that `--strict` refuses.
  let remarks: [String]
  let damage: [String]
  /// What came along with the input and has no place in the output.
  let notKept: [String]
  let live: Live?

  init(
    task: FileTask, plan: Plan, format: AudioFormat, sampleCount: Int, latencyInSamples: Int,
    statistics: EnhancementStatistics? = nil, live: LiveStatus? = nil, sink: any AudioSink, remarks: [AudioRemark],
    secondsTaken: Double
  ) {
    let duration = Double(sampleCount) / Double(format.sampleRate)
    let times = statistics?.frameTimes
    func finite(_ number: Double?) -> Double? { number.flatMap { $0.isFinite ? $0 : nil } }
    input = task.input
    output = task.output
    preset = plan.preset
    method = plan.settings.method.rawValue
    model = plan.model?.name
    secondModel = plan.model?.secondName
    backwardModel = plan.backward?.name
    backwardSecondModel = plan.backward?.secondName
    steps = plan.settings.steps
    guidance = plan.settings.guidance
    sampleRate = format.sampleRate
    channels = format.channelCount
    samples = sampleCount
    durationInSeconds = duration
    self.secondsTaken = secondsTaken
    realTimeFactor = duration > 0 ? secondsTaken / duration : 0
    frameTime = FrameTime(
      meanInMilliseconds: times.map { $0.mean * 1000 },
      medianInMilliseconds: (times?.percentile(0.5) ?? live?.frameTimeMedian ?? 0) * 1000,
      p99InMilliseconds: (times?.percentile(0.99) ?? live?.frameTime99 ?? 0) * 1000,
      maximumInMilliseconds: (times?.maximum ?? live?.frameTimeLongest ?? 0) * 1000)
    self.latencyInSamples = latencyInSamples
    latencyInMilliseconds = 1000 * Double(latencyInSamples) / Double(format.sampleRate)
    noiseReductionInDecibels = finite(statistics?.noiseReductionInDecibels ?? live?.noiseReduction)
    levelReductionInDecibels = finite(statistics?.levelReductionInDecibels)
    clippedSamples = sink.clippedSampleCount
    self.remarks = remarks.map(\.description)
    damage = remarks.filter(\.isDamage).map(\.description)
    notKept = sink.notKept
    self.live = live.map(Live.init)
  }
}
