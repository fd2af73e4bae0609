import Ground
import ScoreModel
import SignalProcessing

/// A sound that is not wanted, a voice above all: what was heard while nothing else sounded.
///
/// It keeps the sound itself, so that any weights make tokens of it (`EnhancementModel.learnedTokens`). How loud it was learned does
/// not matter.
public struct LearnedNoise: Sendable, Equatable {
  /// The rate that sound is kept at, in Hz; a model of another rate hears it resampled.
  public static let sampleRate = FrameFormat.standard.sampleRate
  /// The least that something can be learned from, in seconds of sound that is heard.
  public static let shortest = 0.6
  /// What is kept at most, in seconds; of it the first `longestHeard` seconds of frames that are heard count.
  public static let longest = 60.0

  /// Seconds of frames that tokens are made of at most, what training gave.
  static let longestHeard = 4.0
  /// A frame is heard if its mean square is above that of the loudest one by this factor: −30 dB.
  static let heardShare: Float = 1e-3
  /// Sum of squares of a frame below which nothing is heard at all.
  static let silence: Float = 1e-9

  /// Samples at `sampleRate`, full scale ±1, finite.
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
    self.samples = try Self.resampled(kept, from: sampleRate, to: Self.sampleRate)
    let format = FrameFormat.standard
    let heard = Self.heardFrames(self.samples, format: format).count
    guard heard >= format.frames(in: Self.shortest) else {
      throw .tooShort(seconds: Double(heard) / format.frameRate)
    }
  }

  /// Several sounds as one, of which about the same tokens are made: of each the frames that count beside the others, all sounds
  /// equally loud, as the loudest one says which frames are heard.
  ///
  /// - Parameter sounds: at least one.
  public init(joining sounds: [LearnedNoise]) {
    precondition(!sounds.isEmpty, "there is nothing to join")
    guard sounds.count > 1 else {
      self = sounds[0]
      return
    }
    let format = FrameFormat.standard
    let share = max(1, format.frames(in: Self.longestHeard) / sounds.count)
    samples = sounds.flatMap { sound -> [Float] in
      var (kept, end, loudest): ([Float], Int, Float) = ([], 0, Self.silence)
      for start in sound.heardFrames().prefix(share) {
        let frame = sound.samples[start..<start + format.fftLength]
        loudest = max(loudest, frame.reduce(0) { $0 + $1 * $1 })
        kept += sound.samples[max(start, end)..<start + format.fftLength]
        end = start + format.fftLength
      }
      let scale = 0.1 / squareRoot(loudest / Float(format.fftLength))
      return kept.map { $0 * scale }
    }
  }

  /// Whole, with the resampler's delay taken off.
  private static func resampled(
    _ samples: [Float], from sampleRate: Int, to target: Int
  ) throws(LearnedNoiseError) -> [Float] {
    guard sampleRate != target else { return samples }
    guard var resampler = try? makeResampler(from: sampleRate, to: target, quality: 5, device: sampleRate) else {
      throw .unsupportedSampleRate(sampleRate)
    }
    let delay = Int(resampler.delayInOutputSamples.rounded())
    let wanted = samples.count * target / sampleRate
    var result: [Float] = []
    let piece = 512
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

  /// Those of the sound as it is kept.
  func heardFrames() -> [Int] { Self.heardFrames(samples, format: .standard) }

  /// The frames that are heard: where each begins, in order.
  ///
  /// Training's own choice (tools/training, mixing.py, heard_frames).
  private static func heardFrames(_ samples: [Float], format: FrameFormat) -> [Int] {
    let (hop, length) = (format.hopLength, format.fftLength)
    guard samples.count >= length else { return [] }
    return samples.withUnsafeBufferPointer { buffer in
      let base = buffer.baseAddress!
      let starts = stride(from: 0, through: samples.count - length, by: hop)
      let energies = starts.map { sumOfSquares(base + $0, count: length) }
      guard let loudest = energies.max(), loudest > Self.silence else { return [] }
      return zip(starts, energies).filter { $0.1 >= Self.heardShare * loudest }.map(\.0)
    }
  }

  /// What the encoder hears: compressed magnitudes (frames, the model's bins) at a level of their own.
  ///
  /// - Parameters:
  ///   - limit: frames at most.
  ///   - model: the model's format.
  func magnitudes(limit: Int, for model: ModelFormat = .standard) -> [Float] {
    let format = model.frame
    // The rates are in range: nothing is thrown.
    var samples = (try? Self.resampled(samples, from: Self.sampleRate, to: format.sampleRate)) ?? []
    // A network of the way back hears this, too, from its end.
    if model.direction == .backward { samples.reverse() }
    let frames = Self.heardFrames(samples, format: format).prefix(limit)
    var heard = LearnedMagnitudes(limit: max(1, frames.count), format: model)
    samples.withUnsafeBufferPointer { sound in for start in frames { heard.add(sound.baseAddress! + start) } }
    heard.compress(from: 0, to: heard.count)
    return Array(UnsafeBufferPointer(start: heard.rows.base, count: heard.count * format.modelBinCount))
  }
}

/// Why nothing can be learned from a sound, or a file holds nothing that was learned. Prints as one sentence with the remedy.
public enum LearnedNoiseError: Error, Equatable, Sendable {
  /// A sample rate outside 8000…192000 Hz, or one that the resampler refuses.
  case unsupportedSampleRate(Int)
  /// A sample that is not finite, or not within ±10^10.
  case notFinite
  /// Only so many seconds of it are heard.
  case tooShort(seconds: Double)
  /// There is no file of that name.
  case missing(path: String)
  /// It is no regular file, or the system refused to read; `reason` says why.
  case unreadable(path: String, reason: String)
  /// The system refused to write; `reason` is its word.
  case unwritable(path: String, reason: String)
  /// The file is there, but holds no learned noise.
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
