import Diffusion
import Foundation
import ScoreModel
import SignalProcessing
import Testing
import TestSupport

@testable import Enhancement

/// Rates of devices that exist, and one with a fractional hop.
let commonRates = [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176_400, 192_000]

// MARK: - Signals

func whiteNoise(_ count: Int, amplitude: Float = 0.1, seed: UInt64 = 1) -> [Float] {
  var random = Random(seed)
  return (0..<count).map { _ in amplitude * random.sample() }
}

/// Bursts of a tone complex in noise.
func voiceLike(_ count: Int, rate: Int, seed: UInt64 = 1) -> [Float] {
  var x = whiteNoise(count, amplitude: 0.02, seed: seed)
  for n in 0..<count where n / (rate / 5) % 2 == 1 {
    for k in 1...8 {
      x[n] += 0.1 / Float(k) * Float(sin(2 * Double.pi * 150 * Double(k * n) / Double(rate)))
    }
  }
  return x
}

// MARK: - Test doubles

/// What the doubles saw.
final class Log {
  var predictions = 0
  var resets = 0
  /// Frames seen by the predictor when tokens were set, and the first token (nil: null condition).
  var tokens: [(frame: Int, first: Float?)] = []
  /// Frames seen by the predictor when the encoder ran, and the reference's length.
  var encodings: [(frame: Int, frameCount: Int)] = []
  /// The first learned token whenever what was learned was set.
  var learned: [Float?] = []
  var guidedPredictions = 0
  var gateLevels: [Float] = []
}

/// A predictor that is not learned.
struct TestPredictor: ~Copyable, ConditionalPredictor {
  enum Behaviour {
    /// x̂0 = factor·y.
    case scale(Float)
    /// Depends on y, x_t, the frame before and the tokens.
    case memory
    /// x̂0 = loud·y for frames whose upper half is strong, quiet·y for all others.
    case gate(loud: Float, quiet: Float)
    /// Gives the value instead of a number at frame `at`.
    case failing(at: Int, value: Float)
  }

  let behaviour: Behaviour
  let log: Log
  private let past: UnsafeMutablePointer<Float>
  private var token: Float = 0

  init(_ behaviour: Behaviour, log: Log) {
    self.behaviour = behaviour
    self.log = log
    past = .allocate(capacity: 320)
    past.initialize(repeating: 0, count: 320)
  }

  deinit { past.deallocate() }

  mutating func predict(
    slot: Int, batch: Int, state x: UnsafePointer<Float>, noisy y: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) {
    var factor: Float = 1
    if case .gate(let loud, let quiet) = behaviour {
      var sum: Float = 0
      for n in 160..<280 { sum += y[n] * y[n] }
      log.gateLevels.append(sum)
      factor = sum > 3 * log.gateLevels.prefix(50).reduce(0, +) / Float(min(50, log.gateLevels.count)) ? loud : quiet
    }
    for n in 0..<320 {
      switch behaviour {
      case .gate: output[n] = factor * y[n]
      case .scale(let factor): output[n] = factor * y[n]
      case .memory: output[n] = 0.5 * y[n] + 0.2 * past[n] + 0.1 * x[n] + 0.1 * token * y[n]
      case .failing(let frame, let value): output[n] = log.predictions == frame ? value : y[n]
      }
      if batch == 2 { output[320 + n] = 0.5 * output[n] }
      past[n] = y[n]
    }
    log.predictions += 1
    if batch == 2 { log.guidedPredictions += 1 }
  }

  mutating func setTokens(_ tokens: UnsafePointer<Float>?) {
    token = tokens?[0] ?? 0
    log.tokens.append((log.predictions, tokens?[0]))
  }

  mutating func setLearnedTokens(_ tokens: UnsafePointer<Float>?) { log.learned.append(tokens?[0]) }

  mutating func reset() {
    for n in 0..<320 { past[n] = 0 }
    log.resets += 1
  }
}

/// One token of one number: the mean of what it sees.
final class TestEncoder: NoiseEncoder {
  private let log: Log
  private let value: Float?
  let tokenFloatCount = 1
  let maximumFrameCount = FrameFormat.standard.longestReference

