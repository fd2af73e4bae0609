import Foundation
import Realtime

/// A status as a JSON object on one line. What there is none of (the level of silence, a limit that is off) is left out.
struct StatusJSON: Encodable {
  private let state: State
  private let counters: CounterValues<LiveCounters>

  init(_ status: LiveStatus) {
    state = State(status)
    counters = CounterValues(status.counters, LiveCounters.all)
  }

  func encode(to encoder: any Encoder) throws {
    try state.encode(to: encoder)
    try counters.encode(to: encoder)
  }

  var line: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = .sortedKeys
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

/// All of it but the counters.
private struct State: Encodable {
  let seconds: Double
  let sampleRate, block, channels, latencySamples: Int
  let latencyMs: Double
  let inputDb, outputDb, noiseReductionDb: Double?
  let frameMsMedian, frameMsP99, frameMsLongest, callbackMsP999, callbackMsLongest: Double
  let callbackWorkMsLongest: Double
  let steps, wishedSteps: Int
  /// Only of a model of two.
  let networks, wishedNetworks: String?
  /// Only where two passes are wished.
  let secondPass: String?
  let guidance, mix: Float
  let attenuationLimitDb: Float?
  let bypass, frozen, freezesWhenHeard, learned, removing, realTime: Bool
  /// By name.
  let removed: [String]
  let referenceFrames: Int
  let referenceAgeS, learningS, clockDriftPpm: Double?

  init(_ s: LiveStatus) {
    // Digits that mean something: hundredths of a dB and of a ppm, microseconds.
    func level(_ value: Double) -> Double? { value.isFinite ? (value * 100).rounded() / 100 : nil }
    func milliseconds(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e3 }
    seconds = s.seconds
    sampleRate = s.format.sampleRate
    block = s.format.block
    channels = s.format.channelCount
    latencySamples = s.latencyInSamples
    latencyMs = Double(s.latencyInSamples) / Double(s.format.sampleRate) * 1000
    inputDb = level(s.inputLevel)
    outputDb = level(s.outputLevel)
    noiseReductionDb = s.noiseReduction.flatMap(level)
    frameMsMedian = milliseconds(s.frameTimeMedian)
    frameMsP99 = milliseconds(s.frameTime99)
    frameMsLongest = milliseconds(s.frameTimeLongest)
    callbackMsP999 = milliseconds(s.callback999)
    callbackMsLongest = milliseconds(s.longestCallback)
    callbackWorkMsLongest = milliseconds(s.longestCallbackWork)
    steps = s.steps
    wishedSteps = s.wishedSteps
    networks = s.networkNames.count == 2 ? s.networks.rawValue : nil
    wishedNetworks = s.networkNames.count == 2 ? s.settings.networks.rawValue : nil
    secondPass = s.secondPass?.rawValue
    guidance = s.settings.guidance
    mix = s.settings.mix
    attenuationLimitDb = s.settings.attenuationLimitInDecibels
    bypass = s.settings.bypass
    frozen = s.isFrozen
    freezesWhenHeard = s.freezesWhenHeard
    learned = s.isLearned
    removing = s.isRemoving
    removed = s.removedNames
    realTime = s.isRealTime
    referenceFrames = s.referenceFrames
    referenceAgeS = s.referenceAge
    learningS = s.learning
    clockDriftPpm = s.clockDrift.flatMap(level)
  }
}
