import Ground
import SignalProcessing

/// A sound that is not wanted, a voice above all: what was heard while nothing else sounded.
///
/// It keeps the sound itself, so that any weights make tokens of it (`EnhancementModel.learnedTokens`). How loud it was learned does
/// not matter.
public struct LearnedNoise: Sendable, Equatable {
  /// The model's rate, in Hz.
  public static let sampleRate = 16_000
  /// The least that something can be learned from, in seconds of sound that is heard.
  public static let shortest = 0.6
  /// What is kept at most, in seconds; of it the first `largestFrameCount` frames that are heard count.
  public static let longest = 60.0

  /// Frames of 10 ms that tokens are made of at most: 4 s, what training gave.
  static let largestFrameCount = 400
  static let fewestFrameCount = 60
  /// A frame is heard if its mean square is above that of the loudest one by this factor: −30 dB.
  static let heardShare: Float = 1e-3

  /// Samples at 16 kHz, full scale ±1, finite.
  public let samples: [Float]
  /// Seconds of sound.
  public var duration: Double { Double(samples.count) / Double(Self.sampleRate) }

  /// Takes in sound of any rate.
  ///
  /// - Parameters:
  ///   - samples: one channel, full scale ±1; of more than 60 s the first are kept.
  ///   - sampleRate: in Hz, 8000…192000.
  /// - Throws: `LearnedNoiseError` for sound that is too short, silent, or not finite; for a rate out of range.
  public init(samples: [Float], sampleRate: Int) throws(LearnedNoiseError) {
    guard (8000...192_000).contains(sampleRate) else { throw .unsupportedSampleRate(sampleRate) }
    guard samples.allSatisfy({ $0.isFinite && abs($0) < 1e10 }) else { throw .notFinite }
    let kept = Array(samples.prefix(Int(Self.longest * Double(sampleRate))))
    self.samples = sampleRate == Self.sampleRate ? kept : try Self.resampled(kept, from: sampleRate)
    let heard = heardFrames().count
    guard heard >= Self.fewestFrameCount else { throw .tooShort(seconds: Double(heard) / 100) }
  }

  /// Whole, with the resampler's delay taken off.
  private static func resampled(_ samples: [Float], from sampleRate: Int) throws(LearnedNoiseError) -> [Float] {
    guard var resampler = try? makeResampler(from: sampleRate, to: Self.sampleRate, quality: 5) else {
      throw .unsupportedSampleRate(sampleRate)
    }
    let delay = Int(resampler.delayInOutputSamples.rounded())
    let wanted = samples.count * Self.sampleRate / sampleRate
    var result: [Float] = []
    let piece = sampleRate / 100
    let room = FloatMemory(resampler.maximumOutput(forInput: piece) + 1)
    var position = 0
    while result.count < wanted + delay {
      let part = samples[min(position, samples.count)..<min(position + piece, samples.count)]
      let input = Array(part) + [Float](repeating: 0, count: piece - part.count)
      let count = input.withUnsafeBufferPointer {
        resampler.process($0, into: UnsafeMutableBufferPointer(start: room.base, count: room.count))
      }
      result.append(contentsOf: UnsafeBufferPointer(start: room.base, count: count.produced))
      position += piece
    }
    return Array(result[delay..<min(result.count, wanted + delay)])
  }

  /// The frames of 20 ms, every 10 ms, that are heard: where each begins, in order.
  ///
  /// Training's own choice (tools/training, mixing.py, heard_frames).
  func heardFrames() -> [Int] {
    let hop = 160
    let length = 320
    guard samples.count >= length else { return [] }
    return samples.withUnsafeBufferPointer { buffer in
      let base = buffer.baseAddress!
      let starts = stride(from: 0, through: samples.count - length, by: hop)
      let energies = starts.map { sumOfSquares(base + $0, count: length) }
      guard let loudest = energies.max(), loudest > 1e-9 else { return [] }
      return zip(starts, energies).filter { $0.1 >= Self.heardShare * loudest }.map(\.0)
    }
  }

  /// What the encoder hears: compressed magnitudes (frames, 160) at a level of their own.
  ///
  /// - Parameter limit: frames at most.
  func magnitudes(limit: Int) -> [Float] {
    let bins = NoiseReference.binCount
    let frames = heardFrames().prefix(limit)
    let window = FloatMemory(320)
    Window.squareRootHann(320, into: window.base)
    let transform = FourierTransform(length: 320, direction: .forward)
    var result = [Float](repeating: 0, count: frames.count * bins)
    var energy: Double = 0
    samples.withUnsafeBufferPointer { sound in
      result.withUnsafeMutableBufferPointer { rows in
        for (k, start) in frames.enumerated() {
          energy += Double(
            2 * applyWindow(window.base, to: sound.baseAddress! + start, into: transform.time, count: 320) / 320)
          transform.execute()
          Spectrum.magnitude(transform.bins, count: bins, into: rows.baseAddress! + k * bins)
        }
        // The mean energy is brought to the level that speech has before the network.
        let mean = Float(energy / Double(max(1, frames.count)))
        let gain = (LevelGain.targetPower / (mean + 1e-12)).squareRoot()
        AmplitudeCompression.compressMagnitudes(
          rows.baseAddress!, gain: gain, count: frames.count * bins, into: rows.baseAddress!)
      }
    }
    return result
  }
}

/// Why nothing can be learned from a sound, or a file holds nothing that was learned. Prints as one sentence with the remedy.
public enum LearnedNoiseError: Error, Equatable, Sendable {
  case unsupportedSampleRate(Int)
  case notFinite
  /// Only so many seconds of it are heard.
  case tooShort(seconds: Double)
  case missing(path: String)
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)
  case notLearned(path: String, reason: String)
}

extension LearnedNoiseError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unsupportedSampleRate(let rate): "a sample rate of \(rate) Hz cannot be learned from; give 8000 to 192000"
    case .notFinite: "the sound to learn holds samples that are no numbers; record it again"
    case .tooShort(let seconds):
      "only \(seconds) s of sound are heard, and at least \(LearnedNoise.shortest) s are needed; let it sound for two to four seconds, alone"
    case .missing(let path): "\(path): there is no such file; give one that was learned, or a recording to learn from"
    case .unreadable(let path, let reason): "\(path): cannot be read (\(reason)); check its permissions"
    case .unwritable(let path, let reason): "\(path): cannot be written (\(reason)); choose another place for it"
    case .notLearned(let path, let reason): "\(path): holds no learned noise (\(reason)); learn it again"
    }
  }
}