  init(log: Log, value: Float?) {
    self.log = log
    self.value = value
  }

  func multiplyAdds(frameCount: Int) -> Int { 0 }

  func encode(_ magnitudes: UnsafePointer<Float>, frameCount: Int, into tokens: UnsafeMutablePointer<Float>) {
    var sum: Float = 0
    for n in 0..<160 * frameCount { sum += magnitudes[n] }
    tokens[0] = value ?? sum / Float(160 * frameCount)
    log.encodings.append((log.predictions, frameCount))
  }
}

typealias TestChain = StreamingChain<TestPredictor>

func makeChain(
  _ behaviour: TestPredictor.Behaviour = .scale(1), rate: Int = 16000,
  settings: EnhancementSettings = EnhancementSettings(), log: Log = Log(), token: Float? = nil
) throws -> TestChain {
  try TestChain(
    predictor: TestPredictor(behaviour, log: log),
    second: settings.passes == 2 ? TestPredictor(behaviour, log: log) : nil,
    encoder: TestEncoder(log: log, value: token),
    settings: settings, sampleRate: rate)
}

// MARK: - Running

protocol BlockProcessor: ~Copyable {
  mutating func process(_ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int)
}

extension StreamingChain: BlockProcessor where Predictor: ~Copyable {}

extension StreamingEnhancer: BlockProcessor {
  mutating func process(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, count: Int
  ) {
    process(
      UnsafeBufferPointer(start: input, count: count),
      into: UnsafeMutableBufferPointer(start: output, count: count))
  }
}

enum Blocks: CustomTestStringConvertible {
  case whole
  case size(Int)
  case random(UInt64)
  case growing

  var testDescription: String {
    switch self {
    case .whole: "whole"
    case .size(let size): "blocks of \(size)"
    case .random: "random blocks"
    case .growing: "blocks of 1, 2, 3, … 1024"
    }
  }
}

/// The output, of which every sample was NaN before.
func run<P: BlockProcessor & ~Copyable>(_ processor: inout P, _ input: [Float], _ blocks: Blocks = .size(480))
  -> [Float]
{
  var output = [Float](repeating: .nan, count: input.count)
  var random = Random(99)
  if case .random(let seed) = blocks { random = Random(seed) }
  input.withUnsafeBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      var done = 0
      var step = 0
      while done < input.count {
        step += 1
        let wanted =
          switch blocks {
          case .whole: input.count
          case .size(let size): size
          case .random: random.below(700)
          case .growing: (step - 1) % 1024 + 1
          }
        let count = min(wanted, input.count - done)
        processor.process(source.baseAddress! + done, into: target.baseAddress! + done, count: count)
        done += count
      }
    }
  }
  return output
}

func delayed(_ x: [Float], by count: Int) -> [Float] {
  Array(([Float](repeating: 0, count: count) + x).prefix(x.count))
}

func largestDifference(_ a: some Sequence<Float>, _ b: some Sequence<Float>) -> Float {
  zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

// MARK: - Fixtures

struct Manifest: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let steps: Int
    let guidance, startLevel: Float
    let profile: Bool
    let learned: Bool?
    let passes: Int?
    /// Of the model of another format.
    let narrow: Bool?
    var testDescription: String { name }
  }

  let seed: UInt64
  let toleranceInDecibels: Double
  let cases: [Case]

  static let shared = try! JSONDecoder().decode(
    Manifest.self, from: Data(contentsOf: fixture("manifest.json")))
}

func fixture(_ name: String) -> URL {
  Bundle.module.url(forResource: "Fixtures", withExtension: nil)!.appending(path: name)
}

func fixtureFloats(_ name: String) throws -> [Float] {
  let data = try Data(contentsOf: fixture("\(name).f32"))
  return data.withUnsafeBytes { bytes in
    stride(from: 0, to: bytes.count, by: 4).map {
      Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
    }
  }
}

/// A tiny network with random weights.
func tinyModel(_ name: String = "tiny") throws -> EnhancementModel {
  try EnhancementModel(path: fixture("\(name).safetensors").path)
}
